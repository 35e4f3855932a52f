#pragma once

#include <picoxx/port/command.hpp>
#include <picoxx/port/discovery_source.hpp>
#include <picoxx/port/response_sink.hpp>
#include <picoxx/port/topology.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace picoxx {

/// Where a statement is best executed. The caller keeps the object and its capacity from call to call.
struct RouteHint {
    std::string tier;
    std::string replicaset;  ///< Node::replicaset of the owner.
    std::uint32_t bucket = 0;
};

/// Knows, from a statement and its bound parameters, which replicaset owns the rows. Optional: without one every
/// statement is balanced. Implemented by adapters; called by the client before a node is chosen. Today the client calls
/// `on_notice`, `on_invalidated` and `on_topology` only, and balances every statement. Thread safety: all functions are
/// called concurrently; `route` must not lock for long, wait or do I/O. Every implementation passes the contract suite
/// (picoxx/testing/statement_router_contract.hpp).
class StatementRouter {
public:
    /// What plugins call this port, and the version of it: raised by any change to its functions or to what they pass.
    static constexpr const char* interface_id = "picoxx.statement_router";
    static constexpr std::uint32_t interface_version = 2;

    enum class Route : std::uint8_t { anywhere, owner };

    StatementRouter() = default;
    StatementRouter(const StatementRouter&) = delete;
    StatementRouter& operator=(const StatementRouter&) = delete;
    virtual ~StatementRouter() = default;

    /// Fills `hint` and answers `owner` where the owner is known.
    virtual Route route(CStringView sql, std::span<const Parameter> parameters, RouteHint& hint) noexcept = 0;
    /// A notice came on a session; metadata is recognised by its content.
    virtual void on_notice(const Notice& notice) noexcept = 0;
    /// The server said that its plan of this statement is stale.
    virtual void on_invalidated(CStringView sql) noexcept = 0;
    /// The nodes changed.
    virtual void on_topology(const Topology& topology) noexcept = 0;
    /// Time to ask the server what is open (bucket maps, unknown statements). Ends with exactly one `publish` (of an
    /// empty topology) or `fail`, which costs a hop and is never an error for the user. For contexts and their
    /// questions see DiscoverySource.
    virtual void refresh(DiscoveryContext& context) noexcept = 0;
};

}  // namespace picoxx
