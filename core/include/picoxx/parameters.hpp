#pragma once

#include <picoxx/detail/byte_buffer.hpp>

#include <picoxx/port/command.hpp>
#include <picoxx/port/error.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace picoxx {

/// The values bound to one statement, encoded and owned. How C++ types travel:
///
/// | C++ | sent as |
/// |---|---|
/// | bool | boolean, binary |
/// | signed and unsigned integers | int8, binary; above 9223372036854775807: refused |
/// | float, double | float8, binary |
/// | std::string, std::string_view, const char* | text, of the type the server infers (so a string also fits UUID,
/// DECIMAL, DATETIME) |
/// | std::nullopt, nullptr, a null const char* | NULL of the type the server infers |
/// | std::optional<T> | as T, or NULL of T's type |
///
/// A value that cannot be sent makes the call fail with `invalid_argument` naming the parameter; nothing is sent then.
class Parameters {
public:
    Parameters() = default;
    template <class... Values>
    explicit Parameters(const Values&... values) {
        (add(values), ...);
    }

    template <class Value>
    Parameters& add(const Value& value) {
        if constexpr (std::is_same_v<Value, bool>) {
            add_bool(value);
        } else if constexpr (std::integral<Value>) {
            add_integer(value);
        } else if constexpr (std::floating_point<Value>) {
            add_double(static_cast<double>(value));
        } else if constexpr (std::is_same_v<Value, std::nullopt_t> || std::is_same_v<Value, std::nullptr_t>) {
            add_null(oid::inferred);
        } else if constexpr (std::is_convertible_v<const Value&, const char*>) {
            add_c_string(value);
        } else if constexpr (std::is_convertible_v<const Value&, std::string_view>) {
            add_text(std::string_view{value});
        } else {
            add_optional(value);
        }
        return *this;
    }

    [[nodiscard]] std::size_t size() const noexcept { return count_; }
    /// Why the values cannot be sent; null where they can.
    [[nodiscard]] const Error* error() const noexcept { return error_.get(); }

    /// The port's view of value `index`. Lifetime: until the next `add`, or until the object moves.
    /// @pre index < size()
    [[nodiscard]] Parameter operator[](std::size_t index) const noexcept {
        const Entry& entry = index < inline_entries ? entries_[index] : more_entries_[index - inline_entries];
        Parameter parameter{entry.type, entry.format, std::nullopt};
        if (entry.size >= 0) {
            parameter.value = std::span{bytes_.data() + entry.offset, static_cast<std::size_t>(entry.size)};
        }
        return parameter;
    }

private:
    static constexpr std::size_t inline_entries = 8;
    struct Entry {
        Oid type;
        Format format;
        std::int32_t size;  // -1 is NULL
        std::uint32_t offset;
    };

    template <class Value>
    void add_optional(const std::optional<Value>& value) {
        if (value) {
            add(*value);
        } else {
            add_null(type_of<Value>());
        }
    }

    template <class Value>
    static constexpr Oid type_of() noexcept {
        if constexpr (std::is_same_v<Value, bool>) return oid::boolean;
        if constexpr (std::integral<Value>) return oid::int8;
        if constexpr (std::floating_point<Value>) return oid::float8;
        return oid::inferred;
    }

    template <std::integral Value>
    void add_integer(Value value) {
        if constexpr (std::is_unsigned_v<Value> && sizeof(Value) >= sizeof(std::int64_t)) {
            if (value > static_cast<Value>(std::numeric_limits<std::int64_t>::max())) {
                refuse("is above 9223372036854775807, the largest integer of Picodata");
            }
        }
        add_int64(static_cast<std::int64_t>(value));
    }

    void add_c_string(const char* text) {
        if (text == nullptr) {
            add_null(oid::inferred);
        } else {
            add_text(text);
        }
    }

    void add_bool(bool value);
    void add_int64(std::int64_t value);
    void add_double(double value);
    void add_text(std::string_view value);
    void add_null(Oid type);
    void push_fixed(Oid type, const std::array<std::byte, 8>& bytes);
    void append(Oid type, Format format, std::span<const std::byte> bytes);
    void push(const Entry& entry);
    void refuse(std::string_view why);

    detail::ByteBuffer bytes_;
    std::array<Entry, inline_entries> entries_;
    std::vector<Entry> more_entries_;
    std::size_t count_ = 0;
    std::shared_ptr<const Error> error_;
};

}  // namespace picoxx
