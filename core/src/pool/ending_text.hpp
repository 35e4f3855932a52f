#pragma once

#include <picoxx/port/error.hpp>

#include <string>

namespace picoxx {

/// How a call ended that the server had no part in, in one clause: `the time for the call ran out while connecting`.
[[nodiscard]] inline std::string ending_text(Errc code, const char* where) {
    const char* const what = code == Errc::deadline_exceeded ? "the time for the call ran out "
                             : code == Errc::closed          ? "the client was closed "
                                                             : "cancelled ";
    return what + std::string{where};
}

}  // namespace picoxx
