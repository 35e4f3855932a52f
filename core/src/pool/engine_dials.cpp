// Connections that are being made: by calls, ahead of them, in the background; and what follows where one fails.
#include "pool/back_off.hpp"
#include "pool/engine.hpp"
#include "pool/remember.hpp"
#include "settings/login_guard.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace picoxx {

bool Engine::wait_beside_dial(AcquireRequest& request) {
    if (idle_ > 0) return false;
    request.grant = {};
    request.dials = true;
    request.wishes = false;
    queues_.add(request);
    return true;
}

Acquisition Engine::acquire_ahead(Ahead ahead, TimePoint begun, TimePoint now) {
    if (closed_) return {.kind = Acquisition::Kind::closed};
    pass(now);
    if (stale_) rebuild_candidates();
    Acquisition acquisition;
    if (list_dialable(ahead)) {
        PoolNode& node = choose_from(listed_, 0);
        if (!may_dial(node, state_)) return acquisition;
        acquisition.kind = Acquisition::Kind::dial;
        acquisition.node = &node;
        begin_dial(node);
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

std::size_t Engine::slow_dials() const noexcept {
    std::size_t slow = 0;
    for (const auto& node : nodes_) slow += node->unattended;
    return slow;
}

bool Engine::open_ahead(Ahead ahead, TimePoint now) {
    pass(now);
    if (closed_ || !list_dialable(ahead)) return false;
    PoolNode& node = choose_from(listed_, 0);
    const bool may = may_dial(node, state_);
    if (may) dial_in_background(node);
    return may;
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

void Engine::dial_held_back(PoolNode& node, TimePoint now) {
    constexpr std::chrono::milliseconds soon{50};
    pass(now);
    end_dial(node);
    set_open(open_ - 1);
    node.retry_at = std::max(node.retry_at, state_.now + soon);
    next_change_ = std::min(next_change_, node.retry_at);
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

void Engine::begin_dial(PoolNode& node) {
    node.idle.reserve(node.open() + 1);  // not when a statement ends
    login_begins(node);
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
    if (next_change_ != no_deadline && !queues_.waiting.empty()) queues_.waiting.first()->waker->wake();
}

// ------------------------------------------------------------------------------------------------- in the background

// Somebody asks, so nodes whose dials failed are tried again where their time has come: one dial at a time, by nobody
// who has work to do.
void Engine::dial_those_due() {
    for (const auto& node : nodes_) {
        const bool usable = !node->removed && node->info.availability == Availability::usable;
        const bool has_twin = node->same_as != nullptr && node->same_as->info.endpoint == node->info.endpoint;
        if (!usable || has_twin || !is_due(*node, state_)) continue;
        if (idle_ == 0 && open_ + 1 == limits_.max_size && has_healthy_to_dial()) {
            put_off(*node);  // a call would have to wait for the place
            continue;
        }
        if (!has_room(*node, state_)) {
            // A place is given for it, as for any other that has too few.
            if (!may_be_given_a_place(*node, state_, donors(Giving::all))) {
                // When one of those who have more comes to rest.
                const bool some_have_more = std::any_of(
                    nodes_.begin(), nodes_.end(), [&](const auto& other) { return other->open() >= node->open() + 2; });
                if (some_have_more) {
                    place_wanted_ = true;
                } else {
                    put_off(*node);
                }
                continue;
            }
            drop_oldest_idle(donor_for(*node, Giving::all));
        }
        dial_in_background(*node);
    }
}

bool Engine::has_healthy_to_dial() const noexcept {
    return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& node) {
        return standing(*node, state_, Level::healthy) == Standing::ready && node->idle.empty();
    });
}

void Engine::dial_in_background(PoolNode& node) {
    dials_.reserve(dials_.size() + 1);
    begin_dial(node);
    dials_.push_back(&node);
    needs_attention_ = true;
}

// ------------------------------------------------------------------------------------------------------------ failures

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
    const Duration pause = back_off(std::max(node.failures_in_a_row, 1U), next_random());
    node.retry_at = state_.now + std::min(pause, longest_pause());
    next_change_ = std::min(next_change_, node.retry_at);
}

// While no node serves each is tried at least once a second; of more than ten, ten a second together. Whoever waits is
// to notice soon when the first one is back.
Duration Engine::longest_pause() noexcept {
    constexpr Duration for_each = std::chrono::milliseconds{100}, least = std::chrono::seconds{1};
    if (made() > left_behind_) return Duration::max();
    const Duration longest = std::max(least, for_each * static_cast<std::int64_t>(nodes_.size()));
    return longest / 2 +
           Duration{static_cast<std::int64_t>(next_random() % static_cast<std::uint64_t>(longest.count() / 2))};
}

// The last connection is gone, or left behind: nodes that have long been put off are tried sooner.
void Engine::hurry_up() noexcept {
    if (made() > left_behind_) return;
    for (const auto& node : nodes_) {
        if (!node->is_failing()) continue;
        node->retry_at = std::min(node->retry_at, state_.now + longest_pause());
        next_change_ = std::min(next_change_, node->retry_at);
    }
    stale_ = true;
}

// A connection of it: others may live, and whether it takes new ones is to be seen.
void Engine::lost(PoolNode& node, const Error& error) {
    failed(node, error);
    if (node.failures_in_a_row == 0) ++node.failures_in_a_row;
    if (error.code == Errc::authentication_failed) login_refused(node.info.endpoint, error);
    changed(node);
    hurry_up();
}

void Engine::failed(PoolNode& node, const Error& error) {
    if (node.failures_in_a_row == 0)
        tell(LogTopic::nodes, LogLevel::warning, node.label, "the node is lost", error.text);
    ++node.failures;
    remember(node.last_error, error);
    failed_last_ = &node;
    want_refresh();
}

void Engine::want_refresh() noexcept {
    const bool new_wish = !std::exchange(refresh_wanted_, true);
    if (new_wish && refresh_waker_ != nullptr) refresh_waker_->wake();
}

// The first of several at a time tells the others whether the password is accepted.
void Engine::login_begins(PoolNode& node) noexcept {
    const bool is_first = node.connecting == 0 && !state_.is_dialled_by_discovery(node.info.endpoint);
    if (!is_first) return;
    node.has_fresh_password = is_fresh_login(login_accepted_at_, state_.now) && node.login_refused_until == TimePoint{};
}

void Engine::login_refused(const Endpoint& endpoint, const Error& error) {
    const TimePoint until = state_.now + authentication_back_off;
    for (const auto& node : nodes_) {
        if (node->info.endpoint != endpoint) continue;
        node->login_refused_until = until;
        node->has_fresh_password = false;
        remember(node->login_error, error);
    }
    login_accepted_at_ = {};
    next_change_ = std::min(next_change_, until);
    stale_ = true;
}

void Engine::login_accepted(PoolNode& node) {
    login_accepted_at_ = state_.now;
    for (const auto& other : nodes_) {
        const bool is_refusing = other->login_refused_until != TimePoint{};
        const bool is_same = other->info.endpoint == node.info.endpoint;
        if (is_refusing && !is_same) continue;
        stale_ = stale_ || !other->has_fresh_password || (is_same && (other->is_failing() || is_refusing));
        other->has_fresh_password = true;
        if (!is_same) continue;
        other->login_refused_until = {};
        other->login_error = {};
        other->retry_at = {};
    }
    node.failures_in_a_row = 0;
    node.last_error = {};
    if (failed_last_ == &node) failed_last_ = nullptr;
    changed(node);
}

bool Engine::has_refused_logins(TimePoint now) const noexcept {
    return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& node) {
        const bool is_twin = is_spare_seed(*node, state_) && node->same_as != nullptr;
        return !node->removed && !is_twin && now < node->login_refused_until;
    });
}

void Engine::forget_refused_logins() {
    for (const auto& node : nodes_) {
        if (node->login_refused_until == TimePoint{}) continue;
        node->login_refused_until = {};
        node->login_error = {};
        if (node->last_error.code != Errc::authentication_failed) continue;
        node->retry_at = {};
        node->failures_in_a_row = 0;
    }
    stale_ = true;
    dial_ended();
}

}  // namespace picoxx
