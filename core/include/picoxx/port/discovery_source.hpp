#pragma once

#include <picoxx/port/c_string_view.hpp>
#include <picoxx/port/command.hpp>
#include <picoxx/port/endpoint.hpp>
#include <picoxx/port/error.hpp>
#include <picoxx/port/response_sink.hpp>
#include <picoxx/port/topology.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace picoxx {

/// Lets a source put questions to one node, for one refresh of one client. Implemented by the core. Lifetime: until
/// `publish` or `fail` was called, and that of an open question. Called on the thread that drives the session.
class DiscoveryContext {
public:
    /// The node that is being asked, as it was reached.
    [[nodiscard]] virtual const Endpoint& endpoint() const noexcept = 0;
    /// Who is logged in there. What one user may not read, another may.
    [[nodiscard]] virtual std::string_view user() const noexcept = 0;
    /// Asks the server; the answer comes to `sink` later, in binary form and whole. One question at a time; the next
    /// may be asked from within the sink's last call. The sink hears one end whatever happens: a question that cannot
    /// be sent ends with `on_error` before `query` returns, one that the client gives up, or whose connection goes,
    /// with `on_error` while the context still lives.
    virtual void query(CStringView sql, std::span<const Parameter> parameters, ResponseSink& sink) noexcept = 0;
    /// Ends the refresh with a new picture of the cluster.
    virtual void publish(Topology topology) noexcept = 0;
    /// Ends the refresh without one; the client keeps what it knew.
    virtual void fail(Error error) noexcept = 0;

protected:
    ~DiscoveryContext() = default;
};

/// Learns which nodes a cluster has. Implemented by adapters (picodata); called by the client when it connects, from
/// time to time, and when a node was lost. One source serves any number of clients, of different clusters and users. So
/// the state of a refresh lives in an object of its own, such as the sink of its questions, which goes with the end of
/// the refresh. What a source remembers, it remembers by node and user. Thread safety: refreshes of different contexts
/// run at the same time, from any threads. Every implementation passes the contract suite
/// (picoxx/testing/discovery_source_contract.hpp).
class DiscoverySource {
public:
    /// What plugins call this port, and the version of it: raised by any change to its functions or to what they pass.
    static constexpr const char* interface_id = "picoxx.discovery_source";
    static constexpr std::uint32_t interface_version = 2;

    DiscoverySource() = default;
    DiscoverySource(const DiscoverySource&) = delete;
    DiscoverySource& operator=(const DiscoverySource&) = delete;
    virtual ~DiscoverySource() = default;

    /// Starts a refresh over `context`; it ends, now or from a later answer, with exactly one `publish` or `fail`, with
    /// no question open. That holds for errors too: a sink that hears one asks another question or ends the refresh.
    /// Does not wait.
    virtual void refresh(DiscoveryContext& context) noexcept = 0;
};

}  // namespace picoxx
