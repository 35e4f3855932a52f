#pragma once

#include <string_view>

namespace picoxx {

// Why a connection is closed, as the log says it.
inline constexpr std::string_view client_closed = "the client is closed";
inline constexpr std::string_view node_gone = "the node has left the cluster";
inline constexpr std::string_view life_time_over = "its life time is over";
inline constexpr std::string_view of_the_past = "it was renewed, or the node has moved";
inline constexpr std::string_view node_unknown = "which node answers under this address is not known";
inline constexpr std::string_view idle_for_too_long = "it was idle for too long";
inline constexpr std::string_view no_memory = "there is no memory to keep it";
inline constexpr std::string_view node_unusable = "the cluster calls the node not usable";

}  // namespace picoxx
