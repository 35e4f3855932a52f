// Who gets which node: the kept candidates where all is well, lists made anew where it is not, and those who wait.
#include "pool/engine.hpp"

#include <algorithm>
#include <utility>

namespace picoxx {

Acquisition Engine::choose(const AcquireRequest& request) {
    if (stale_) rebuild_candidates();
    if (request.owner == ReplicasetKey::none) return choose_any(request);
    Acquisition acquisition = choose_owner(request);
    if (acquisition.kind != Acquisition::Kind::wait || waits_for_owner(request)) return acquisition;
    if (stale_) rebuild_candidates();  // a place has moved
    return choose_any(request);
}

[[gnu::always_inline]] inline Acquisition Engine::choose_any(const AcquireRequest& request) {
    if (kept_.in_question() == 0) return choose_anew(request);
    if (kept_.empty()) return choose_idle(request);  // all are busy; a seed of no use otherwise may have one
    if (state_.full && kept_.size() < kept_.in_question() && is_time_for_a_move()) return choose_anew(request);
    return take(kept_, request);
}

// O(nodes): while no node is healthy, and where a full pool may move.
Acquisition Engine::choose_anew(const AcquireRequest& request) {
    for (const Level level : levels) {
        list_anew(level);
        if (listed_.in_question() == 0) continue;
        if (listed_.empty()) return {};
        return take(listed_, request);
    }
    return has_hope() ? Acquisition{} : no_node();
}

// A connection that is there, for somebody who has to wait, or has a dial under way. O(nodes), O(1) where there is none
Acquisition Engine::choose_idle(const AcquireRequest& request) {
    if (idle_ == 0) return {};
    for (const Level level : levels) {
        listed_.clear();
        for (const auto& node : nodes_) {
            const Standing found = node->idle.empty() ? Standing::out : standing(*node, state_, level);
            listed_.append(*node, found);
        }
        if (!listed_.empty()) return take(listed_, request);
    }
    return {};
}

// Lists the nodes that may get one more connection. @return whether there is one
bool Engine::list_dialable(Ahead ahead) {
    for (const Level level : levels) {
        bool in_question = false;
        listed_.clear();
        for (const auto& node : nodes_) {
            const Standing found = standing(*node, state_, level);
            in_question = in_question || found >= Standing::busy;
            const bool is_full = node->same_as != nullptr &&
                                 node->same_as->open_under_all_names() >= limits_.max_per_node;
            const bool may = may_dial(*node, state_) || (ahead == Ahead::as_wished && waits_for_login(*node, state_));
            const bool dialable = found != Standing::out && !is_full && may && has_room(*node, state_);
            listed_.append(*node, dialable ? Standing::ready : Standing::out);
        }
        if (!listed_.empty()) return true;
        if (in_question) return false;
    }
    return false;
}

bool Engine::has_hope() const noexcept {
    return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& node) {
        return std::any_of(levels.begin(), levels.end(),
                           [&](Level level) { return standing(*node, state_, level) == Standing::hoped; });
    });
}

bool Engine::has_other_than(const PoolNode& node, TimePoint now) {
    pass(now);
    return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& other) {
        if (other.get() == &node) return false;
        if (other->info.endpoint == node.info.endpoint && other->idle.empty()) return false;  // the same dial
        return std::any_of(levels.begin(), levels.end(),
                           [&](Level level) { return standing(*other, state_, level) == Standing::ready; });
    });
}

// @pre !from.empty()
Acquisition Engine::take(CandidateList& from, const AcquireRequest& request) {
    return take_at(choose_from(from, request.attempt), request.face);
}

void Engine::list_anew(Level level) {
    const Donors giving = state_.full ? donors(Giving::those_not_wanted) : Donors{};
    listed_.clear();
    for (const auto& node : nodes_) listed_.append(*node, standing(*node, state_, level, giving));
}

void Engine::rebuild_candidates() {
    next_change_ = no_deadline;
    dial_those_due();
    kept_.clear();
    std::uint32_t rank = 0;
    for (const auto& node : nodes_) {
        node->listing = {rank++, 0, standing(*node, state_, Level::healthy)};
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
    if (++picks_since_move_ * nodes_per_pick < nodes_.size()) return false;
    picks_since_move_ = next_random() % nodes_per_pick;  // no beat with a strategy that counts
    return lies_unevenly();
}

bool Engine::lies_unevenly() const noexcept {
    Donors giving;
    std::size_t poorest = limits_.max_per_node;
    for (const auto& node : nodes_) {
        if (node->idle.empty()) {
            if (node->listing.standing == Standing::busy) poorest = std::min(poorest, node->open());
        } else if (is_wanted(*node)) {
            continue;
        } else if (is_spare_seed(*node, state_)) {
            giving.spare_seed = true;
        } else {
            giving.richest = std::max(giving.richest, node->open());
        }
    }
    return poorest < limits_.max_per_node && (giving.spare_seed || giving.richest >= poorest + 2);
}

Donors Engine::donors(Giving giving) const noexcept {
    Donors found;
    for (const auto& node : nodes_) {
        if (node->idle.empty() || (giving == Giving::those_not_wanted && is_wanted(*node))) continue;
        found.richest = std::max(found.richest, node->open());
        found.spare_seed = found.spare_seed || is_spare_seed(*node, state_);
    }
    return found;
}

// @pre may_be_given_a_place(node, state_, donors(giving))
PoolNode& Engine::donor_for(const PoolNode& node, Giving giving) const noexcept {
    PoolNode* richest = nullptr;
    for (const auto& other : nodes_) {
        if (other->idle.empty() || (giving == Giving::those_not_wanted && is_wanted(*other))) continue;
        if (is_spare_seed(*other, state_) && !is_spare_seed(node, state_)) return *other;
        if (richest == nullptr || other->open() > richest->open()) richest = other.get();
    }
    return *richest;
}

// ---------------------------------------------------------------------------------------------------------- who waits

TimePoint Engine::next_return(TimePoint now) {
    if (closed_) return no_deadline;
    pass(now);
    if (stale_) rebuild_candidates();
    return next_change_;
}

void Engine::reconsider(TimePoint now) {
    pass(now);
    if (time_has_changed_nodes_) serve_waiters();
}

// @return whether it is served, by a connection, a place or an error
bool Engine::serve(AcquireRequest& request, Acquisition&& acquisition) noexcept {
    if (acquisition.kind == Acquisition::Kind::wait) return false;
    queues_.remove(request);
    request.grant = std::move(acquisition);
    request.waker->wake();
    return true;
}

// A connection came back: who came first takes it, wherever it is, and that is all there is to give.
void Engine::serve_with_returned(PoolNode* node, std::size_t idle_before) {
    if (node != nullptr && place_wanted_at_ != nullptr && gives_place_up(*node)) return;
    if (node != nullptr && !queues_.wishing.empty() && serve_wish(*node)) return;
    if (!queues_.waiting.empty() && idle_ > idle_before) {
        AcquireRequest& first = waiter_for(node);
        if (serve(first, choose(first)) && idle_ == idle_before) return;
    }
    serve_waiters();
}

// Something has changed that may serve any of them. Who has nothing comes before those who dial; where he has to wait
// nobody behind him can have more luck.
void Engine::serve_waiters() {
    time_has_changed_nodes_ = false;
    bool nobody = false;
    while (AcquireRequest* const request = queues_.waiting.first()) {
        Acquisition acquisition = nobody ? no_node() : choose(*request);
        nobody = acquisition.kind == Acquisition::Kind::fail;
        if (!serve(*request, std::move(acquisition))) break;
    }
    if (!queues_.wishing.empty()) serve_wishes();
    while (AcquireRequest* const request = queues_.dialling.first()) {
        if (!serve(*request, choose_idle(*request))) return;
    }
}

}  // namespace picoxx
