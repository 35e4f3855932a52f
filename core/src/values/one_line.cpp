#include "values/one_line.hpp"

namespace picoxx {

std::string_view cut_text(std::string_view text, std::size_t bytes) noexcept {
    if (text.size() <= bytes) return text;
    const auto inside_character = [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U; };
    while (bytes > 0 && inside_character(text[bytes])) --bytes;
    return text.substr(0, bytes);
}

void append_one_line(std::string& line, std::string_view text) {
    for (const char byte : text) {
        const auto code = static_cast<unsigned char>(byte);
        const bool blank = code <= ' ' || code == 0x7f;
        if (!blank) {
            line += byte;
        } else if (!line.empty() && line.back() != ' ') {
            line += ' ';
        }
    }
}

}  // namespace picoxx
