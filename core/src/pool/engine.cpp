// What happens to connections: asked for, used, given back, lost, left behind.
#include "pool/engine.hpp"

#include "pool/remember.hpp"

#include <algorithm>
#include <new>
#include <string_view>
#include <utility>

namespace picoxx {

Engine::Engine(EngineLimits limits, Balancer balancer, const std::vector<Endpoint>& seeds, std::uint64_t random_seed)
    : limits_{limits},
      balancer_{std::move(balancer)},
      kept_{limits.max_per_node},
      listed_{limits.max_per_node},
      random_{random_seed} {
    state_.max_per_node = limits.max_per_node;
    state_.full = limits.max_size == 0;
    for (const Endpoint& seed : seeds) {
        Node info;
        info.id = to_string(seed);
        info.endpoint = seed;
        const bool known = std::any_of(nodes_.begin(), nodes_.end(),
                                       [&](const auto& node) { return node->info.id == info.id; });
        if (!known) static_cast<void>(add_node(PoolNode::Origin::seed, std::move(info)));
    }
}

// --------------------------------------------------------------------------------------------------------------- calls

Acquisition Engine::acquire(AcquireRequest& request, TimePoint now) {
    if (closed_) return {.kind = Acquisition::Kind::closed};
    pass(now);
    Acquisition acquisition = queues_.waiting.empty() ? choose(request) : Acquisition{};
    if (acquisition.kind != Acquisition::Kind::wait) return acquisition;

    if (queues_.waiting.size() + queues_.wishing.size() >= limits_.max_waiters) {
        acquisition.kind = Acquisition::Kind::fail;
        acquisition.error = std::make_unique<Error>(exhausted("no further call may wait"));
        return acquisition;
    }
    request.grant = {};
    request.dials = false;
    request.wishes = waits_for_owner(request);
    request.passed_over = 0;
    request.patient_until = later(state_.now, limits_.owner_wait);
    queues_.add(request);
    return acquisition;
}

void Engine::withdraw(AcquireRequest& request) noexcept {
    if (!request.queued) return;
    const bool kept_time = &request == queues_.waiting.first();
    queues_.remove(request);
    if (kept_time) wake_first();
}

void Engine::count_statement(PoolNode& node, Duration took) {
    ++node.statements;
    if (node.timeouts_in_a_row > 0) [[unlikely]] {
        node.timeouts_in_a_row = 0;
        if (!node.is_failing()) node.last_error = {};
    }
    constexpr int eighth = 3;  // as a shift
    node.latency += Duration{(took - node.latency).count() >> (node.latency.count() == 0 ? 0 : eighth)};
}

std::vector<std::unique_ptr<Connection>> Engine::statement_timed_out(PoolNode& node, const Error& error,
                                                                     TimePoint began, TimePoint now) {
    pass(now);
    ++node.failures;
    if (!node.is_failing()) remember(node.last_error, error);  // why it takes no connection weighs more
    node.latency += (now - began - node.latency) / 8;
    ++node.timeouts_in_a_row;
    changed(node);
    return take_doubtful(node, began);
}

std::vector<std::unique_ptr<Connection>> Engine::take_doubtful(PoolNode& node, TimePoint before) {
    std::vector<std::unique_ptr<Connection>> taken;
    node.idle.take_unused_since(before, taken);
    const auto count = static_cast<std::uint32_t>(taken.size());
    node.left_behind += count;
    left_behind_ += count;
    idle_ -= count;
    changed(node);
    return taken;
}

void Engine::release(std::unique_ptr<Connection> connection, TimePoint now) {
    pass(now);
    const std::size_t idle_before = idle_;
    --connection->node().leased;
    PoolNode* const node = keep(std::move(connection));
    if (queues_.queued > 0) serve_with_returned(node, idle_before);
}

void Engine::discard(std::unique_ptr<Connection> connection, const Error& error, TimePoint now) {
    pass(now);
    PoolNode& node = connection->node();
    const bool says_something = error && !is_of_the_past(*connection);
    --node.leased;
    set_open(open_ - 1);
    if (error) note_lost(node, error);
    dispose(std::move(connection), error ? "" : "its call was given up or its last answer came");
    if (says_something) lost(node, error);
    changed(node);
    forget_if_unused(node);
    serve_waiters();
}

PoolNode* Engine::reopen(std::unique_ptr<Connection> connection, const Error& error, TimePoint now) {
    pass(now);
    PoolNode& node = connection->node();
    if (closed_ || node.removed || !(may_dial(node, state_) || waits_for_login(node, state_))) {
        discard(std::move(connection), error, now);
        return nullptr;
    }
    --node.leased;
    login_begins(node);
    ++node.connecting;
    ++connecting_;
    note_lost(node, error);
    dispose(std::move(connection), "");
    lost(node, error);
    return &node;
}

std::unique_ptr<Connection> Engine::abandon(std::unique_ptr<Connection> connection, TimePoint now) {
    pass(now);
    if (closed_) {
        discard(std::move(connection), {}, now);
        return nullptr;
    }
    PoolNode& node = connection->node();
    --node.leased;
    ++node.left_behind;
    ++left_behind_;
    hurry_up();
    changed(node);
    return connection;
}

bool Engine::give_place_up(Connection& connection, TimePoint now) {
    pass(now);
    if (draining_ >= limits_.max_draining) return false;
    PoolNode& node = connection.node();
    --node.left_behind;
    --left_behind_;
    ++node.draining;
    ++draining_;
    set_open(open_ - 1);
    changed(node);
    serve_waiters();
    return true;
}

void Engine::readmit(std::unique_ptr<Connection> connection, bool has_place, TimePoint now) {
    pass(now);
    PoolNode& node = connection->node();
    if (closed_ || !(has_place || has_room(node, state_))) {
        drain_failed(std::move(connection), has_place);
        return;
    }
    if (has_place) {
        --node.left_behind;
        --left_behind_;
    } else {
        --node.draining;
        --draining_;
        set_open(open_ + 1);
    }
    const std::size_t idle_before = idle_;
    PoolNode* const kept_at = keep(std::move(connection));
    if (queues_.queued > 0) serve_with_returned(kept_at, idle_before);
}

void Engine::drain_failed(std::unique_ptr<Connection> connection, bool has_place) noexcept {
    constexpr std::string_view why = "it was left behind, and did not come to rest in time";
    if (has_place) return drop_left_behind(std::move(connection), why);
    PoolNode& node = connection->node();
    dispose(std::move(connection), why);
    --node.draining;
    --draining_;
    changed(node);
    forget_if_unused(node);
}

void Engine::drop_left_behind(std::unique_ptr<Connection> connection, std::string_view why) noexcept {
    PoolNode& node = connection->node();
    dispose(std::move(connection), why);
    --node.left_behind;
    --left_behind_;
    set_open(open_ - 1);
    hurry_up();
    changed(node);
    forget_if_unused(node);
    serve_waiters();
}

// ---------------------------------------------------------------------------------------------------------- background

std::vector<std::unique_ptr<Connection>> Engine::take_idle(TimePoint before) {
    std::vector<std::unique_ptr<Connection>> taken;
    for (const auto& node : nodes_) {
        const std::size_t others = taken.size();
        node->idle.take_unused_since(before, taken);
        const std::size_t from_here = taken.size() - others;
        if (from_here == 0) continue;
        node->leased += static_cast<std::uint32_t>(from_here);
        idle_ -= from_here;
        changed(*node);
    }
    return taken;
}

// ----------------------------------------------------------------------------------------------------------------- end

void Engine::close() noexcept {
    closed_ = true;
    place_wanted_at_ = nullptr;
    needs_attention_ = true;  // from now on
    stale_ = true;            // nobody will choose any more
    for (Waker* waker : std::exchange(waiting_for_dials_, {})) waker->wake();
    // Those who dial go on.
    for (WaitingList* const queue : {&queues_.waiting, &queues_.wishing}) {
        while (AcquireRequest* request = queue->first())
            static_cast<void>(serve(*request, {.kind = Acquisition::Kind::closed}));
    }
    for (const auto& node : nodes_) drop_idle(*node, client_closed);
    while (!unidentified_.empty()) drop_left_behind(unidentified_.take(), client_closed);
}

// ------------------------------------------------------------------------------------------------------------- private

// Each event begins with it, so that all nodes are judged at the same time.
void Engine::pass(TimePoint now) noexcept {
    state_.now = std::max(state_.now, now);
    if (state_.now < next_change_) return;
    stale_ = true;
    time_has_changed_nodes_ = true;
}

// Each change of a node ends with it: what is kept of the node elsewhere follows.
void Engine::changed(PoolNode& node) {
    if (node.same_as != nullptr && node.counted_open != node.open()) {
        PoolNode& same = *node.same_as;
        same.open_as_seeds = same.open_as_seeds - node.counted_open + node.open();
        node.counted_open = node.open();
        changed(same);
    }
    if (stale_) return;
    // Who has idle connections is usable, or he would have lost them.
    const bool serves = !node.idle.empty() && !is_spare_seed(node, state_);
    kept_.update(node, serves ? Standing::ready : standing(node, state_, Level::healthy));
}

void Engine::set_open(std::size_t open) noexcept {
    open_ = open;
    const bool full = open_ >= limits_.max_size;
    if (std::exchange(state_.full, full) != full) stale_ = true;
}

// Where a connection goes that has come to rest. It is not counted as leased any more, but as open. @return the node
// where it is idle now; null where it is not
PoolNode* Engine::keep(std::unique_ptr<Connection> connection) {
    PoolNode& made_for = connection->node();
    const bool is_spare = is_spare_seed(made_for, state_) && made_for.same_as != nullptr;
    if (is_spare && asks_who_it_is(connection)) [[unlikely]]
        return nullptr;
    PoolNode& node = is_spare && !is_last_resort(made_for) ? *made_for.same_as : made_for;
    const bool moved = &node != &made_for;
    const bool usable = !closed_ && !node.removed && node.info.availability == Availability::usable;
    if (!usable || is_over(*connection)) [[unlikely]] {
        const std::string_view why = closed_                       ? client_closed
                                     : node.removed                ? node_gone
                                     : !usable                     ? node_unusable
                                     : is_of_the_past(*connection) ? of_the_past
                                                                   : life_time_over;
        drop_at_rest(std::move(connection), why);
        return nullptr;
    }
    if (moved && !moves_to(node, *connection)) [[unlikely]] {
        drop_at_rest(std::move(connection), no_memory);
        return nullptr;
    }
    ++idle_;
    node.idle.put(std::move(connection));
    if (place_wanted_) [[unlikely]] {
        place_wanted_ = false;
        stale_ = true;
    }
    if (moved) changed(made_for);
    changed(node);
    if (moved && node.open_under_all_names() > limits_.max_per_node) drop_oldest_idle(node);
    return &node;
}

// @return false where there is no memory for it
bool Engine::moves_to(PoolNode& node, Connection& connection) noexcept {
    try {
        node.idle.reserve(node.open() + 1);
    } catch (const std::bad_alloc&) {
        return false;
    }
    connection.move_to(node, node.generation);
    goes_soon(connection);
    return true;
}

void Engine::drop_at_rest(std::unique_ptr<Connection> connection, std::string_view why) noexcept {
    PoolNode& made_for = connection->node();
    set_open(open_ - 1);
    dispose(std::move(connection), why);
    changed(made_for);
    forget_if_unused(made_for);
}

// Whether a connection made under a seed's name is of use although the cluster calls its node unusable.
bool Engine::is_last_resort(const PoolNode& seed) const noexcept {
    if (seed.same_as == nullptr || seed.same_as->info.availability == Availability::usable) return false;
    return std::none_of(nodes_.begin(), nodes_.end(),
                        [&](const auto& node) { return standing(*node, state_, Level::healthy) >= Standing::busy; });
}

void Engine::drop_idle(PoolNode& node, std::string_view why) {
    while (!node.idle.empty()) drop_one(node.idle.take(Face::synchronous), why);
    changed(node);
}

void Engine::drop_oldest_idle(PoolNode& node) {
    drop_one(node.idle.take_oldest(), "its place is needed at another node");
    changed(node);
}

void Engine::drop_one(std::unique_ptr<Connection> connection, std::string_view why) noexcept {
    dispose(std::move(connection), why);
    --idle_;
    set_open(open_ - 1);
}

}  // namespace picoxx
