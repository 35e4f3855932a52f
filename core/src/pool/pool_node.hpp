#pragma once

#include "pool/idle_connections.hpp"

#include <picoxx/port/error.hpp>
#include <picoxx/port/time.hpp>
#include <picoxx/port/topology.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace picoxx {

/// What a node is to a call that asks for a connection.
enum class Standing : std::uint8_t {
    out,    ///< It does not come into question.
    hoped,  ///< It has nothing, but the next attempt in the background may bring a connection.
    busy,   ///< It is worth waiting for.
    ready,  ///< It can serve now: it has an idle connection, or may get one more.
};

/// What the engine keeps of one node. Lives until the last of its connections is gone.
struct PoolNode {
    enum class Origin : std::uint8_t {
        seed,      ///< Named in the DSN; which instance it is, nobody knows.
        topology,  ///< Named by the cluster.
    };

    std::uint64_t serial = 0;  ///< Never given twice, unlike an address in memory.
    Origin origin = Origin::seed;
    PoolNode* same_as = nullptr;               ///< Of a seed: the node of the topology that answered there.
    Node info;                                 ///< `info.id` is the identity; of a seed it is `host:port`.
    ReplicasetKey owns = ReplicasetKey::none;  ///< Whose buckets it serves as their owner: see Owners.
    std::string label;                         ///< For messages.
    bool removed = false;                      ///< Gone from the topology: no new use.
    /// Counts its moves to other addresses, and the renewals. A connection that was begun under another number is of
    /// the past: it is not kept, and its end says nothing of the node.
    std::uint32_t generation = 0;

    IdleConnections idle;
    std::uint32_t leased = 0;
    std::uint32_t connecting = 0;
    std::uint32_t unattended = 0;   ///< Of those connecting: whose callers have left.
    std::uint32_t left_behind = 0;  ///< By calls that were given up. It keeps its place for a while ...
    std::uint32_t draining = 0;     ///< ... and then counts against no limit.

    std::uint32_t failures_in_a_row = 0;  ///< Dials, or connections lost, since a dial succeeded.
    TimePoint failed_at{};                ///< When a dial failed last.
    TimePoint retry_at{};                 ///< Where the last dial failed: not dialled before.
    TimePoint login_refused_until{};      ///< Never dialled before.
    Error login_error;                    ///< Why, until then.
    bool has_fresh_password = false;      ///< For the logins under way: one was accepted just before them, or since.
    Error last_error;

    TimePoint wanted_until{};      ///< Statements are routed to it: its connections are not moved to others until then.
    TimePoint no_wishes_before{};  ///< Nobody waits for its connections while others could serve.

    std::uint32_t timeouts_in_a_row = 0;  ///< Statements whose time ended, since one was answered.
    std::uint64_t statements = 0;
    std::uint64_t failures = 0;
    std::chrono::nanoseconds latency{0};

    /// Where CandidateList keeps it.
    struct Listing {
        std::uint32_t rank = 0;   ///< Its place among all nodes.
        std::uint32_t place = 0;  ///< Its place in the list when it was last looked for; it may have moved since.
        Standing standing = Standing::out;
    } listing;
    std::size_t counted_open = 0;   ///< Of a seed: what it added to `open_as_seeds` of the node it is.
    std::size_t open_as_seeds = 0;  ///< Connections made under its other names.

    /// Its last dial failed. The next one is made in the background: nobody who has work to do pays for it.
    [[nodiscard]] bool is_failing() const noexcept { return retry_at != TimePoint{}; }
    /// Statements of this client that run there, be it for nobody.
    [[nodiscard]] std::uint32_t in_flight() const noexcept { return leased + left_behind + draining; }
    [[nodiscard]] std::size_t open() const noexcept { return idle.size() + leased + connecting + left_behind; }
    [[nodiscard]] std::size_t open_under_all_names() const noexcept { return open() + open_as_seeds; }
};

}  // namespace picoxx
