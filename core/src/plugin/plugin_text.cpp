#include "plugin_text.hpp"

#include <utility>

namespace picoxx::detail {

std::string printable(std::string_view text) {
    std::string shown{text};
    for (char& c : shown) {
        if (c < ' ' || c > '~') c = '?';
    }
    return shown;
}

std::string version_text(std::uint32_t version) {
    return std::to_string(version >> 16U & 0xffU) + '.' + std::to_string(version >> 8U & 0xffU) + '.' +
           std::to_string(version & 0xffU);
}

Error about_plugin(std::string_view source, Error error) {
    error.text = "plugin \"" + printable(source) + "\": " + error.text;
    return error;
}

}  // namespace picoxx::detail
