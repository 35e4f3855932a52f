#pragma once

#include <picoxx/port/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace picoxx::detail {

/// Text of a file as it may stand in an error: what is not printable ASCII becomes `?`.
[[nodiscard]] std::string printable(std::string_view text);

/// The text of a zero-terminated field, or all of it where nothing ends it.
template <std::size_t Size>
[[nodiscard]] std::string field_text(const char (&field)[Size]) {
    const std::string_view all{field, Size};
    return printable(all.substr(0, all.find('\0')));
}

/// `0.3.0` of 0x00000300.
[[nodiscard]] std::string version_text(std::uint32_t version);

/// `error` with the plugin concerned in front: its file, or `(static) name`.
[[nodiscard]] Error about_plugin(std::string_view source, Error error);

}  // namespace picoxx::detail
