#pragma once

#include "pool/balancer.hpp"
#include "pool/known_node.hpp"
#include "pool/pool_node.hpp"
#include "session/connection.hpp"
#include "task/task.hpp"

#include <picoxx/node_status.hpp>

#include <picoxx/port/balance_strategy.hpp>
#include <picoxx/port/topology.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace picoxx {

/// What a call gets that asks for a connection.
struct Acquisition {
    enum class Kind : std::uint8_t {
        use,   ///< `connection` is the caller's.
        dial,  ///< A place at `node` is kept for the caller, who connects and then reports how it went.
        wait,  ///< In the queue; the waker is called when `AcquireRequest::grant` is filled.
        fail,  ///< `error` says why.
    };
    Kind kind = Kind::wait;
    std::unique_ptr<Connection> connection;
    PoolNode* node = nullptr;
    std::unique_ptr<Error> error;
};

/// One node that failed a call.
struct FailedNode {
    std::uint64_t serial;
    Error error;
};

/// What a call asks for, and its place in the queue. Kept by the call until it was served or withdrawn.
struct AcquireRequest {
    std::vector<FailedNode> failed;  ///< Nodes not to be chosen again, and why.
    /// Prefer idle connections that a shell keeps registered (asynchronous calls), or those that none does (synchronous ones).
    enum class Prefer : std::uint8_t { detached, attached } prefer = Prefer::detached;
    Waker* waker = nullptr;
    Acquisition grant;
    bool queued = false;
};

struct EngineLimits {
    std::size_t max_size = 10;
    std::size_t max_per_node = 10;
    std::size_t max_waiters = 10'000;
    std::size_t max_draining = 10;
};

/// Decides about connections: who gets which, what may be opened, who waits, which nodes there are. Events in, decisions out; no I/O,
/// no clock, no lock of its own: the client calls it under one lock and carries out what it says outside of it.
class Engine {
public:
    /// @pre !seeds.empty()
    Engine(EngineLimits limits, Balancer balancer, const std::vector<Endpoint>& seeds, std::uint64_t random_seed);

    // -- calls
    [[nodiscard]] Acquisition acquire(AcquireRequest& request, TimePoint now);
    /// A place for one more connection, at the node that has the fewest of those that may get one; kind `wait` where none may: the
    /// pool is as full as it may get. The request only says which nodes to leave out.
    [[nodiscard]] Acquisition acquire_new(const AcquireRequest& request, TimePoint now);
    /// When the next back-off of a node ends; `reconsider` then serves who waits for that.
    [[nodiscard]] TimePoint next_return(TimePoint now) const noexcept;
    void reconsider(TimePoint now) { serve_waiters(now); }
    /// Takes the request out of the queue. What had been granted in the meantime is the caller's: look at `request.grant`.
    void withdraw(AcquireRequest& request) noexcept;
    /// The dial of an acquisition succeeded: the caller holds a connection made for `node`.
    void dial_succeeded(PoolNode& node, TimePoint now);
    /// A dial that its caller had left succeeded: the connection is anybody's.
    void dial_delivered(std::unique_ptr<Connection> connection, TimePoint now);
    void dial_failed(PoolNode& node, const Error& error, TimePoint now);
    /// The dial was given up without saying anything about the node.
    void dial_cancelled(PoolNode& node, TimePoint now);
    /// The dial goes on without its caller; it ends by one of the three above.
    static void dial_left(PoolNode& node) noexcept { ++node.unattended; }
    static void dial_attended(PoolNode& node) noexcept { --node.unattended; }
    /// Has `waker` called once when a dial has ended. @return false where none is under way
    [[nodiscard]] bool await_dial(Waker& waker);
    /// It need not be called any more.
    void withdraw(Waker& waker) noexcept { std::erase(waiting_for_dials_, &waker); }

    /// A statement ended on a connection of this node.
    static void count_statement(PoolNode& node, Duration took) noexcept;
    /// Gives a connection back that is at rest.
    void release(std::unique_ptr<Connection> connection, TimePoint now);
    /// A connection ended; `error` is why, Errc::ok where that says nothing about the node.
    void discard(std::unique_ptr<Connection> connection, const Error& error, TimePoint now);
    /// A connection ended, and its caller connects to the same node anew: the place is kept for the dial, as after `dial`. Null where
    /// the node is not to be used any more; the connection is then discarded.
    [[nodiscard]] PoolNode* reopen(std::unique_ptr<Connection> connection, const Error& error, TimePoint now);
    /// The caller leaves a connection behind that is not at rest. It no longer counts against the limits. Gives it back where it may
    /// drain; null where too many do already: it is then closed.
    [[nodiscard]] std::unique_ptr<Connection> abandon(std::unique_ptr<Connection> connection, TimePoint now);
    /// A drained connection is at rest again: it is kept if there is room.
    void readmit(std::unique_ptr<Connection> connection, TimePoint now);
    /// A draining connection came to nothing.
    void drain_failed(std::unique_ptr<Connection> connection) noexcept;

    // -- background
    /// Idle connections unused since `before`, to be looked at; each comes back by `release` or `discard`.
    [[nodiscard]] std::vector<std::unique_ptr<Connection>> take_idle(TimePoint before);
    /// A new picture of the cluster, given by the node that was reached as `asked`.
    void apply(const Topology& topology, const Endpoint& asked, TimePoint now);
    /// Where to ask about the topology next, best first: nodes that answer, then seeds, then the rest. Not where the login was refused.
    [[nodiscard]] std::vector<Endpoint> discovery_order(TimePoint now);
    /// Whether discovery may connect to this endpoint now: `waker` is called when that may have changed after a `wait`.
    enum class DialPermission : std::uint8_t { granted, wait, refused };
    [[nodiscard]] DialPermission begin_discovery_dial(const Endpoint& endpoint, Waker& waker, TimePoint now);
    /// How it went: Errc::ok or the error. After a refused login nobody asks the node again for a while.
    /// @pre begin_discovery_dial granted it
    void end_discovery_dial(const Error& error, TimePoint now);
    /// Why a login is not tried at this endpoint. @pre begin_discovery_dial refused it
    [[nodiscard]] Error refused_login(const Endpoint& endpoint) const;
    /// Why there is nobody to ask.
    [[nodiscard]] Error nobody_to_ask(TimePoint now) const { return no_node_error(AcquireRequest{}, now); }
    /// Something happened that makes the topology doubtful. Asking resets it.
    [[nodiscard]] bool take_refresh_wanted() noexcept { return std::exchange(refresh_wanted_, false); }
    [[nodiscard]] bool refresh_wanted() const noexcept { return refresh_wanted_; }
    /// Has `waker` called whenever that becomes so; null: nobody's.
    void on_refresh_wanted(Waker* waker) noexcept { refresh_waker_ = waker; }
    /// Discovery has given a picture of the cluster.
    [[nodiscard]] bool knows_topology() const noexcept { return has_topology_; }
    /// The nodes of that picture.
    [[nodiscard]] std::vector<KnownNode> known_nodes() const;
    /// For decisions outside of the engine that are to be drawn from the one seed.
    [[nodiscard]] std::uint64_t random() noexcept { return next_random(); }

    // -- end
    /// No new work; every waiter hears `closed`, idle connections go.
    void close() noexcept;
    [[nodiscard]] bool closed() const noexcept { return closed_; }
    /// Connections in use or being made.
    [[nodiscard]] std::size_t busy() const noexcept { return open_ - idle_; }
    /// Connections made, in use or idle.
    [[nodiscard]] std::size_t made() const noexcept;
    /// Nodes that may be used.
    [[nodiscard]] std::size_t usable_nodes() const noexcept;
    /// Connections to be destroyed, outside of the lock.
    [[nodiscard]] bool has_garbage() const noexcept { return !garbage_.empty(); }
    [[nodiscard]] std::vector<std::unique_ptr<Connection>> take_garbage() noexcept {
        return std::exchange(garbage_, {});
    }

    // -- observation
    [[nodiscard]] std::vector<NodeStatus> nodes() const;
    [[nodiscard]] std::size_t open() const noexcept { return open_; }
    [[nodiscard]] std::size_t idle() const noexcept { return idle_; }
    [[nodiscard]] std::size_t waiting() const noexcept { return waiters_.size(); }
    [[nodiscard]] std::size_t draining() const noexcept { return draining_; }
    [[nodiscard]] Balancer& balancer() noexcept { return balancer_; }
    [[nodiscard]] const Balancer& balancer() const noexcept { return balancer_; }
    [[nodiscard]] Error exhausted(std::string_view what) const;

private:
    // Which nodes come into question, from the first choice to the last resort.
    enum class Level : std::uint8_t { healthy, seeds, backing_off };

    PoolNode& add_node(PoolNode::Origin origin, Node info);
    [[nodiscard]] PoolNode* find_node(std::string_view id) noexcept;
    void choose(AcquireRequest& request, TimePoint now, Acquisition& acquisition);
    [[nodiscard]] bool eligible(const PoolNode& node, Level level, const AcquireRequest& request,
                                TimePoint now) const noexcept;
    [[nodiscard]] bool is_spare_seed(const PoolNode& node) const noexcept;
    [[nodiscard]] std::size_t open_at(const PoolNode& node) const noexcept;
    [[nodiscard]] bool has_room(const PoolNode& node) const noexcept;
    [[nodiscard]] bool may_dial(const PoolNode& node) const noexcept;
    [[nodiscard]] PoolNode* donor_for(const PoolNode& node) const noexcept;
    [[nodiscard]] std::size_t pick(const AcquireRequest& request, TimePoint now) noexcept;
    [[nodiscard]] std::unique_ptr<Connection> pop_idle(PoolNode& node, AcquireRequest::Prefer prefer) noexcept;
    [[nodiscard]] Error no_node_error(const AcquireRequest& request, TimePoint now) const;
    void failed(PoolNode& node, const Error& error, TimePoint now);
    void want_refresh() noexcept;
    void login_accepted(PoolNode& node) noexcept;
    void dial_ended(TimePoint now);
    void share_failure(const PoolNode& node, const Error& error);
    void keep(std::unique_ptr<Connection> connection);
    void dispose(std::unique_ptr<Connection> connection) noexcept;
    void drop_idle(PoolNode& node) noexcept;
    void drop_oldest_idle(PoolNode& node) noexcept;
    void merge_seed(PoolNode& seed, PoolNode& node);
    void forget_unused_nodes();
    void serve_waiters(TimePoint now);
    [[nodiscard]] std::uint64_t next_random() noexcept;

    EngineLimits limits_;
    Balancer balancer_;
    std::vector<std::unique_ptr<PoolNode>> nodes_;  // seeds first, then by id
    std::uint64_t serials_ = 0;
    bool has_topology_ = false;
    bool login_accepted_ = false;  // by any node, and by none refused since
    std::optional<Endpoint> discovery_dials_;
    std::vector<Waker*> waiting_for_dials_;

    std::deque<AcquireRequest*> waiters_;
    std::size_t waiters_for_any_node_ = 0;  // those that leave no node out
    std::size_t open_ = 0;
    std::size_t idle_ = 0;
    std::size_t draining_ = 0;
    bool closed_ = false;
    bool refresh_wanted_ = false;
    Waker* refresh_waker_ = nullptr;

    std::vector<Candidate> candidates_;  // reused from pick to pick
    std::vector<PoolNode*> candidate_nodes_;
    std::uint64_t random_state_;
    std::vector<std::unique_ptr<Connection>> garbage_;
};

}  // namespace picoxx
