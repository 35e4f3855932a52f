#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace picoxx::devcluster {

/// Text as a JSON string, quotes included.
inline std::string json_string(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string json = "\"";
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            json += '\\';
            json += c;
        } else if (c == '\n') {
            json += "\\n";
        } else if (c == '\t') {
            json += "\\t";
        } else if (code < 0x20) {
            json += "\\u00";
            json += digits[code >> 4];
            json += digits[code & 0xf];
        } else {
            json += c;
        }
    }
    return json + "\"";
}

/// `[item,item]`, each item made by `write`.
template <class Range, class Write>
std::string json_array(const Range& range, Write write) {
    std::string json = "[";
    for (const auto& item : range) {
        if (json.size() > 1) json += ", ";
        json += write(item);
    }
    return json + "]";
}

}  // namespace picoxx::devcluster
