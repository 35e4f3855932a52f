#pragma once

#include <picoxx/port/error.hpp>
#include <picoxx/port/topology.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace picoxx {

/// What a client knows of one node at one moment.
struct NodeStatus {
    Node node;                     ///< As the cluster describes it; before discovery only the endpoint is known.
    std::string address;           ///< `host:port` this client connects to.
    std::uint64_t statements = 0;  ///< Statements of this client it has answered, well or with an error.
    std::uint64_t failures = 0;    ///< Connections not made or lost, statements out of time.
    std::size_t idle = 0;          ///< Connections at rest.
    std::size_t busy = 0;          ///< Connections in use or being made.
    Error last_error;              ///< Errc::ok where none occurred since the last success.
};

[[nodiscard]] constexpr std::string_view to_string(NodeRole role) noexcept {
    switch (role) {
        case NodeRole::unknown: return "unknown";
        case NodeRole::leader: return "leader";
        case NodeRole::replica: return "replica";
    }
    return "unknown";
}

}  // namespace picoxx
