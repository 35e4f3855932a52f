// Statements whose owner is known, and how the places of a full pool follow them.
#include "pool/engine.hpp"

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

namespace picoxx {
namespace {

constexpr std::size_t looked_at = 64;  // of those who wait, at a time

bool is_sound(const PoolNode& node) noexcept { return node.failures_in_a_row + node.timeouts_in_a_row == 0; }

}  // namespace

// The owner is a wish: where it has neither a connection free nor room, is in doubt, or the strategy takes none of its
// nodes, `wait` says so, and the statement is served like any other.
Acquisition Engine::choose_owner(const AcquireRequest& request) {
    constexpr std::chrono::seconds wanted_for{5};
    owned_.clear();
    owned_nodes_.clear();
    PoolNode* busy = nullptr;
    for (PoolNode* const node : owners_.of(request.owner)) {
        node->wanted_until = state_.now + wanted_for;
        if (node->listing.standing != Standing::ready) {
            if (busy == nullptr || node->open() < busy->open()) busy = node;
            continue;
        }
        const Candidate& candidate = kept_.candidate(*node);
        if (candidate.is_in_doubt()) continue;
        owned_.push_back(candidate);
        owned_.back().owns_bucket = true;
        owned_nodes_.push_back(node);
    }
    if (owned_.empty()) {
        // Else nobody leads, or nobody knows the replicaset.
        if (busy != nullptr && state_.full) want_place_at(*busy);
        return {};
    }
    const PickContext context{next_random(), state_.now, request.attempt};
    const std::size_t index = balancer_.pick_if_any(owned_, context);
    if (index == owned_.size()) return {};
    return take_at(*owned_nodes_[index], request.face);
}

// ------------------------------------------------------------------------------------------------ who waits for owners

// A connection to the owner comes back sooner than another node would have forwarded the statement, where statements
// are short. Only while nobody waits for want of any connection.
bool Engine::waits_for_owner(const AcquireRequest& request) const noexcept {
    const bool may_wait = request.owner != ReplicasetKey::none && !request.is_impatient && !request.queued;
    if (!may_wait || limits_.owner_wait == Duration::zero() || !queues_.waiting.empty()) return false;
    const auto nodes = owners_.of(request.owner);
    return std::any_of(nodes.begin(), nodes.end(), [&](const PoolNode* node) {
        const bool comes_back = node->leased > 0 && node->idle.empty() && node->latency < limits_.owner_wait;
        return comes_back && is_sound(*node) && state_.now >= node->no_wishes_before;
    });
}

// Where one was in vain the next ones do not wait, for a while.
bool Engine::gives_wish_up(AcquireRequest& request, TimePoint now) noexcept {
    constexpr int pause = 50;
    if (!request.queued || !request.wishes || now < request.patient_until) return false;
    queues_.remove(request);
    request.is_impatient = true;
    for (PoolNode* const node : owners_.of(request.owner))
        node->no_wishes_before = later(now, limits_.owner_wait * pause);
    return true;
}

// @return whether somebody took what was given back there
bool Engine::serve_wish(const PoolNode& node) {
    if (node.owns == ReplicasetKey::none || node.idle.empty()) return false;
    if (stale_) rebuild_candidates();
    AcquireRequest* request = queues_.wishing.first();
    for (std::size_t i = 0; i < looked_at && request != nullptr; ++i, request = WaitingList::after(*request)) {
        if (request->owner != node.owns) continue;
        const std::size_t idle_before = idle_;
        return serve(*request, choose_owner(*request)) && idle_ < idle_before;
    }
    return false;
}

// Something has changed that may serve any of them.
void Engine::serve_wishes() {
    AcquireRequest* request = queues_.wishing.first();
    for (std::size_t i = 0; i < looked_at && request != nullptr; ++i) {
        AcquireRequest* const next = WaitingList::after(*request);
        if (stale_) rebuild_candidates();
        static_cast<void>(serve(*request, choose_owner(*request)));
        request = next;
    }
}

// The owner is another node now, or none: they are served like any other.
void Engine::drop_wishes() {
    while (AcquireRequest* const request = queues_.wishing.first()) {
        queues_.remove(*request);
        request->wishes = false;
        request->is_impatient = true;
        queues_.add(*request);
        request->waker->wake();  // it has no time to keep any more
    }
}

// Who came first gets what was given back, unless he wishes for another owner and somebody behind him wishes for this
// one, or for none: each of them so gets what serves him best, and a few passed over are no loss to him, since their
// connections would have cost him a hop.
AcquireRequest& Engine::waiter_for(const PoolNode* node) const noexcept {
    constexpr std::uint32_t most_passed_over = 16;
    AcquireRequest& first = *queues_.waiting.first();
    const auto fits = [&](const AcquireRequest& request) {
        if (request.owner == ReplicasetKey::none || (node != nullptr && request.owner == node->owns)) return true;
        return owners_.of(request.owner).empty();  // his wish cannot come true
    };
    if (fits(first) || first.passed_over >= most_passed_over) return first;
    AcquireRequest* other = WaitingList::after(first);
    for (std::size_t i = 0; i < looked_at && other != nullptr; ++i, other = WaitingList::after(*other)) {
        if (!fits(*other)) continue;
        ++first.passed_over;
        return *other;
    }
    return first;
}

// ------------------------------------------------------------------------------------------- places follow the owners

// Now, where somebody has an idle connection to give that the call does not need; else as soon as one comes back. One
// at a time.
void Engine::want_place_at(PoolNode& node) {
    constexpr std::chrono::milliseconds pause{2};
    if (state_.now < next_place_ || !needs_the_place(node)) return;
    next_place_ = state_.now + pause;
    const auto donor = std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& other) {
        return !other->idle.empty() && may_give_to(*other, node);
    });
    if (donor == nodes_.end() || idle_ == 1 || !move_place(**donor, node)) place_wanted_at_ = &node;
}

// It answers, and more connections to it are of use.
bool Engine::needs_the_place(PoolNode& owner) const noexcept {
    const bool has_too_few = owner.idle.empty() && owner.open_under_all_names() < limits_.max_per_node;
    return !closed_ && state_.full && connecting_ == 0 && has_too_few && !owner.removed && is_wanted(owner) &&
           is_sound(owner) && may_dial(owner, state_);
}

// A node that nothing is routed to keeps one, unless the owner has none at all; the others give what they have more.
bool Engine::may_give_to(const PoolNode& donor, const PoolNode& owner) const noexcept {
    if (&donor == &owner) return false;
    if (is_wanted(donor)) return donor.open() >= owner.open() + 2;
    return donor.open() >= 2 || owner.open() == 0;
}

// A connection of `node` has come to rest. It does not go where somebody waits for it, unless the owner has shown that
// it answers, and there are others. @return whether its place goes to the owner who needs one more
bool Engine::gives_place_up(PoolNode& node) {
    PoolNode& owner = *place_wanted_at_;
    if (!needs_the_place(owner)) {
        place_wanted_at_ = nullptr;
        return false;
    }
    const bool is_free = queues_.waiting.empty() || (owner.leased > 0 && made() > 1);
    if (!is_free || node.idle.empty() || !may_give_to(node, owner) || !move_place(node, owner)) return false;
    serve_waiters();
    return true;
}

// @return false where there is no memory
bool Engine::move_place(PoolNode& donor, PoolNode& owner) noexcept {
    try {
        owner.idle.reserve(owner.open() + 1);
        dials_.reserve(dials_.size() + 1);
    } catch (const std::bad_alloc&) {
        return false;
    }
    place_wanted_at_ = nullptr;
    drop_oldest_idle(donor);
    dial_in_background(owner);
    return true;
}

}  // namespace picoxx
