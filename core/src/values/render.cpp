#include <picoxx/value.hpp>

#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <string>

namespace picoxx {
namespace {

std::uint64_t big_endian(FieldView field, std::int32_t offset, std::int32_t size) noexcept {
    std::uint64_t value = 0;
    for (std::int32_t i = 0; i < size; ++i)
        value = (value << 8U) | std::to_integer<std::uint64_t>(field.data[offset + i]);
    return value;
}

std::string render_hex(FieldView field) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = "\\x";
    for (const char byte : field.bytes()) {
        text += digits[static_cast<unsigned char>(byte) >> 4U];
        text += digits[static_cast<unsigned char>(byte) & 15U];
    }
    return text;
}

std::string render_integer(FieldView field) {
    switch (field.size) {
        case 8: return std::to_string(static_cast<std::int64_t>(big_endian(field, 0, 8)));
        case 4: return std::to_string(static_cast<std::int32_t>(big_endian(field, 0, 4)));
        case 2: return std::to_string(static_cast<std::int16_t>(big_endian(field, 0, 2)));
        default: return render_hex(field);
    }
}

std::string render_floating(FieldView field) {
    std::array<char, 32> text{};
    std::to_chars_result written{};
    if (field.size == 8) {
        written = std::to_chars(text.data(), text.data() + text.size(), std::bit_cast<double>(big_endian(field, 0, 8)));
    } else if (field.size == 4) {
        written = std::to_chars(text.data(), text.data() + text.size(),
                                std::bit_cast<float>(static_cast<std::uint32_t>(big_endian(field, 0, 4))));
    } else {
        return render_hex(field);
    }
    return {text.data(), written.ptr};
}

std::string render_uuid(FieldView field) {
    if (field.size != 16) return render_hex(field);
    std::string text = render_hex(field).substr(2);
    for (const std::size_t place : {20U, 16U, 12U, 8U}) text.insert(place, 1, '-');
    return text;
}

// PostgreSQL's numeric: digit count, weight, sign, digits after the point, then groups of four decimal digits.
std::string render_numeric(FieldView field) {
    constexpr std::uint64_t negative = 0x4000;
    constexpr std::uint64_t not_a_number = 0xC000;
    if (field.size < 8) return render_hex(field);
    const auto groups = static_cast<std::int32_t>(big_endian(field, 0, 2));
    const auto weight = static_cast<std::int16_t>(big_endian(field, 2, 2));
    const std::uint64_t sign = big_endian(field, 4, 2);
    const auto scale = static_cast<std::int32_t>(big_endian(field, 6, 2));
    if (sign == not_a_number) return "NaN";
    if (field.size != 8 + 2 * groups) return render_hex(field);

    const auto group = [&](std::int32_t index) {
        return index >= 0 && index < groups ? static_cast<int>(big_endian(field, 8 + 2 * index, 2)) : 0;
    };
    std::string text = sign == negative ? "-" : "";
    std::array<char, 8> four{};
    if (weight < 0) text += '0';
    for (std::int32_t i = 0; i <= weight; ++i) {
        std::snprintf(four.data(), four.size(), i == 0 ? "%d" : "%04d", group(i));
        text += four.data();
    }
    if (scale == 0) return text;
    std::string fraction;
    for (std::int32_t i = weight + 1; static_cast<std::int32_t>(fraction.size()) < scale; ++i) {
        std::snprintf(four.data(), four.size(), "%04d", group(i));
        fraction += four.data();
    }
    fraction.resize(static_cast<std::size_t>(scale));
    return text + '.' + fraction;
}

// Microseconds since 2000-01-01 00:00 UTC; shown in UTC, since the binary form has lost its offset.
std::string render_timestamp(FieldView field) {
    using namespace std::chrono;
    if (field.size != 8) return render_hex(field);
    const auto since = microseconds{static_cast<std::int64_t>(big_endian(field, 0, 8))};
    const sys_time<microseconds> instant = sys_days{year{2000} / 1 / 1} + since;
    const auto day = floor<days>(instant);
    const year_month_day date{day};
    const hh_mm_ss time{instant - day};
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02d:%02d:%02d", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    std::string rendered = text.data();
    if (time.subseconds().count() != 0) {
        std::snprintf(text.data(), text.size(), ".%06d", static_cast<int>(time.subseconds().count()));
        rendered += text.data();
    }
    return rendered + "+00";
}

}  // namespace

std::string render(const Column& column, FieldView field) {
    if (field.is_null()) return "NULL";
    if (column.format == Format::text) return std::string{field.bytes()};
    switch (column.type) {
        case oid::boolean: return field.size == 1 && big_endian(field, 0, 1) != 0 ? "t" : "f";
        case oid::int2:
        case oid::int4:
        case oid::int8: return render_integer(field);
        case oid::float4:
        case oid::float8: return render_floating(field);
        case oid::numeric: return render_numeric(field);
        case oid::uuid: return render_uuid(field);
        case oid::timestamptz: return render_timestamp(field);
        case oid::text:
        case oid::varchar:
        case oid::json:
        case oid::unknown: return std::string{field.bytes()};
        default: return render_hex(field);
    }
}

}  // namespace picoxx
