#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::testing {

/// One field: its bytes as they come over the wire, or NULL.
using Cell = std::optional<std::string>;
using Row = std::vector<Cell>;

inline constexpr std::nullopt_t null_cell = std::nullopt;

/// Text has the same bytes in both formats; json too.
[[nodiscard]] inline Cell text_cell(std::string_view text) { return std::string{text}; }

/// `size` bytes of a number, big endian.
[[nodiscard]] inline std::string big_endian(std::uint64_t number, std::size_t size) {
    std::string bytes(size, '\0');
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
        *byte = static_cast<char>(number & 0xffU);
        number >>= 8U;
    }
    return bytes;
}

/// Binary form: eight bytes, big endian.
[[nodiscard]] inline Cell int8_cell(std::int64_t value) { return big_endian(static_cast<std::uint64_t>(value), 8); }

/// Binary form: eight bytes, big endian.
[[nodiscard]] inline Cell float8_cell(double value) { return int8_cell(std::bit_cast<std::int64_t>(value)); }

/// Binary form: one byte.
[[nodiscard]] inline Cell bool_cell(bool value) { return std::string(1, value ? '\1' : '\0'); }

/// Binary form of timestamptz: microseconds since the year 2000.
[[nodiscard]] inline Cell timestamp_cell(std::chrono::sys_time<std::chrono::microseconds> time) {
    constexpr std::chrono::sys_days epoch = std::chrono::year{2000} / 1 / 1;
    return int8_cell((time - epoch).count());
}

/// Binary form: 16 bytes.
/// @pre `text` is of the form 6f2ba4c4-0a4c-4d79-86ae-43d4f84b70e1
[[nodiscard]] inline Cell uuid_cell(std::string_view text) {
    std::string digits{text};
    std::erase(digits, '-');
    std::string bytes;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
    }
    return bytes;
}

/// Binary form: groups of four decimal digits, the number of places behind the point as in `text`.
/// @pre `text` is a decimal number such as -12345.678
[[nodiscard]] inline Cell numeric_cell(std::string_view text) {
    constexpr std::size_t group = 4;
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    const std::size_t point = std::min(text.find('.'), text.size());
    std::string digits{text.substr(0, point)};
    const std::string_view places = text.substr(std::min(point + 1, text.size()));
    digits.insert(0, (group - digits.size() % group) % group, '0');
    std::size_t weight = digits.size() / group - 1;  // of the first group, in groups before the point; wraps below 0
    digits.append(places).append((group - places.size() % group) % group, '0');

    std::deque<std::uint64_t> groups;
    for (std::size_t i = 0; i < digits.size(); i += group) groups.push_back(std::stoul(digits.substr(i, group)));
    while (!groups.empty() && groups.back() == 0) groups.pop_back();
    for (; !groups.empty() && groups.front() == 0; --weight) groups.pop_front();
    if (groups.empty()) weight = 0;

    std::string bytes = big_endian(groups.size(), 2) + big_endian(weight, 2) + big_endian(negative ? 0x4000 : 0, 2) +
                        big_endian(places.size(), 2);
    for (const std::uint64_t four : groups) bytes += big_endian(four, 2);
    return bytes;
}

}  // namespace picoxx::testing
