// What happens to connections: asked for, dialled, used, given back, lost, left behind.
#include "pool/engine.hpp"

#include "pool/back_off.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace picoxx {
namespace {

// Where there is no memory for the text, its code is enough.
void remember(Error& kept, const Error& error) noexcept {
    try {
        kept = error;
    } catch (const std::bad_alloc&) {
        kept = {};
        kept.code = error.code;
    }
}

}  // namespace

Engine::Engine(EngineLimits limits, Balancer balancer, const std::vector<Endpoint>& seeds, std::uint64_t random_seed)
    : limits_{limits},
      balancer_{std::move(balancer)},
      kept_{limits.max_per_node},
      listed_{limits.max_per_node},
      random_state_{random_seed} {
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

// ----------------------------------------------------------------------------------------------------------------
// calls

Acquisition Engine::acquire(AcquireRequest& request, TimePoint now) {
    if (closed_) return {.kind = Acquisition::Kind::closed};
    pass(now);
    Acquisition acquisition = waiting_.empty() ? choose(request) : Acquisition{};
    if (acquisition.kind != Acquisition::Kind::wait) return acquisition;

    if (waiting_.size() >= limits_.max_waiters) {
        acquisition.kind = Acquisition::Kind::fail;
        acquisition.error = std::make_unique<Error>(exhausted("no further call may wait"));
        return acquisition;
    }
    request.grant = {};
    request.dials = false;
    waiting_.push_back(request);
    return acquisition;
}

bool Engine::wait_beside_dial(AcquireRequest& request) {
    if (idle_ > 0) return false;
    request.grant = {};
    request.dials = true;
    dialling_.push_back(request);
    return true;
}

Acquisition Engine::acquire_ahead(TimePoint begun, TimePoint now) {
    if (closed_) return {.kind = Acquisition::Kind::closed};
    pass(now);
    if (stale_) rebuild_candidates();
    Acquisition acquisition;
    if (list_dialable()) {
        acquisition.kind = Acquisition::Kind::dial;
        acquisition.node = &choose_from(listed_, 0);
        begin_dial(*acquisition.node);
        return acquisition;
    }
    const bool any_left = connecting_ > 0 || std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& node) {
                              if (node->removed || node->info.availability != Availability::usable) return false;
                              if (is_spare_seed(*node, state_) && node->same_as != nullptr) return false;
                              return !is_refused_for_good(*node, state_) &&
                                     !(node->is_failing() && node->failed_at >= begun);
                          });
    if (!any_left) return no_node();
    return acquisition;
}

bool Engine::open_ahead(TimePoint now) {
    pass(now);
    if (closed_ || !list_dialable()) return false;
    dial_in_background(choose_from(listed_, 0));
    return true;
}

void Engine::withdraw(AcquireRequest& request) noexcept {
    if (!request.queued) return;
    const bool kept_time = &request == waiting_.first();
    (request.dials ? dialling_ : waiting_).remove(request);
    if (kept_time) wake_first();
}

void Engine::dial_succeeded(PoolNode& node, TimePoint now) {
    pass(now);
    end_dial(node);
    ++node.leased;
    connected(node);
    dial_ended();
}

void Engine::dial_delivered(std::unique_ptr<Connection> connection, TimePoint now) {
    pass(now);
    PoolNode& node = connection->node();
    end_dial(node);
    connected(node);
    keep(std::move(connection));
    dial_ended();
}

void Engine::dial_failed(PoolNode& node, const Error& error, TimePoint now) {
    pass(now);
    note_failed_dial(node, error);
    end_dial(node);
    set_open(open_ - 1);
    dial_failed_there(node, error);
    forget_if_unused(node);
    dial_ended();
}

void Engine::dial_cancelled(PoolNode& node, TimePoint now) {
    pass(now);
    end_dial(node);
    set_open(open_ - 1);
    if (node.is_failing()) put_off(node);
    changed(node);
    forget_if_unused(node);
    dial_ended();
}

void Engine::dial_left(PoolNode& node) {
    ++node.unattended;
    changed(node);
}

void Engine::dial_attended(PoolNode& node) {
    --node.unattended;
    changed(node);
}

bool Engine::await_dial(Waker& waker) {
    const bool any = connecting_ > 0 || !state_.discovery_dials.empty();
    if (any) waiting_for_dials_.push_back(&waker);
    return any;
}

void Engine::count_statement(PoolNode& node, Duration took) {
    ++node.statements;
    node.latency = node.latency.count() == 0 ? took : node.latency + (took - node.latency) / 8;
    if (!stale_ && node.listing.standing == Standing::ready) kept_.refresh(node);
}

void Engine::release(std::unique_ptr<Connection> connection, TimePoint now) {
    pass(now);
    const std::size_t idle_before = idle_;
    --connection->node().leased;
    keep(std::move(connection));
    if (!waiting_.empty() || !dialling_.empty()) serve_with_returned(idle_before);
}

void Engine::discard(std::unique_ptr<Connection> connection, const Error& error, TimePoint now) {
    pass(now);
    PoolNode& node = connection->node();
    --node.leased;
    set_open(open_ - 1);
    if (error) note_lost(node, error);
    dispose(std::move(connection), error ? "" : "its call was given up or its last answer came");
    if (error) lost(node, error);
    changed(node);
    forget_if_unused(node);
    serve_waiters();
}

PoolNode* Engine::reopen(std::unique_ptr<Connection> connection, const Error& error, TimePoint now) {
    pass(now);
    PoolNode& node = connection->node();
    if (closed_ || node.removed || !may_dial(node, state_)) {
        discard(std::move(connection), error, now);
        return nullptr;
    }
    --node.leased;
    ++node.connecting;
    ++connecting_;
    note_lost(node, error);
    dispose(std::move(connection), "");
    lost(node, error);
    return &node;
}

std::unique_ptr<Connection> Engine::abandon(std::unique_ptr<Connection> connection, TimePoint now) {
    pass(now);
    PoolNode& node = connection->node();
    --node.leased;
    set_open(open_ - 1);
    if (closed_ || draining_ >= limits_.max_draining) {
        dispose(std::move(connection),
                closed_ ? client_closed : "its call was given up, and too many wait for their answers");
    } else {
        ++draining_;
        ++node.draining;
    }
    changed(node);
    forget_if_unused(node);
    serve_waiters();
    return connection;
}

void Engine::readmit(std::unique_ptr<Connection> connection, TimePoint now) {
    pass(now);
    PoolNode& node = connection->node();
    if (closed_ || !has_room(node, state_)) {
        drain_failed(std::move(connection));
        return;
    }
    --draining_;
    --node.draining;
    set_open(open_ + 1);
    const std::size_t idle_before = idle_;
    keep(std::move(connection));
    serve_with_returned(idle_before);
}

void Engine::drain_failed(std::unique_ptr<Connection> connection) noexcept {
    PoolNode& node = connection->node();
    --draining_;
    --node.draining;
    dispose(std::move(connection), "its call was given up, and its answer did not come in time");
    forget_if_unused(node);
}

// -----------------------------------------------------------------------------------------------------------
// background

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

// ------------------------------------------------------------------------------------------------------------------
// end

void Engine::close() noexcept {
    closed_ = true;
    stale_ = true;  // nobody will choose any more
    for (Waker* waker : std::exchange(waiting_for_dials_, {})) waker->wake();
    // Those who dial go on.
    while (AcquireRequest* request = waiting_.first()) {
        static_cast<void>(serve(*request, {.kind = Acquisition::Kind::closed}));
    }
    for (const auto& node : nodes_) drop_idle(*node, client_closed);
}

// ---------------------------------------------------------------------------------------------------------------
// private

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

void Engine::begin_dial(PoolNode& node) {
    node.idle.reserve(node.open() + 1);  // not when a statement ends
    ++node.connecting;
    ++connecting_;
    set_open(open_ + 1);
    changed(node);
}

void Engine::end_dial(PoolNode& node) noexcept {
    --node.connecting;
    --connecting_;
}

void Engine::dial_ended() {
    for (Waker* waker : std::exchange(waiting_for_dials_, {})) waker->wake();
    serve_waiters();
    wake_first();
}

// Who is first in the queue looks after the time of the next attempt, which may have changed.
void Engine::wake_first() noexcept {
    if (next_change_ != no_deadline && !waiting_.empty()) waiting_.first()->waker->wake();
}

// The same server under each of its names: it would be refused there, too.
void Engine::dial_failed_there(PoolNode& node, const Error& error) {
    failed(node, error);
    for (const auto& other : nodes_) {
        if (other->info.endpoint != node.info.endpoint) continue;
        if (other.get() != &node) remember(other->last_error, error);
        other->failed_at = state_.now;
        // Else it is one of several attempts that began before the last failure.
        if (state_.now >= other->retry_at) {
            ++other->failures_in_a_row;
            put_off(*other);
        }
    }
    if (error.code == Errc::authentication_failed) login_refused(node.info.endpoint, error);
    changed(node);
    stale_ = true;
}

void Engine::put_off(PoolNode& node) noexcept {
    node.retry_at = state_.now + back_off(std::max(node.failures_in_a_row, 1U), next_random());
    next_change_ = std::min(next_change_, node.retry_at);
}

// A connection of it: others may live, and whether it takes new ones is to be seen.
void Engine::lost(PoolNode& node, const Error& error) {
    failed(node, error);
    if (node.failures_in_a_row == 0) ++node.failures_in_a_row;
    if (error.code == Errc::authentication_failed) login_refused(node.info.endpoint, error);
    changed(node);
}

void Engine::failed(PoolNode& node, const Error& error) {
    if (node.failures_in_a_row == 0)
        events_.add(LogTopic::nodes, LogLevel::warning, node.label, "the node is lost", error.text);
    ++node.failures;
    remember(node.last_error, error);
    failed_last_ = &node;
    want_refresh();
}

void Engine::want_refresh() noexcept {
    const bool new_wish = !std::exchange(refresh_wanted_, true);
    if (new_wish && refresh_waker_ != nullptr) refresh_waker_->wake();
}

void Engine::login_refused(const Endpoint& endpoint, const Error& error) {
    const TimePoint until = state_.now + authentication_back_off;
    for (const auto& node : nodes_) {
        if (node->info.endpoint != endpoint) continue;
        node->login_refused_until = until;
        remember(node->login_error, error);
    }
    next_change_ = std::min(next_change_, until);
    state_.login_accepted = false;
    stale_ = true;
}

void Engine::login_accepted(PoolNode& node) {
    for (const auto& other : nodes_) {
        if (other->info.endpoint != node.info.endpoint) continue;
        if (other->is_failing() || other->login_refused_until != TimePoint{}) stale_ = true;
        other->login_refused_until = {};
        other->login_error = {};
        other->retry_at = {};
    }
    node.failures_in_a_row = 0;
    node.last_error = {};
    if (failed_last_ == &node) failed_last_ = nullptr;
    if (!std::exchange(state_.login_accepted, true)) stale_ = true;
    changed(node);
}

// Where a connection goes that has come to rest. It is not counted as leased any more, but as open.
void Engine::keep(std::unique_ptr<Connection> connection) {
    PoolNode& made_for = connection->node();
    const bool is_spare = is_spare_seed(made_for, state_) && made_for.same_as != nullptr;
    PoolNode& node = is_spare && !is_last_resort(made_for) ? *made_for.same_as : made_for;
    const bool moved = &node != &made_for;
    if (closed_ || node.removed || node.info.availability != Availability::usable) {
        set_open(open_ - 1);
        dispose(std::move(connection), closed_ ? client_closed : node.removed ? node_gone : node_unusable);
        changed(made_for);
        forget_if_unused(made_for);
        return;
    }
    if (moved) connection->move_to(node);
    ++idle_;
    node.idle.put(std::move(connection));
    if (place_wanted_) [[unlikely]] {
        place_wanted_ = false;
        stale_ = true;
    }
    if (moved) changed(made_for);
    changed(node);
    if (moved && node.open_under_all_names() > limits_.max_per_node) drop_oldest_idle(node);
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
