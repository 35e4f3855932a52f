#pragma once

#include <string_view>

namespace picoxx {

// Why a connection is closed, as the log says it.
inline constexpr std::string_view client_closed = "the client is closed";
inline constexpr std::string_view node_gone = "the node has left the cluster";
inline constexpr std::string_view node_unusable = "the cluster calls the node not usable";

}  // namespace picoxx
