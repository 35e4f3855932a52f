#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace picoxx {

/// The front of `text`: at most `bytes` of it, no UTF-8 character torn.
[[nodiscard]] std::string_view cut_text(std::string_view text, std::size_t bytes) noexcept;

/// What stands for the rest of a text that was cut.
constexpr std::string_view ellipsis = "...";

/// Appends `text` as part of one line: control characters become blanks, and several blanks one.
void append_one_line(std::string& line, std::string_view text);

}  // namespace picoxx
