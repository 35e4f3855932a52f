#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace picoxx {

/// What a record is about. Each topic has a rate of its own, so that a flood of one leaves the others readable.
enum class LogTopic : std::uint8_t {
    connections,  ///< Made and closed, and why.
    nodes,        ///< Lost, back, new, gone, another role.
    logins,       ///< Refused.
    discovery,    ///< Looks at the topology.
    strategy,     ///< A strategy that misbehaves.
    client,       ///< The rest.
};
inline constexpr std::size_t log_topics = 6;

/// The topic as a LogRecord names it.
[[nodiscard]] constexpr std::string_view component_of(LogTopic topic) noexcept {
    constexpr std::array<std::string_view, log_topics> names{"connections", "nodes",    "logins",
                                                             "discovery",   "strategy", "client"};
    return names[static_cast<std::size_t>(topic)];
}

}  // namespace picoxx
