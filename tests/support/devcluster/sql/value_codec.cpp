#include "value_codec.hpp"

#include "sql_types.hpp"

#include <algorithm>
#include <bit>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <optional>
#include <vector>

namespace picoxx::devcluster {
namespace {

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char byte : bytes) {
        value = value << 8U | static_cast<unsigned char>(byte);
    }
    return value;
}

std::string to_bytes(std::uint64_t value, std::size_t size) {
    std::string bytes(size, '\0');
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
        *byte = static_cast<char>(value & 0xffU);
        value >>= 8U;
    }
    return bytes;
}

std::string_view wire_name(std::uint32_t oid) {
    switch (oid) {
        case oid::boolean: return "bool";
        case oid::float8: return "float8";
        case oid::numeric: return "numeric";
        case oid::uuid: return "uuid";
        case oid::timestamptz: return "timestamptz";
        case oid::int8: return "int8";
        case oid::int4: return "int4";
        case oid::int2: return "int2";
        default: return "text";
    }
}

bool valid_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const std::size_t length = byte < 0x80          ? 1
                                   : (byte >> 5U) == 6  ? 2
                                   : (byte >> 4U) == 14 ? 3
                                   : (byte >> 3U) == 30 ? 4
                                                        : 0;
        if (length == 0 || i + length > text.size()) {
            return false;
        }
        for (std::size_t k = 1; k < length; ++k) {
            if ((static_cast<unsigned char>(text[i + k]) & 0xC0U) != 0x80U) {
                return false;
            }
        }
        i += length;
    }
    return true;
}

SqlError bad_text(std::size_t number, std::string_view text, std::uint32_t oid) {
    return {"22P02", "failed to bind parameter $" + std::to_string(number) + ": decoding error: '" + std::string{text} +
                         "' is not a valid " + std::string{wire_name(oid)}};
}

SqlError bad_binary(std::size_t number, std::uint32_t oid) {
    return {"22P03", "failed to bind parameter $" + std::to_string(number) +
                         ": decoding error: binary data is not a valid " + std::string{wire_name(oid)}};
}

std::string lower(std::string_view text) {
    std::string out{text};
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

bool is_decimal(std::string_view text) {
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
        text.remove_prefix(1);
    }
    const auto exponent = text.find_first_of("eE");
    std::string_view mantissa = text.substr(0, exponent);
    std::size_t digits = 0;
    bool point = false;
    for (const char c : mantissa) {
        if (c == '.') {
            if (point) {
                return false;
            }
            point = true;
        } else if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
            ++digits;
        } else {
            return false;
        }
    }
    if (digits == 0 || digits > 38) {
        return false;
    }
    if (exponent == std::string_view::npos) {
        return true;
    }
    int value = 0;
    auto power = text.substr(exponent + 1);
    if (power.starts_with('+')) {
        power.remove_prefix(1);
    }
    const auto [end, failure] = std::from_chars(power.data(), power.data() + power.size(), value);
    return failure == std::errc{} && end == power.data() + power.size() && std::abs(value) < 38;
}

std::optional<std::string> decode_text(std::string_view text, std::uint32_t oid) {
    switch (oid) {
        case oid::int8:
        case oid::int4:
        case oid::int2: {
            std::int64_t value = 0;
            const auto digits = text.starts_with('+') ? text.substr(1) : text;
            const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
            if (failure != std::errc{} || end != digits.data() + digits.size() || digits.starts_with('+')) {
                return std::nullopt;
            }
            return std::to_string(value);
        }
        case oid::boolean: {
            const auto word = lower(text);
            for (const auto* yes : {"t", "true", "yes", "on", "1"}) {
                if (word == yes) {
                    return "t";
                }
            }
            for (const auto* no : {"f", "false", "no", "off", "0"}) {
                if (word == no) {
                    return "f";
                }
            }
            return std::nullopt;
        }
        case oid::float8: {
            const auto word = lower(text);
            for (const auto* special : {"inf", "-inf", "+inf", "infinity", "-infinity", "+infinity", "nan"}) {
                if (word == special) {
                    return word == "nan" ? "NaN" : word.starts_with('-') ? "-Infinity" : "Infinity";
                }
            }
            double value = 0;
            const auto digits = text.starts_with('+') ? text.substr(1) : text;
            const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
            if (failure == std::errc::invalid_argument || end != digits.data() + digits.size()) {
                return std::nullopt;
            }
            return std::string{text};
        }
        case oid::numeric: return is_decimal(text) ? std::optional{std::string{text}} : std::nullopt;
        case oid::uuid: {
            std::string hex;
            auto rest = lower(text);
            if (rest.starts_with("urn:uuid:")) {
                rest = rest.substr(9);
            }
            for (const char c : rest) {
                if (std::isxdigit(static_cast<unsigned char>(c)) != 0) {
                    hex += c;
                } else if (c != '-') {
                    return std::nullopt;
                }
            }
            return hex.size() == 32 ? std::optional{hex} : std::nullopt;
        }
        case oid::timestamptz: {
            const bool date_only = text.size() == 10 && text[4] == '-' && text[7] == '-';
            const bool has_time = text.find(':') != std::string_view::npos;
            const bool has_offset = text.ends_with('Z') || text.ends_with('z') ||
                                    (text.size() > 19 && text.find_first_of("+-", 19) != std::string_view::npos);
            if (!date_only && !(has_time && has_offset)) {
                return std::nullopt;
            }
            return std::string{text} + (date_only ? " 00:00:00+00" : "");
        }
        default: return std::string{text};
    }
}

/// Adds one unit in the last place; `digits` holds digits only.
void add_unit(std::string& digits) {
    auto at = digits.size();
    while (at > 0 && digits[at - 1] == '9') {
        digits[--at] = '0';
    }
    if (at == 0) {
        digits.insert(0, "1");
    } else {
        ++digits[at - 1];
    }
}

/// The wire's numeric, rounded to its display scale, 28 digits at most.
std::string numeric_from_binary(std::string_view bytes) {
    const auto word = [&](std::size_t at) { return static_cast<std::uint16_t>(big_endian(bytes.substr(at, 2))); };
    const int groups = word(0);
    const auto weight = static_cast<std::int16_t>(word(2));
    const auto scale = std::min<std::size_t>(word(6), 28);
    const auto group = [&](int i) {
        char four[8];
        const int value = i >= 0 && i < groups ? word(8 + 2 * static_cast<std::size_t>(i)) : 0;
        std::snprintf(four, sizeof four, "%04d", value);
        return std::string{four};
    };
    std::string digits;
    for (int i = 0; i <= weight; ++i) {
        digits += group(i);
    }
    const auto whole = digits.size();
    for (int i = weight + 1; digits.size() < whole + scale + 1; ++i) {
        digits += group(i);
    }
    const bool up = digits[whole + scale] >= '5';
    digits.resize(whole + scale);
    if (up) {
        add_unit(digits);
    }
    if (digits.size() <= scale) {
        digits.insert(0, scale + 1 - digits.size(), '0');
    }
    const auto point = digits.size() - scale;
    std::string integral = digits.substr(0, point);
    integral.erase(0, std::min(integral.find_first_not_of('0'), integral.size() - 1));
    const bool zero = digits.find_first_not_of('0') == std::string::npos;
    return (word(4) == 0x4000 && !zero ? "-" : "") + integral + (scale == 0 ? "" : "." + digits.substr(point));
}

std::optional<std::string> decode_binary(std::string_view bytes, std::uint32_t oid) {
    const auto size = bytes.size();
    switch (oid) {
        case oid::int8:
            return size == 8 ? std::optional{std::to_string(static_cast<std::int64_t>(big_endian(bytes)))}
                             : std::nullopt;
        case oid::int4:
            return size == 4 ? std::optional{std::to_string(static_cast<std::int32_t>(big_endian(bytes)))}
                             : std::nullopt;
        case oid::int2:
            return size == 2 ? std::optional{std::to_string(static_cast<std::int16_t>(big_endian(bytes)))}
                             : std::nullopt;
        case oid::boolean: return size == 1 ? std::optional<std::string>{bytes[0] != 0 ? "t" : "f"} : std::nullopt;
        case oid::float8: {
            if (size != 8) {
                return std::nullopt;
            }
            const auto value = std::bit_cast<double>(big_endian(bytes));
            if (std::isnan(value)) {
                return "NaN";
            }
            if (std::isinf(value)) {
                return value < 0 ? "-Infinity" : "Infinity";
            }
            char text[64];
            const auto written = std::to_chars(text, text + sizeof text, value);
            return std::string{text, written.ptr};
        }
        case oid::numeric:
            if (size < 8 || size != 8 + 2 * big_endian(bytes.substr(0, 2)) ||
                big_endian(bytes.substr(4, 2)) == 0xC000) {
                return std::nullopt;
            }
            return numeric_from_binary(bytes);
        case oid::uuid: {
            if (size != 16) {
                return std::nullopt;
            }
            std::string text;
            char two[4];
            for (const char byte : bytes) {
                std::snprintf(two, sizeof two, "%02x", static_cast<unsigned char>(byte));
                text += two;
            }
            return text;
        }
        case oid::timestamptz: {
            if (size != 8) {
                return std::nullopt;
            }
            const auto micros = static_cast<std::int64_t>(big_endian(bytes));
            constexpr std::int64_t first = -63'113'904'000'000'000;  // 0000-01-01
            constexpr std::int64_t last = 252'455'615'999'999'999;   // 9999-12-31
            if (micros < first || micros > last) {
                return std::nullopt;
            }
            const std::int64_t seconds = micros / 1'000'000 - (micros % 1'000'000 < 0 ? 1 : 0);
            const std::int64_t rest = micros - seconds * 1'000'000;
            const auto instant = std::chrono::sys_days{std::chrono::year{2000} / 1 / 1} + std::chrono::seconds{seconds};
            const auto day = std::chrono::floor<std::chrono::days>(instant);
            const std::chrono::year_month_day date{day};
            const std::chrono::hh_mm_ss time{instant - day};
            char text[64];
            std::snprintf(text, sizeof text, "%04d-%02u-%02u %02d:%02d:%02d.%06d+00", static_cast<int>(date.year()),
                          static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                          static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                          static_cast<int>(time.seconds().count()), static_cast<int>(rest));
            return std::string{text};
        }
        default: return std::string{bytes};
    }
}

/// PostgreSQL's binary numeric; nullopt where it does not fit the 96 bits and 28 digits the server computes with.
std::optional<std::string> numeric_to_binary(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative) {
        text.remove_prefix(1);
    }
    const auto point = text.find('.');
    std::string whole{text.substr(0, point)};
    std::string fraction{point == std::string_view::npos ? std::string_view{} : text.substr(point + 1)};
    const std::size_t scale = fraction.size();
    std::string digits = whole + fraction;
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
    static constexpr std::string_view largest = "79228162514264337593543950335";
    if (scale > 28 || digits.size() > largest.size() || (digits.size() == largest.size() && digits > largest)) {
        return std::nullopt;
    }
    whole.insert(0, (4 - whole.size() % 4) % 4, '0');
    fraction.append((4 - fraction.size() % 4) % 4, '0');
    std::vector<std::uint16_t> groups;
    for (const auto* part : {&whole, &fraction}) {
        for (std::size_t i = 0; i < part->size(); i += 4) {
            groups.push_back(static_cast<std::uint16_t>(std::stoi(part->substr(i, 4))));
        }
    }
    int weight = static_cast<int>(whole.size() / 4) - 1;
    while (groups.size() > 1 && groups.front() == 0 && weight > -100) {
        groups.erase(groups.begin());
        --weight;
    }
    if (groups.size() == 1 && groups.front() == 0) {
        weight = 0;
    }
    std::string bytes = to_bytes(groups.size(), 2) + to_bytes(static_cast<std::uint16_t>(weight), 2) +
                        to_bytes(negative ? 0x4000 : 0, 2) + to_bytes(scale, 2);
    for (const auto group : groups) {
        bytes += to_bytes(group, 2);
    }
    return bytes;
}

std::string timestamp_to_binary(std::string_view text) {
    int year = 0;
    unsigned month = 1;
    unsigned day = 1;
    int hour = 0;
    int minute = 0;
    double second = 0;
    int offset_hour = 0;
    int offset_minute = 0;
    char sign = '+';
    const std::string copy{text};
    std::sscanf(copy.c_str(), "%d-%u-%u%*c%d:%d:%lf%c%d:%d", &year, &month, &day, &hour, &minute, &second, &sign,
                &offset_hour, &offset_minute);
    const auto date = std::chrono::sys_days{std::chrono::year{year} / std::chrono::month{month} /
                                            std::chrono::day{day}};
    const auto epoch = std::chrono::sys_days{std::chrono::year{2000} / 1 / 1};
    const int offset = (offset_hour * 60 + offset_minute) * (sign == '-' ? -1 : 1);
    const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(date - epoch).count() + hour * 3600 +
                                 (minute - offset) * 60;
    return to_bytes(
        static_cast<std::uint64_t>(seconds * 1'000'000 + static_cast<std::int64_t>(std::llround(second * 1e6))), 8);
}

}  // namespace

SqlResult<std::string> decode_parameter(std::string_view bytes, std::uint32_t oid, std::int16_t format,
                                        std::size_t number) {
    if (oid == oid::json) {
        return SqlError{"0A000", "failed to bind parameter $" + std::to_string(number) +
                                     ": feature is not supported: cannot represent json in sbroad"};
    }
    const bool text_type = oid == oid::text || oid == oid::varchar;
    if (format == 1 && text_type && !valid_utf8(bytes)) {
        return bad_binary(number, oid);
    }
    if (format != 1 && !valid_utf8(bytes)) {
        return SqlError{"22P02", "failed to bind parameter $" + std::to_string(number) +
                                     ": decoding error: invalid utf-8 sequence of 1 bytes from index 0"};
    }
    auto decoded = format == 1 ? decode_binary(bytes, oid) : decode_text(bytes, oid);
    if (decoded) {
        return *std::move(decoded);
    }
    return format == 1 ? bad_binary(number, oid) : bad_text(number, bytes, oid);
}

SqlResult<std::string> encode_value(std::string_view text, std::uint32_t oid, std::int16_t format) {
    if (format != 1) {
        return std::string{text};
    }
    switch (oid) {
        case oid::int8: {
            std::int64_t value = 0;
            std::from_chars(text.data(), text.data() + text.size(), value);
            return to_bytes(static_cast<std::uint64_t>(value), 8);
        }
        case oid::boolean: return std::string(1, text == "t" ? '\1' : '\0');
        case oid::float8: {
            double value = 0;
            if (text == "inf" || text == "-inf") {
                value = text == "inf" ? HUGE_VAL : -HUGE_VAL;
            } else if (text == "NaN") {
                value = std::nan("");
            } else {
                std::from_chars(text.data(), text.data() + text.size(), value);
            }
            return to_bytes(std::bit_cast<std::uint64_t>(value), 8);
        }
        case oid::numeric: {
            if (auto bytes = numeric_to_binary(text)) {
                return *std::move(bytes);
            }
            const auto point = text.find('.');
            const bool too_precise = point != std::string_view::npos && text.size() - point - 1 > 28;
            return SqlError{"XX000", too_precise
                                         ? "encoding error: Number has a high precision that can not be represented."
                                         : "encoding error: Invalid decimal: overflow from too many digits"};
        }
        case oid::uuid: {
            std::string bytes;
            std::string hex;
            std::copy_if(text.begin(), text.end(), std::back_inserter(hex), [](char c) { return c != '-'; });
            for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
                bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
            }
            return bytes;
        }
        case oid::timestamptz: return timestamp_to_binary(text);
        default: return std::string{text};
    }
}

}  // namespace picoxx::devcluster
