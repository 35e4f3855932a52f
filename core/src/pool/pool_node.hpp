#pragma once

#include "session/connection.hpp"

#include <picoxx/port/error.hpp>
#include <picoxx/port/time.hpp>
#include <picoxx/port/topology.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace picoxx {

/// What the engine keeps of one node. Lives until the last of its connections is gone.
struct PoolNode {
    enum class Origin : std::uint8_t {
        seed,      ///< Named in the DSN; which instance it is, nobody knows.
        topology,  ///< Named by the cluster.
    };

    std::uint64_t serial = 0;  ///< Never given twice, unlike an address in memory.
    Origin origin = Origin::seed;
    PoolNode* same_as = nullptr;  ///< Of a seed: the node of the topology that answered there.
    Node info;                    ///< `info.id` is the identity; of a seed it is `host:port`.
    std::string label;            ///< For messages.
    bool removed = false;         ///< Gone from the topology: no new use.

    std::vector<std::unique_ptr<Connection>> idle;  ///< Most recently used last.
    std::uint32_t leased = 0;
    std::uint32_t connecting = 0;
    std::uint32_t unattended = 0;  ///< Of those connecting: whose callers have left.
    std::uint32_t draining = 0;    ///< Left behind; counts against no limit.

    std::uint32_t failures_in_a_row = 0;
    TimePoint retry_at{};             ///< Not dialled before, unless there is no other node.
    TimePoint login_refused_until{};  ///< Never dialled before.
    Error login_error;                ///< Why, until then.
    Error last_error;

    std::uint64_t statements = 0;
    std::uint64_t failures = 0;
    std::chrono::nanoseconds latency{0};

    [[nodiscard]] std::size_t open() const noexcept { return idle.size() + leased + connecting; }
};

}  // namespace picoxx
