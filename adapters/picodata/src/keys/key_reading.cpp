#include "key_reading.hpp"

#include <bit>
#include <charconv>
#include <cstring>
#include <new>
#include <optional>
#include <string>
#include <string_view>

namespace picoxx {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::array integer_readings{KeyReading::integer, KeyReading::decimal, KeyReading::as_double,
                                      KeyReading::text};
constexpr std::array boolean_readings{KeyReading::boolean};
constexpr std::array double_readings{KeyReading::bound_double, KeyReading::cast_double, KeyReading::as_double,
                                     KeyReading::bound_as_double};
constexpr std::array text_readings{KeyReading::text};
constexpr std::array datetime_readings{KeyReading::datetime};
constexpr std::array uuid_readings{KeyReading::uuid};
constexpr std::array decimal_readings{KeyReading::decimal};
// Of a text whose type the server infers.
constexpr std::array inferred_readings{KeyReading::text,           KeyReading::integer,     KeyReading::uuid,
                                       KeyReading::decimal,        KeyReading::datetime,    KeyReading::boolean,
                                       KeyReading::bound_double,   KeyReading::cast_double, KeyReading::as_double,
                                       KeyReading::bound_as_double};

std::string_view as_text(Bytes bytes) noexcept { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::uint64_t big_endian(Bytes bytes) noexcept {
    std::uint64_t value = 0;
    if (bytes.size() == sizeof value) {  // as nearly always
        std::memcpy(&value, bytes.data(), sizeof value);
        return std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
    }
    for (const std::byte byte : bytes) value = (value << 8U) | std::to_integer<std::uint64_t>(byte);
    return value;
}

bool is_integer(Oid type) noexcept { return type == oid::int8 || type == oid::int4 || type == oid::int2; }

std::optional<std::int64_t> integer_of(const Parameter& parameter) noexcept {
    const Bytes bytes = *parameter.value;
    if (parameter.format == Format::binary) {
        if (!is_integer(parameter.type) || bytes.empty() || bytes.size() > 8) return std::nullopt;
        const auto unused = static_cast<unsigned>(8 * (8 - bytes.size()));
        return static_cast<std::int64_t>(big_endian(bytes) << unused) >> unused;  // the sign is filled in
    }
    std::string_view text = as_text(bytes);
    if (text.starts_with('+')) text.remove_prefix(1);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<double> double_of(const Parameter& parameter) noexcept {
    const Bytes bytes = *parameter.value;
    if (parameter.format == Format::binary) {
        if (parameter.type == oid::float8 && bytes.size() == 8) return std::bit_cast<double>(big_endian(bytes));
        if (const auto integer = integer_of(parameter)) return static_cast<double>(*integer);
        return std::nullopt;
    }
    const std::string_view text = as_text(bytes);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<bool> boolean_of(const Parameter& parameter) noexcept {
    const std::string_view text = as_text(*parameter.value);
    if (parameter.format == Format::binary) {
        if (text.size() != 1) return std::nullopt;
        return text.front() != '\0';
    }
    if (text == "t" || text == "true") return true;
    if (text == "f" || text == "false") return false;
    return std::nullopt;
}

// The text that a value has where it is cast to text, or came as it.
template <class Action>
bool with_text(const Parameter& parameter, Action&& action) noexcept {
    if (parameter.format == Format::text || parameter.type == oid::text || parameter.type == oid::varchar)
        return action(as_text(*parameter.value));
    const auto integer = integer_of(parameter);
    if (!integer) return false;
    std::array<char, 24> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), *integer);
    return action(std::string_view{digits.data(), end});
}

template <class Key>
bool add_parsed(KeyHash& hash, const Parameter& parameter) noexcept {
    return with_text(parameter, [&](std::string_view text) {
        try {
            const auto key = Key::parse(text);
            if (key.ok()) key->add_to(hash);
            return key.ok();
        } catch (const std::bad_alloc&) {
            return false;
        }
    });
}

bool add_datetime(KeyHash& hash, const Parameter& parameter) noexcept {
    if (parameter.format == Format::text) return add_parsed<DatetimeKey>(hash, parameter);
    if (parameter.type != oid::timestamptz || parameter.value->size() != 8) return false;
    DatetimeKey::of_microseconds(static_cast<std::int64_t>(big_endian(*parameter.value))).add_to(hash);
    return true;
}

bool add_uuid(KeyHash& hash, const Parameter& parameter) noexcept {
    if (parameter.format == Format::text) return add_parsed<UuidKey>(hash, parameter);
    if (parameter.value->size() != 16) return false;
    hash.add_uuid(parameter.value->first<16>());
    return true;
}

bool add_double(KeyHash& hash, const Parameter& parameter, KeyReading reading) noexcept {
    const auto value = double_of(parameter);
    if (!value) return false;
    switch (reading) {
        case KeyReading::cast_double: hash.add_double(*value, DoubleKeys::as_numbers); break;
        case KeyReading::as_double: hash.add_double(*value, DoubleKeys::as_doubles); break;
        case KeyReading::bound_as_double: hash.add_bound_double(*value, DoubleKeys::as_doubles); break;
        default: hash.add_bound_double(*value, DoubleKeys::as_numbers); break;
    }
    return true;
}

}  // namespace

std::span<const KeyReading> readings_of(const Parameter& parameter) noexcept {
    const bool is_text = parameter.format == Format::text;
    switch (parameter.type) {
        case oid::boolean: return boolean_readings;
        case oid::int2:
        case oid::int4:
        case oid::int8: return integer_readings;
        case oid::float8: return double_readings;
        case oid::text:
        case oid::varchar: return text_readings;
        case oid::timestamptz: return datetime_readings;
        case oid::uuid: return uuid_readings;
        case oid::numeric:
            return is_text ? std::span<const KeyReading>{decimal_readings} : std::span<const KeyReading>{};
        case oid::inferred:
        case oid::unknown:
            return is_text || !parameter.value ? std::span<const KeyReading>{inferred_readings}
                                               : std::span<const KeyReading>{};
        default: return {};
    }
}

bool add_parameter(KeyHash& hash, const Parameter& parameter, KeyReading reading) noexcept {
    if (!parameter.value) {
        hash.add_null();
        return true;
    }
    switch (reading) {
        case KeyReading::integer:
            if (const auto value = integer_of(parameter)) {
                hash.add_integer(*value);
                return true;
            }
            return false;
        case KeyReading::text:
            return with_text(parameter, [&](std::string_view text) {
                hash.add_text(text);
                return true;
            });
        case KeyReading::boolean:
            if (const auto value = boolean_of(parameter)) {
                hash.add_boolean(*value);
                return true;
            }
            return false;
        case KeyReading::decimal: return add_parsed<DecimalKey>(hash, parameter);
        case KeyReading::datetime: return add_datetime(hash, parameter);
        case KeyReading::uuid: return add_uuid(hash, parameter);
        case KeyReading::bound_double:
        case KeyReading::cast_double:
        case KeyReading::as_double:
        case KeyReading::bound_as_double: return add_double(hash, parameter, reading);
    }
    return false;
}

}  // namespace picoxx
