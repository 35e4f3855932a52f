#pragma once

#include "pool/acquisition.hpp"
#include "pool/balancer.hpp"
#include "pool/candidate_list.hpp"
#include "pool/closing_reasons.hpp"
#include "pool/connection_chain.hpp"
#include "pool/known_node.hpp"
#include "pool/owners.hpp"
#include "pool/pool_event.hpp"
#include "pool/pool_node.hpp"
#include "pool/random_numbers.hpp"
#include "pool/standing.hpp"
#include "pool/waiting_list.hpp"

#include <picoxx/node_status.hpp>

#include <picoxx/port/topology.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace picoxx {

struct EngineLimits {
    std::size_t max_size = 10;
    std::size_t max_per_node = 10;
    std::size_t max_waiters = 10'000;
    std::size_t max_draining = 10;
    std::size_t min_idle = 0;
    Duration max_lifetime = Duration::max();  ///< The greatest: none.
    Duration idle_time = Duration::max();     ///< The same.
    Duration owner_wait{0};                   ///< For a connection to the owner, while another node could serve.
};

/// Decides about connections: who gets which, what may be opened, who waits, which nodes there are. Events in,
/// decisions out; no I/O, no clock, no lock of its own: the client calls it under one lock and carries out what it says
/// outside of it.
///
/// Cost: what a statement or a waiter needs while all is well - `acquire`, `release`, `withdraw`, `reconsider`,
/// `next_return`, `count_statement` - is O(1) in nodes, waiters and calls, but for a search among the nodes by rank and
/// what CandidateList moves. A pool that becomes full or is full no longer, a back-off that ends, and a change of
/// logins cost one walk over the nodes; so do failures and what is background.
class Engine {
public:
    /// @pre !seeds.empty()
    Engine(EngineLimits limits, Balancer balancer, const std::vector<Endpoint>& seeds, std::uint64_t random_seed);

    // -- calls
    [[nodiscard]] Acquisition acquire(AcquireRequest& request, TimePoint now);
    /// The call dials as it was told, and takes a connection that comes first: `request.grant` is filled as after
    /// `wait`. Not where it dials although others have idle ones: then it is the strategy's wish. @return whether it is
    /// in the queue
    [[nodiscard]] bool wait_beside_dial(AcquireRequest& request);
    /// There is somebody else whom a call could ask that dials `node`.
    [[nodiscard]] bool has_other_than(const PoolNode& node, TimePoint now);
    /// Whether a connection that nobody needs yet waits for the node that the strategy wants while others log in there.
    enum class Ahead : std::uint8_t { as_wished, anywhere };
    /// A place for one more connection, at a node that the strategy chooses; `wait` where that may not get one now.
    /// `fail` where each node has failed since `begun` or is refused for good.
    [[nodiscard]] Acquisition acquire_ahead(Ahead ahead, TimePoint begun, TimePoint now);
    /// One more in the background, if it may be made now.
    bool open_ahead(Ahead ahead, TimePoint now);
    /// Whether it has waited long enough for a connection to the owner. It is then out of the queue, and asks anew.
    [[nodiscard]] bool gives_wish_up(AcquireRequest& request, TimePoint now) noexcept;
    /// When the next back-off of a node ends; whoever asks then has the node dialled in the background. All who wait
    /// may call both: the first one has the work.
    [[nodiscard]] TimePoint next_return(TimePoint now);
    void reconsider(TimePoint now);
    /// Takes the request out of the queue. What had been granted in the meantime is the caller's: look at
    /// `request.grant`.
    void withdraw(AcquireRequest& request) noexcept;
    /// The dial of an acquisition succeeded: the caller holds a connection made for `node`.
    void dial_succeeded(PoolNode& node, TimePoint now);
    /// A dial that its caller had left succeeded: the connection is anybody's.
    void dial_delivered(std::unique_ptr<Connection> connection, TimePoint now);
    void dial_failed(PoolNode& node, const Error& error, TimePoint now);
    /// The dial was given up without saying anything about the node.
    void dial_cancelled(PoolNode& node, TimePoint now);
    /// The same, since others log in at its address, under another name. It is tried again in the background, soon.
    void dial_held_back(PoolNode& node, TimePoint now);
    /// The dial goes on without its caller; it ends by one of the three above.
    void dial_left(PoolNode& node);
    void dial_attended(PoolNode& node);
    /// Has `waker` called once when a dial has ended. @return false where none is under way
    [[nodiscard]] bool await_dial(Waker& waker);
    /// It need not be called any more.
    void withdraw(Waker& waker) noexcept { std::erase(waiting_for_dials_, &waker); }

    /// A statement ended on a connection of this node. Strategies see it when that is given back, by `release` or
    /// `discard`.
    void count_statement(PoolNode& node, Duration took);
    /// A statement that began then got no answer in its time. @return the idle connections of that node that were
    /// unused since: they may lead nowhere, and are left behind, to be asked
    [[nodiscard]] std::vector<std::unique_ptr<Connection>> statement_timed_out(PoolNode& node, const Error& error,
                                                                               TimePoint began, TimePoint now);
    /// The same connections, where another reason makes them doubtful.
    [[nodiscard]] std::vector<std::unique_ptr<Connection>> take_doubtful(PoolNode& node, TimePoint before);
    /// Gives a connection back that is at rest.
    void release(std::unique_ptr<Connection> connection, TimePoint now);
    /// A connection ended; `error` is why, Errc::ok where that says nothing about the node.
    void discard(std::unique_ptr<Connection> connection, const Error& error, TimePoint now);
    /// A connection ended, and its caller connects to the same node anew: the place is kept for the dial, as after
    /// `dial`. Null where the node is not to be used any more; the connection is then discarded.
    [[nodiscard]] PoolNode* reopen(std::unique_ptr<Connection> connection, const Error& error, TimePoint now);
    /// The caller leaves a connection behind that is not at rest. It keeps its place: it may come to rest soon, and
    /// another one would cost a login. Gives it back where it may drain; null where the client is closed.
    [[nodiscard]] std::unique_ptr<Connection> abandon(std::unique_ptr<Connection> connection, TimePoint now);
    /// It takes its time, so that its place goes to others. @return false where too many drain so already: it is to be
    /// given up
    [[nodiscard]] bool give_place_up(Connection& connection, TimePoint now);
    /// A connection left behind is at rest again. Without a place it is kept if there is room.
    void readmit(std::unique_ptr<Connection> connection, bool has_place, TimePoint now);
    /// It came to nothing.
    void drain_failed(std::unique_ptr<Connection> connection, bool has_place) noexcept;
    /// Connections made under a seed's name, which may be a balancer's, at rest: who answers there is to be found out,
    /// by few of them at a time. Each comes back by `identified` or `identification_failed`; it has its place.
    [[nodiscard]] ConnectionChain take_unidentified() noexcept;
    /// It leads to the node with this id; empty: nobody knows, so to the one that answered discovery there.
    void identified(std::unique_ptr<Connection> connection, std::string_view id, TimePoint now);
    /// It did not answer in time, or not at all.
    void identification_failed(std::unique_ptr<Connection> connection) noexcept;

    // -- background
    /// Idle connections unused since `before`, to be looked at; each comes back by `release` or `discard`.
    [[nodiscard]] std::vector<std::unique_ptr<Connection>> take_idle(TimePoint before);
    /// Closes the idle connections whose life time is over, and those beyond `min_idle` that were idle for too long.
    /// Where fewer than that are left more are made in the background, with `dials_left` at most; it becomes what is
    /// left of it. @return whether some are to be made when a dial has ended
    [[nodiscard]] bool keep_to_times(std::size_t& dials_left, TimePoint now);
    /// Every connection of today is closed: now, or when it comes to rest.
    void renew(TimePoint now);
    /// Counts the renewals; discovery's own connection is renewed, too.
    [[nodiscard]] std::uint32_t generation() const noexcept { return generation_; }
    /// When a connection made now is to go: the life time, and up to a quarter of it less, so that those that were made
    /// together do not go together.
    [[nodiscard]] TimePoint end_of_life(TimePoint now) noexcept;
    /// A new picture of the cluster, given by the node that was reached as `asked`.
    void apply(const Topology& topology, const Endpoint& asked, TimePoint now);
    /// Where to ask about the topology next, best first: nodes that answer, then seeds, then the rest. Not where the
    /// login was refused.
    [[nodiscard]] std::vector<Endpoint> discovery_order(TimePoint now);
    /// Whether discovery may connect to this endpoint now: `waker` is called when that may have changed after a `wait`.
    enum class DialPermission : std::uint8_t { granted, wait, refused };
    [[nodiscard]] DialPermission begin_discovery_dial(const Endpoint& endpoint, Waker& waker, TimePoint now);
    /// How it went: Errc::ok, the error, or `cancelled` where that is not known.
    /// @pre begin_discovery_dial granted it
    void end_discovery_dial(const Endpoint& endpoint, const Error& error, TimePoint now);
    /// Some node has refused the login last, and is not tried now because of that. O(nodes).
    [[nodiscard]] bool has_refused_logins(TimePoint now) const noexcept;
    /// The password is another one now: it may be tried at once.
    void forget_refused_logins();
    /// Why a login is not tried at this endpoint. @pre begin_discovery_dial refused it
    [[nodiscard]] Error refused_login(const Endpoint& endpoint) const;
    /// Why there is nobody to ask.
    [[nodiscard]] Error nobody_to_ask(TimePoint now);
    /// Something happened that makes the topology doubtful. Asking resets it.
    [[nodiscard]] bool take_refresh_wanted() noexcept { return std::exchange(refresh_wanted_, false); }
    [[nodiscard]] bool refresh_wanted() const noexcept { return refresh_wanted_; }
    void want_refresh() noexcept;
    /// Has `waker` called whenever that becomes so; null: nobody's.
    void on_refresh_wanted(Waker* waker) noexcept { refresh_waker_ = waker; }
    /// Discovery has given a picture of the cluster.
    [[nodiscard]] bool knows_topology() const noexcept { return state_.has_topology; }
    /// The nodes of that picture.
    [[nodiscard]] std::vector<KnownNode> known_nodes() const;
    /// For decisions outside of the engine that are to be drawn from the one seed.
    [[nodiscard]] std::uint64_t random() noexcept { return next_random(); }

    // -- end
    /// No new work; every waiter hears `closed`, idle connections go.
    void close() noexcept;
    [[nodiscard]] bool closed() const noexcept { return closed_; }
    /// Connections in use or being made.
    [[nodiscard]] std::size_t busy() const noexcept { return open_ - idle_ - left_behind_; }
    /// Connections made, in use or idle.
    [[nodiscard]] std::size_t made() const noexcept { return open_ - connecting_; }
    /// The latest time it was told.
    [[nodiscard]] TimePoint now() const noexcept { return state_.now; }
    /// Connections made or being made, but for dials that take their time.
    [[nodiscard]] std::size_t promised() const noexcept { return open_ - slow_dials(); }
    /// Nodes that may be used.
    [[nodiscard]] std::size_t usable_nodes() const noexcept;
    /// Connections to be destroyed, outside of the lock.
    [[nodiscard]] ConnectionChain take_garbage() noexcept { return std::move(garbage_); }
    /// Where to dial in the background; the places are kept, as after `dial`.
    [[nodiscard]] std::vector<PoolNode*> take_dials() noexcept { return std::exchange(dials_, {}); }
    /// What an operator may want to read of, also outside of the lock.
    [[nodiscard]] PoolEvents& events() noexcept { return events_; }
    /// There may be something of the four, or the client is closed.
    [[nodiscard]] bool needs_attention() const noexcept { return needs_attention_; }
    /// There is something of the four: what is to be destroyed, dialled, told or identified.
    [[nodiscard]] bool has_leftovers() noexcept {
        const bool any = !garbage_.empty() || !events_.empty() || !dials_.empty() || may_identify();
        needs_attention_ = any || closed_;
        return any;
    }

    // -- observation
    [[nodiscard]] const RoutingCounts& routing() const noexcept { return routing_; }
    /// A statement was answered by `node` that wished for this owner.
    void count_routed(ReplicasetKey owner, const PoolNode& node) noexcept {
        ++(node.owns == owner ? routing_.at_owner : routing_.elsewhere);
    }
    [[nodiscard]] std::vector<NodeStatus> nodes() const;
    [[nodiscard]] std::size_t open() const noexcept { return open_; }
    [[nodiscard]] std::size_t idle() const noexcept { return idle_; }
    [[nodiscard]] std::size_t waiting() const noexcept { return queues_.waiting.size(); }
    /// Left behind, with a place, ...
    [[nodiscard]] std::size_t left_behind() const noexcept { return left_behind_; }
    /// ... and without.
    [[nodiscard]] std::size_t draining() const noexcept { return draining_; }
    /// Connections that discovery is making.
    [[nodiscard]] std::size_t discovery_dials() const noexcept { return state_.discovery_dials.size(); }
    [[nodiscard]] Balancer& balancer() noexcept { return balancer_; }
    [[nodiscard]] const Balancer& balancer() const noexcept { return balancer_; }
    /// Why nobody who waited was served: the errors of the nodes where there is no connection at all, else `exhausted`.
    [[nodiscard]] Error nobody_came() const;
    /// Adds the nodes whose last dial failed, and why.
    void name_failed_nodes(Error& error) const;
    /// `pool_exhausted`, with the numbers and the last error of the nodes.
    [[nodiscard]] Error exhausted(std::string_view what) const;

private:
    friend struct EngineAudit;  // a test, which compares what is kept with what follows from the nodes

    // -- choice: engine_choice.cpp
    [[nodiscard]] Acquisition choose(const AcquireRequest& request);
    [[nodiscard]] Acquisition choose_any(const AcquireRequest& request);
    [[nodiscard]] Acquisition choose_anew(const AcquireRequest& request);
    [[nodiscard]] Acquisition choose_idle(const AcquireRequest& request);
    [[nodiscard]] bool list_dialable(Ahead ahead);
    [[nodiscard]] bool has_hope() const noexcept;
    [[nodiscard]] Acquisition take(CandidateList& from, const AcquireRequest& request);
    // In line, since each statement needs it.
    [[nodiscard]] PoolNode& choose_from(CandidateList& from, std::uint32_t attempt) {
        const PickContext context{next_random(), state_.now, attempt};
        return from.node(balancer_.pick(from.candidates(), context));
    }
    // @pre it has an idle connection, or may get one more
    [[nodiscard]] Acquisition take_at(PoolNode& node, Face face) {
        Acquisition acquisition;
        acquisition.node = &node;
        if (!node.idle.empty()) {
            acquisition.kind = Acquisition::Kind::use;
            acquisition.connection = node.idle.take(face);
            acquisition.connection->used_by(face);
            ++node.leased;
            --idle_;
            changed(node);
        } else {
            acquisition.kind = Acquisition::Kind::dial;
            if (!has_room(node, state_)) drop_oldest_idle(donor_for(node, Giving::those_not_wanted));
            begin_dial(node);
        }
        return acquisition;
    }
    void list_anew(Level level);
    void rebuild_candidates();
    [[nodiscard]] bool is_time_for_a_move() noexcept;
    [[nodiscard]] bool lies_unevenly() const noexcept;
    enum class Giving : std::uint8_t { those_not_wanted, all };
    [[nodiscard]] Donors donors(Giving giving) const noexcept;
    [[nodiscard]] PoolNode& donor_for(const PoolNode& node, Giving giving) const noexcept;
    [[nodiscard]] bool serve(AcquireRequest& request, Acquisition&& acquisition) noexcept;
    void serve_waiters();
    void serve_with_returned(PoolNode* node, std::size_t idle_before);
    [[nodiscard]] std::uint64_t next_random() noexcept { return random_.next(); }

    // -- by owners: engine_owners.cpp
    [[nodiscard]] Acquisition choose_owner(const AcquireRequest& request);
    [[nodiscard]] bool waits_for_owner(const AcquireRequest& request) const noexcept;
    [[nodiscard]] bool serve_wish(const PoolNode& node);
    void serve_wishes();
    void drop_wishes();
    [[nodiscard]] AcquireRequest& waiter_for(const PoolNode* node) const noexcept;
    [[nodiscard]] bool is_wanted(const PoolNode& node) const noexcept { return node.wanted_until > state_.now; }
    void want_place_at(PoolNode& node);
    [[nodiscard]] bool needs_the_place(PoolNode& owner) const noexcept;
    [[nodiscard]] bool may_give_to(const PoolNode& donor, const PoolNode& owner) const noexcept;
    [[nodiscard]] bool gives_place_up(PoolNode& node);
    [[nodiscard]] bool move_place(PoolNode& donor, PoolNode& owner) noexcept;

    // -- events: engine.cpp
    void pass(TimePoint now) noexcept;
    void changed(PoolNode& node);
    void set_open(std::size_t open) noexcept;
    PoolNode* keep(std::unique_ptr<Connection> connection);
    [[nodiscard]] bool moves_to(PoolNode& node, Connection& connection) noexcept;
    void drop_at_rest(std::unique_ptr<Connection> connection, std::string_view why) noexcept;
    void drop_left_behind(std::unique_ptr<Connection> connection, std::string_view why) noexcept;
    [[nodiscard]] bool is_last_resort(const PoolNode& seed) const noexcept;
    void drop_idle(PoolNode& node, std::string_view why);
    void drop_oldest_idle(PoolNode& node);
    void drop_one(std::unique_ptr<Connection> connection, std::string_view why) noexcept;

    // -- dials: engine_dials.cpp
    void begin_dial(PoolNode& node);
    void end_dial(PoolNode& node) noexcept;
    void dial_ended();
    void wake_first() noexcept;
    void put_off(PoolNode& node) noexcept;
    [[nodiscard]] Duration longest_pause() noexcept;
    void hurry_up() noexcept;
    [[nodiscard]] std::size_t slow_dials() const noexcept;
    void dial_failed_there(PoolNode& node, const Error& error);
    void lost(PoolNode& node, const Error& error);
    void failed(PoolNode& node, const Error& error);
    void login_begins(PoolNode& node) noexcept;
    void login_refused(const Endpoint& endpoint, const Error& error);
    void login_accepted(PoolNode& node);
    void dial_those_due();
    [[nodiscard]] bool has_healthy_to_dial() const noexcept;
    void dial_in_background(PoolNode& node);

    // -- connections in time: engine_times.cpp
    [[nodiscard]] static bool is_of_the_past(const Connection& connection) noexcept {
        return connection.generation() != connection.node().generation;
    }
    [[nodiscard]] bool is_over(const Connection& connection) const noexcept {
        return connection.end_of_life() <= state_.now || is_of_the_past(connection);
    }
    void goes_soon(Connection& connection) noexcept;
    void drop_those_over(PoolNode& node);
    void drop_unused(TimePoint before);

    // -- what an operator hears: engine_events.cpp
    void tell(LogTopic topic, LogLevel level, std::string_view node, std::string_view text,
              std::string_view reason = {}, std::string_view servers_words = {}) noexcept;
    void connected(PoolNode& node);
    void dispose(std::unique_ptr<Connection> connection, std::string_view why) noexcept;
    void note_lost(const PoolNode& node, const Error& error) noexcept;
    void note_failed_dial(const PoolNode& node, const Error& error) noexcept;

    // -- nodes: engine_nodes.cpp
    [[nodiscard]] PoolNode& add_node(PoolNode::Origin origin, Node info);
    void take_over(const Topology& topology);
    void identify_seeds(const Topology& topology, const Endpoint& asked);
    void merge_seed(PoolNode& seed);
    [[nodiscard]] bool asks_who_it_is(std::unique_ptr<Connection>& connection) noexcept;
    [[nodiscard]] bool may_identify() const noexcept {
        constexpr std::size_t most_at_a_time = 16;
        return !unidentified_.empty() && being_identified_ < most_at_a_time;
    }
    void identification_ended() noexcept;
    void forget_if_unused(const PoolNode& node);

    // -- texts: engine_errors.cpp
    [[nodiscard]] Error no_node_error() const;
    [[nodiscard]] Acquisition no_node() const noexcept;

    EngineLimits limits_;
    Balancer balancer_;
    std::vector<std::unique_ptr<PoolNode>> nodes_;  // seeds first, then by id
    std::uint64_t serials_ = 0;
    PoolState state_;
    std::vector<Waker*> waiting_for_dials_;

    Queues queues_;
    std::vector<PoolNode*> dials_;
    ConnectionChain unidentified_;
    std::size_t being_identified_ = 0;
    std::size_t open_ = 0;  // connecting, in use, idle or left behind
    std::size_t connecting_ = 0;
    std::size_t idle_ = 0;
    std::size_t left_behind_ = 0;  // of those open
    std::size_t draining_ = 0;     // besides those
    bool closed_ = false;
    bool refresh_wanted_ = false;
    bool place_wanted_ = false;  // in the full pool, for a node to be tried again
    std::uint32_t generation_ = 0;
    TimePoint login_accepted_at_{};  // by any node, and by none refused since
    Waker* refresh_waker_ = nullptr;
    const PoolNode* failed_last_ = nullptr;  // since then none of its logins was accepted

    Owners owners_;
    std::vector<Candidate> owned_;         // what the strategy is offered of the owner's nodes
    std::vector<PoolNode*> owned_nodes_;   // of the same places
    PoolNode* place_wanted_at_ = nullptr;  // in the full pool, for an owner that has too few
    TimePoint next_place_{};               // is looked for
    RoutingCounts routing_;

    CandidateList kept_;                   // the healthy nodes, kept up to date
    bool stale_ = true;                    // ... but for a change of all at once
    CandidateList listed_;                 // what the less frequent choices list anew
    TimePoint next_change_ = no_deadline;  // when time alone changes what a node is
    bool time_has_changed_nodes_ = false;  // and nobody has looked whether a waiter gains by it
    std::size_t picks_since_move_ = 0;
    RandomNumbers random_;
    bool needs_attention_ = false;
    ConnectionChain garbage_;
    PoolEvents events_;
};

}  // namespace picoxx
