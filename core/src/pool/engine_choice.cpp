// Who gets which node: the kept candidates where all is well, lists made anew where it is not, and those who wait.
#include "pool/engine.hpp"

#include <algorithm>
#include <utility>

namespace picoxx {

Acquisition Engine::choose(const AcquireRequest& request) {
    if (stale_) rebuild_candidates();
    if (!request.failed.empty() || kept_.in_question() == 0) return choose_anew(request);
    if (state_.full && kept_.size() < kept_.in_question() && is_time_for_a_move()) return choose_anew(request);
    if (kept_.empty()) return {};  // all are busy: wait
    return take(kept_, request);
}

// O(nodes): after a failure, while no node is healthy, and where a full pool may move.
Acquisition Engine::choose_anew(const AcquireRequest& request) {
    for (const Level level : levels) {
        list_anew(level, request);
        if (listed_.in_question() == 0) continue;
        if (listed_.empty()) return {};
        return take(listed_, request);
    }
    return no_node(request);
}

// @pre !from.empty()
Acquisition Engine::take(CandidateList& from, const AcquireRequest& request) {
    const PickContext context{next_random(), state_.now, static_cast<std::uint32_t>(request.failed.size())};
    PoolNode& node = from.node(balancer_.pick(from.candidates(), context));
    Acquisition acquisition;
    acquisition.node = &node;
    if (!node.idle.empty()) {
        acquisition.kind = Acquisition::Kind::use;
        acquisition.connection = node.idle.take(request.face);
        acquisition.connection->used_by(request.face);
        ++node.leased;
        --idle_;
        changed(node);
    } else {
        acquisition.kind = Acquisition::Kind::dial;
        if (!has_room(node, state_)) drop_oldest_idle(donor_for(node));
        begin_dial(node);
    }
    return acquisition;
}

void Engine::list_anew(Level level, const AcquireRequest& request) {
    const Donors giving = state_.full ? donors() : Donors{};
    listed_.clear();
    for (const auto& node : nodes_) {
        listed_.append(*node, standing(*node, state_, level, dialling(request, *node, level), giving));
    }
}

void Engine::rebuild_candidates() {
    next_change_ = no_deadline;
    kept_.clear();
    std::uint32_t rank = 0;
    for (const auto& node : nodes_) {
        node->listing = {rank++, 0, standing(*node, state_, Level::healthy, Dialling::allowed)};
        kept_.append(*node, node->listing.standing);
        if (node->removed) continue;
        for (const TimePoint then : {node->retry_at, node->login_refused_until}) {
            if (then > state_.now) next_change_ = std::min(next_change_, then);
        }
    }
    stale_ = false;
}

// ------------------------------------------------------------------------------------------------ moves in a full pool

// Who may get a connection that another node gives up depends on all of them, so that it is looked at once in as many
// picks as the nodes need, and otherwise left out. @pre the pool is full, and somebody has none to give
bool Engine::is_time_for_a_move() noexcept {
    constexpr std::size_t nodes_per_pick = 2;
    if (kept_.empty()) return idle_ > 0;  // at a spare seed: it serves nobody there
    if (++picks_since_move_ * nodes_per_pick < nodes_.size()) return false;
    picks_since_move_ = 0;
    return lies_unevenly();
}

bool Engine::lies_unevenly() const noexcept {
    Donors giving;
    std::size_t poorest = limits_.max_per_node;
    for (const auto& node : nodes_) {
        if (node->idle.empty()) {
            if (node->listing.standing == Standing::busy) poorest = std::min(poorest, node->open());
        } else if (is_spare_seed(*node, state_)) {
            giving.spare_seed = true;
        } else {
            giving.richest = std::max(giving.richest, node->open());
        }
    }
    return poorest < limits_.max_per_node && (giving.spare_seed || giving.richest >= poorest + 2);
}

Donors Engine::donors() const noexcept {
    Donors giving;
    for (const auto& node : nodes_) {
        if (node->idle.empty()) continue;
        giving.richest = std::max(giving.richest, node->open());
        giving.spare_seed = giving.spare_seed || is_spare_seed(*node, state_);
    }
    return giving;
}

// @pre may_be_given_a_place(node, state_, donors())
PoolNode& Engine::donor_for(const PoolNode& node) const noexcept {
    PoolNode* richest = nullptr;
    for (const auto& other : nodes_) {
        if (other->idle.empty()) continue;
        if (is_spare_seed(*other, state_) && !is_spare_seed(node, state_)) return *other;
        if (richest == nullptr || other->open() > richest->open()) richest = other.get();
    }
    return *richest;
}

// ---------------------------------------------------------------------------------------------------------- who waits

void Engine::reconsider(TimePoint now) {
    pass(now);
    if (time_has_changed_nodes_) serve_waiters();
}

// @return whether it is served, by a connection, a place or an error
bool Engine::serve(AcquireRequest& request, Acquisition&& acquisition) noexcept {
    if (acquisition.kind == Acquisition::Kind::wait) return false;
    waiting_.remove(request);
    request.grant = std::move(acquisition);
    request.waker->wake();
    return true;
}

// A connection came back: who came first takes it, wherever it is, and that is all there is to give.
void Engine::serve_with_returned(std::size_t idle_before) {
    if (waiting_.empty()) return;
    if (idle_ > idle_before && serve(*waiting_.first(), choose(*waiting_.first())) && idle_ == idle_before) return;
    serve_waiters();
}

// Something has changed that may serve any of them. Ends at the first one who would dial any node and has to wait all
// the same: nobody behind him can have more luck.
void Engine::serve_waiters() {
    time_has_changed_nodes_ = false;
    bool nobody = false;  // for whoever would dial any node
    for (AcquireRequest* request = waiting_.first(); request != nullptr;) {
        AcquireRequest& current = *request;
        request = WaitingList::after(current);
        const bool any_node = current.failed.empty();
        if (!any_node && must_wait(current)) continue;
        Acquisition acquisition = any_node && nobody ? no_node(current) : choose(current);
        if (any_node && acquisition.kind == Acquisition::Kind::fail) nobody = true;
        if (!serve(current, std::move(acquisition)) && any_node) return;
    }
}

// Whether that can be said without a list made anew. O(nodes that the request failed at). @pre it failed at one
bool Engine::must_wait(const AcquireRequest& request) {
    if (stale_) rebuild_candidates();
    if (kept_.in_question() <= request.failed.size() || (kept_.empty() && idle_ > 0)) return false;
    const std::size_t count = kept_.size();
    if (count > request.failed.size()) return false;
    static_cast<void>(kept_.candidates());
    for (std::size_t i = 0; i < count; ++i) {
        if (!kept_.node(i).idle.empty() || !failed_at(request, kept_.node(i))) return false;
    }
    return true;
}

// SplitMix64.
std::uint64_t Engine::next_random() noexcept {
    std::uint64_t value = (random_state_ += 0x9e3779b97f4a7c15U);
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31U);
}

}  // namespace picoxx
