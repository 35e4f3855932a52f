#pragma once

#include <picoxx/port/command.hpp>
#include <picoxx/port/discovery_source.hpp>
#include <picoxx/port/response_sink.hpp>
#include <picoxx/port/topology.hpp>

#include <cstdint>
#include <span>

namespace picoxx {

/// Where a statement is best executed.
struct RouteHint {
    ReplicasetKey owner = ReplicasetKey::none;
    std::uint32_t bucket = 0;  ///< One of those that the rows are in, of the owner's tier; 0 where none is told.
    bool asks = false;         ///< There is something new to be asked: `refresh` is wanted soon.
};

/// Knows, from a statement and its bound parameters, which replicaset owns the rows. Optional: without one every
/// statement is balanced. Implemented by adapters. What one learns holds for one cluster, so each client has one of its
/// own. Thread safety: all functions are called concurrently. Every implementation passes the contract suite
/// (picoxx/testing/statement_router_contract.hpp).
class StatementRouter {
public:
    /// What plugins call this port, and the version of it: raised by any change to its functions or to what they pass.
    static constexpr const char* interface_id = "picoxx.statement_router";
    static constexpr std::uint32_t interface_version = 3;

    enum class Route : std::uint8_t { anywhere, owner };

    StatementRouter() = default;
    StatementRouter(const StatementRouter&) = delete;
    StatementRouter& operator=(const StatementRouter&) = delete;
    virtual ~StatementRouter() = default;

    /// Fills `hint` and answers `owner` where the owner is known. Called for each statement, before a node is chosen
    /// and outside of the client's lock: must not wait, do I/O, lock for long, or allocate for a statement it has seen.
    /// @pre `hint` is as it was made
    virtual Route route(CStringView sql, std::span<const Parameter> parameters, RouteHint& hint) noexcept = 0;
    /// A notice came on a session; metadata is recognised by its content.
    virtual void on_notice(const Notice& notice) noexcept = 0;
    /// The server said that its plan of this statement is stale; or this one changed tables, and what was learned of
    /// others may be wrong.
    virtual void on_invalidated(CStringView sql) noexcept = 0;
    /// The nodes changed.
    virtual void on_topology(const Topology& topology) noexcept = 0;
    /// Time to ask the server what is open (bucket maps, unknown statements): soon after `route` said that it asks,
    /// when the nodes have changed, and from time to time. Ends with exactly one `publish` (of an empty topology) or
    /// `fail`, which costs a hop and is never an error for the user. For contexts and their questions see
    /// DiscoverySource.
    virtual void refresh(DiscoveryContext& context) noexcept = 0;
};

}  // namespace picoxx
