#pragma once

#include <picoxx/port/result.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace picoxx {

/// How a server hashes a DOUBLE. A wrong choice costs a hop.
enum class DoubleKeys : std::uint8_t {
    as_numbers,  ///< 26.1 and newer: an integral value as the integer it is, others by their bare bytes.
    as_doubles,  ///< Up to 25.6: by the bytes of the double, with their MessagePack header (measured).
};

/// MurmurHash3_x86_32 with the seed 13, over the bytes of a sharding key in the order of its columns. Each function
/// adds one column's value; what is added is decided by the value that the server binds, not by the type of the column,
/// so 42, "42" and 42.0 lie in three buckets (measured, Picodata 25.6 and 26.1).
class KeyHash {
public:
    void add_integer(std::int64_t value) noexcept;
    /// Only what is beyond the signed integers differs.
    void add_unsigned(std::uint64_t value) noexcept;
    void add_text(std::string_view value) noexcept { add(value.data(), value.size()); }
    void add_boolean(bool value) noexcept { add_byte(value ? 0xc3 : 0xc2); }
    void add_null() noexcept { add_byte(0xc0); }
    /// A DOUBLE of the column, or a parameter with a cast to it.
    void add_double(double value, DoubleKeys keys) noexcept;
    /// A float8 parameter without a cast: the server makes an integer of an integral one, and NULL of NaN (measured).
    void add_bound_double(double value, DoubleKeys keys) noexcept;
    void add_uuid(std::span<const std::byte, 16> value) noexcept;
    /// What stands so in a tuple of Tarantool.
    void add_encoded(std::span<const std::byte> bytes) noexcept { add(bytes.data(), bytes.size()); }

    /// Between 1 and `bucket_count`. @pre bucket_count > 0
    [[nodiscard]] std::uint32_t bucket(std::uint32_t bucket_count) const noexcept {
        return finish() % bucket_count + 1;
    }

private:
    void add(const void* bytes, std::size_t size) noexcept;
    void add_byte(unsigned byte) noexcept;
    void add_headed(unsigned header, std::uint64_t value, unsigned size) noexcept;
    [[nodiscard]] std::uint32_t finish() const noexcept;

    std::uint32_t hash_ = 13;
    std::uint32_t carry_ = 0;  // of bytes that make no word yet, the first one lowest
    std::uint32_t length_ = 0;
};

/// A DECIMAL as part of a key. Its scale counts: `1`, `1.0` and `1.00` lie in three buckets (measured).
class DecimalKey {
public:
    /// Of text such as `-12.50` or `1e5`.
    /// @return `invalid_argument` for what is no decimal of at most 38 digits
    [[nodiscard]] static Result<DecimalKey> parse(std::string_view text);
    void add_to(KeyHash& hash) const noexcept { hash.add_encoded({bytes_.data(), size_}); }

private:
    std::array<std::byte, 32> bytes_{};
    std::size_t size_ = 0;
};

/// A DATETIME as part of a key. The offset that was written counts: the same instant in two time zones lies in two
/// buckets (measured).
class DatetimeKey {
public:
    /// Of text such as `2026-11-26 10:00:00.5+03:00`, with `T` or a blank before the time; a date alone is its midnight
    /// in UTC.
    /// @return `invalid_argument` for anything else
    [[nodiscard]] static Result<DatetimeKey> parse(std::string_view text);
    /// Of microseconds since 2000-01-01 UTC, as the binary format has it.
    [[nodiscard]] static DatetimeKey of_microseconds(std::int64_t since_2000) noexcept;
    void add_to(KeyHash& hash) const noexcept { hash.add_encoded({bytes_.data(), size_}); }

private:
    DatetimeKey(std::int64_t seconds, std::uint32_t nanoseconds, std::int16_t offset_minutes) noexcept;

    std::array<std::byte, 18> bytes_{};
    std::size_t size_ = 0;
};

/// A UUID as part of a key.
class UuidKey {
public:
    /// Of 32 hexadecimal digits, with or without hyphens between them.
    /// @return `invalid_argument` for anything else
    [[nodiscard]] static Result<UuidKey> parse(std::string_view text);
    explicit UuidKey(std::span<const std::byte, 16> bytes) noexcept { std::memcpy(bytes_.data(), bytes.data(), 16); }
    void add_to(KeyHash& hash) const noexcept { hash.add_uuid(bytes_); }

private:
    std::array<std::byte, 16> bytes_{};
};

/// What decides the bucket besides the key: the tier's number of buckets (3000 by default), and how the server hashes a
/// DOUBLE.
struct BucketRule {
    constexpr BucketRule(std::uint32_t count, DoubleKeys double_keys = DoubleKeys::as_numbers) noexcept
        : bucket_count{count}, doubles{double_keys} {}  // NOLINT(google-explicit-constructor)
    std::uint32_t bucket_count;
    DoubleKeys doubles;
};

namespace detail {

template <class Optional>
void add_optional_to_key(KeyHash& hash, const Optional& value, DoubleKeys doubles) noexcept;

template <class Value>
void add_to_key(KeyHash& hash, const Value& value, DoubleKeys doubles) noexcept {
    if constexpr (std::is_same_v<Value, bool>) {
        hash.add_boolean(value);
    } else if constexpr (std::unsigned_integral<Value>) {
        hash.add_unsigned(value);
    } else if constexpr (std::integral<Value>) {
        hash.add_integer(value);
    } else if constexpr (std::floating_point<Value>) {
        hash.add_bound_double(static_cast<double>(value), doubles);
    } else if constexpr (std::is_same_v<Value, std::nullopt_t> || std::is_same_v<Value, std::nullptr_t>) {
        hash.add_null();
    } else if constexpr (std::is_convertible_v<const Value&, std::string_view>) {
        hash.add_text(value);
    } else if constexpr (requires { value.add_to(hash); }) {
        value.add_to(hash);
    } else {
        add_optional_to_key(hash, value, doubles);
    }
}

template <class Optional>
void add_optional_to_key(KeyHash& hash, const Optional& value, DoubleKeys doubles) noexcept {
    if (!value) return hash.add_null();
    add_to_key(hash, *value, doubles);
}

}  // namespace detail

/// The bucket of a sharding key, between 1 and `rule.bucket_count`: `bucket_id(3000, 42, "Berlin")`. The values are
/// those of the key's columns, in the order of DISTRIBUTED BY: integers, text, bool, double, DecimalKey, DatetimeKey,
/// UuidKey, `nullptr`, or a `std::optional` of one. Allocates nothing.
/// @pre rule.bucket_count > 0
template <class... Values>
requires(sizeof...(Values) > 0) [[nodiscard]] std::uint32_t
    bucket_id(BucketRule rule, const Values&... values) noexcept {
    KeyHash hash;
    (detail::add_to_key(hash, values, rule.doubles), ...);
    return hash.bucket(rule.bucket_count);
}

}  // namespace picoxx
