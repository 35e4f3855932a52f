#include "pool/engine.hpp"

#include "pool/back_off.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace picoxx {

Engine::Engine(EngineLimits limits, Balancer balancer, const std::vector<Endpoint>& seeds, std::uint64_t random_seed)
    : limits_{limits}, balancer_{std::move(balancer)}, random_state_{random_seed} {
    for (const Endpoint& seed : seeds) {
        Node info;
        info.id = to_string(seed);
        info.endpoint = seed;
        if (find_node(info.id) == nullptr) add_node(PoolNode::Origin::seed, std::move(info));
    }
}

// ---------------------------------------------------------------------------------------------------------------- calls

Acquisition Engine::acquire(AcquireRequest& request, TimePoint now) {
    Acquisition acquisition;
    if (closed_) {
        acquisition.kind = Acquisition::Kind::fail;
        acquisition.error = std::make_unique<Error>(make_error(Errc::closed, "the client is closed"));
        return acquisition;
    }
    // Who waits for nodes that he left out takes nothing from those who come after him.
    if (waiters_for_any_node_ == 0) choose(request, now, acquisition);
    if (acquisition.kind != Acquisition::Kind::wait) return acquisition;

    if (waiters_.size() >= limits_.max_waiters) {
        acquisition.kind = Acquisition::Kind::fail;
        acquisition.error = std::make_unique<Error>(exhausted("no further call may wait"));
        return acquisition;
    }
    request.queued = true;
    request.grant = {};
    waiters_.push_back(&request);
    if (request.failed.empty()) ++waiters_for_any_node_;
    return acquisition;
}

Acquisition Engine::acquire_new(const AcquireRequest& request, TimePoint now) {
    Acquisition acquisition;
    if (closed_) {
        acquisition.kind = Acquisition::Kind::fail;
        acquisition.error = std::make_unique<Error>(make_error(Errc::closed, "the client is closed"));
        return acquisition;
    }
    if (open_ >= limits_.max_size) return acquisition;
    for (const Level level : {Level::healthy, Level::seeds, Level::backing_off}) {
        bool any = false;
        for (const auto& node : nodes_) {
            if (!eligible(*node, level, request, now) || now < node->login_refused_until) continue;
            any = true;
            if (!may_dial(*node) || !has_room(*node)) continue;
            if (acquisition.node == nullptr || node->open() < acquisition.node->open()) acquisition.node = node.get();
        }
        if (!any) continue;
        if (acquisition.node == nullptr) return acquisition;
        acquisition.kind = Acquisition::Kind::dial;
        ++acquisition.node->connecting;
        ++open_;
        return acquisition;
    }
    acquisition.kind = Acquisition::Kind::fail;
    acquisition.error = std::make_unique<Error>(no_node_error(request, now));
    return acquisition;
}

TimePoint Engine::next_return(TimePoint now) const noexcept {
    TimePoint next = no_deadline;
    for (const auto& node : nodes_) {
        if (!node->removed && now < node->retry_at) next = std::min(next, node->retry_at);
    }
    return next;
}

void Engine::withdraw(AcquireRequest& request) noexcept {
    if (!request.queued) return;
    request.queued = false;
    if (request.failed.empty()) --waiters_for_any_node_;
    std::erase(waiters_, &request);
}

void Engine::dial_succeeded(PoolNode& node, TimePoint now) {
    --node.connecting;
    ++node.leased;
    login_accepted(node);
    dial_ended(now);
}

void Engine::dial_delivered(std::unique_ptr<Connection> connection, TimePoint now) {
    PoolNode& node = connection->node();
    --node.connecting;
    login_accepted(node);
    keep(std::move(connection));
    dial_ended(now);
}

void Engine::dial_failed(PoolNode& node, const Error& error, TimePoint now) {
    --node.connecting;
    --open_;
    const bool awaited = !login_accepted_;
    failed(node, error, now);
    if (awaited) share_failure(node, error);
    forget_unused_nodes();
    dial_ended(now);
}

void Engine::dial_cancelled(PoolNode& node, TimePoint now) {
    --node.connecting;
    --open_;
    forget_unused_nodes();
    dial_ended(now);
}

bool Engine::await_dial(Waker& waker) {
    const bool any = std::any_of(nodes_.begin(), nodes_.end(), [](const auto& node) { return node->connecting > 0; });
    if (any || discovery_dials_) waiting_for_dials_.push_back(&waker);
    return any || discovery_dials_;
}

void Engine::count_statement(PoolNode& node, Duration took) noexcept {
    ++node.statements;
    node.latency = node.latency.count() == 0 ? took : node.latency + (took - node.latency) / 8;
}

void Engine::release(std::unique_ptr<Connection> connection, TimePoint now) {
    --connection->node().leased;
    keep(std::move(connection));
    if (!waiters_.empty()) serve_waiters(now);
}

void Engine::discard(std::unique_ptr<Connection> connection, const Error& error, TimePoint now) {
    PoolNode& node = connection->node();
    --node.leased;
    --open_;
    if (error) failed(node, error, now);
    dispose(std::move(connection));
    forget_unused_nodes();
    serve_waiters(now);
}

PoolNode* Engine::reopen(std::unique_ptr<Connection> connection, const Error& error, TimePoint now) {
    PoolNode& node = connection->node();
    if (closed_ || node.removed) {
        discard(std::move(connection), error, now);
        return nullptr;
    }
    --node.leased;
    ++node.connecting;
    failed(node, error, now);
    dispose(std::move(connection));
    return &node;
}

std::unique_ptr<Connection> Engine::abandon(std::unique_ptr<Connection> connection, TimePoint now) {
    PoolNode& node = connection->node();
    --node.leased;
    --open_;
    if (closed_ || draining_ >= limits_.max_draining) {
        dispose(std::move(connection));
    } else {
        ++draining_;
        ++node.draining;
    }
    forget_unused_nodes();
    serve_waiters(now);
    return connection;
}

void Engine::readmit(std::unique_ptr<Connection> connection, TimePoint now) {
    --draining_;
    PoolNode& node = connection->node();
    --node.draining;
    if (closed_ || !has_room(node)) {
        dispose(std::move(connection));
        forget_unused_nodes();
        return;
    }
    ++open_;
    keep(std::move(connection));
    serve_waiters(now);
}

void Engine::drain_failed(std::unique_ptr<Connection> connection) noexcept {
    --draining_;
    --connection->node().draining;
    dispose(std::move(connection));
    forget_unused_nodes();
}

// --------------------------------------------------------------------------------------------------------------- choice

void Engine::choose(AcquireRequest& request, TimePoint now, Acquisition& acquisition) {
    for (const Level level : {Level::healthy, Level::seeds, Level::backing_off}) {
        candidates_.clear();
        candidate_nodes_.clear();
        bool any = false;
        for (const auto& node : nodes_) {
            if (!eligible(*node, level, request, now)) continue;
            any = true;
            if (node->idle.empty() && (!may_dial(*node) || (!has_room(*node) && donor_for(*node) == nullptr))) {
                continue;
            }
            candidate_nodes_.push_back(node.get());
            candidates_.push_back(Candidate{
                .id = node->info.id,
                .name = node->info.name,
                .tier = node->info.tier,
                .replicaset = node->info.replicaset,
                .zone = node->info.zone,
                .role = node->info.role,
                .owns_bucket = false,
                .in_flight = node->leased,
                .idle = static_cast<std::uint32_t>(node->idle.size()),
                .open = static_cast<std::uint32_t>(node->open()),
                .max = static_cast<std::uint32_t>(limits_.max_per_node),
                .recent_errors = node->failures_in_a_row,
                .latency = node->latency,
            });
        }
        if (!any) continue;
        if (candidates_.empty()) return;  // all are busy: wait

        PoolNode& node = *candidate_nodes_[pick(request, now)];
        acquisition.node = &node;
        if (!node.idle.empty()) {
            acquisition.kind = Acquisition::Kind::use;
            acquisition.connection = pop_idle(node, request.prefer);
            ++node.leased;
        } else {
            acquisition.kind = Acquisition::Kind::dial;
            if (!has_room(node)) drop_oldest_idle(*donor_for(node));
            ++node.connecting;
            ++open_;
        }
        return;
    }
    acquisition.kind = Acquisition::Kind::fail;
    acquisition.error = std::make_unique<Error>(no_node_error(request, now));
}

bool Engine::eligible(const PoolNode& node, Level level, const AcquireRequest& request, TimePoint now) const noexcept {
    if (node.removed || node.info.availability != Availability::usable) return false;
    if (now < node.login_refused_until && node.idle.empty()) return false;  // those it has are logged in
    for (const FailedNode& failed : request.failed) {
        if (failed.serial == node.serial) return false;
        // A seed is another name of a node: whose login was refused is not asked once more under it.
        if (failed.error.code == Errc::authentication_failed && level != Level::healthy) return false;
    }
    switch (level) {
        case Level::healthy: return !is_spare_seed(node) && (now >= node.retry_at || !node.idle.empty());
        case Level::seeds: return is_spare_seed(node) && now >= node.retry_at;
        case Level::backing_off: return true;
    }
    return false;
}

// Used only where no node of the topology can be.
bool Engine::is_spare_seed(const PoolNode& node) const noexcept {
    return node.origin == PoolNode::Origin::seed && has_topology_;
}

// Its connections, and those made under its other names.
std::size_t Engine::open_at(const PoolNode& node) const noexcept {
    std::size_t open = node.open();
    for (const auto& seed : nodes_) {
        if (seed->same_as == &node) open += seed->open();
    }
    return open;
}

bool Engine::has_room(const PoolNode& node) const noexcept {
    return open_ < limits_.max_size && open_at(node) < limits_.max_per_node;
}

// Until a login was accepted a node is given one at a time: several that are refused together could lock the account. And where a dial
// outlasts its caller nobody adds another one.
bool Engine::may_dial(const PoolNode& node) const noexcept {
    if (node.unattended > 0) return false;
    return login_accepted_ || (node.connecting == 0 && discovery_dials_ != node.info.endpoint);
}

// A full pool that lies unevenly over the nodes - one came back, or is new - moves: the node with the most connections gives one that
// is idle, as long as it keeps more than the other gets. What a spare seed has idle would serve nobody.
PoolNode* Engine::donor_for(const PoolNode& node) const noexcept {
    if (open_ < limits_.max_size || open_at(node) >= limits_.max_per_node) return nullptr;
    PoolNode* richest = nullptr;
    for (const auto& other : nodes_) {
        if (other->idle.empty()) continue;
        if (is_spare_seed(*other) && !is_spare_seed(node)) return other.get();
        if (other->open() < node.open() + 2) continue;
        if (richest == nullptr || other->open() > richest->open()) richest = other.get();
    }
    return richest;
}

std::size_t Engine::pick(const AcquireRequest& request, TimePoint now) noexcept {
    const PickContext context{next_random(), now, static_cast<std::uint32_t>(request.failed.size())};
    return balancer_.pick(candidates_, context);
}

std::unique_ptr<Connection> Engine::pop_idle(PoolNode& node, AcquireRequest::Prefer prefer) noexcept {
    const bool attached = prefer == AcquireRequest::Prefer::attached;
    auto chosen = std::find_if(node.idle.rbegin(), node.idle.rend(), [attached](const auto& connection) {
        return (connection->attachment() != nullptr) == attached;
    });
    if (chosen == node.idle.rend()) chosen = node.idle.rbegin();
    std::unique_ptr<Connection> connection = std::move(*chosen);
    node.idle.erase(std::next(chosen).base());
    --idle_;
    return connection;
}

Error Engine::no_node_error(const AcquireRequest& request, TimePoint now) const {
    // One node, or one reason: say that. Otherwise list them all.
    std::vector<std::pair<std::string, Error>> reasons;
    for (const auto& node : nodes_) {
        if (node->removed) continue;
        if (node->origin == PoolNode::Origin::seed && has_topology_ && node->same_as != nullptr)
            continue;  // named below
        const auto tried = std::find_if(request.failed.begin(), request.failed.end(),
                                        [&](const FailedNode& failed) { return failed.serial == node->serial; });
        if (tried != request.failed.end()) {
            reasons.emplace_back(node->label, tried->error);
        } else if (now < node->login_refused_until) {
            reasons.emplace_back(node->label, refused_login(node->info.endpoint));
        } else if (node->info.availability != Availability::usable) {
            reasons.emplace_back(node->label, make_error(Errc::no_node_available, "not usable, says the cluster"));
        }
    }
    if (reasons.empty()) return make_error(Errc::no_node_available, "the cluster has no usable node");
    const bool one_reason = std::all_of(reasons.begin(), reasons.end(), [&](const auto& reason) {
        return reason.second.code == reasons.front().second.code;
    });
    if (reasons.size() == 1 || (one_reason && reasons.front().second.code == Errc::authentication_failed)) {
        return reasons.front().second;
    }
    Error error = make_error(Errc::no_node_available, "no node is available:");
    for (const auto& [label, reason] : reasons) {
        error.text += ' ' + label + ": " + std::string{to_string(reason.code)} + ", " + reason.text;
        if (!reason.server_text.empty()) error.text += " (" + reason.server_text + ')';
        error.text += ';';
    }
    error.text.pop_back();
    return error;
}

Error Engine::exhausted(std::string_view what) const {
    return make_error(Errc::pool_exhausted, std::string{what} + ": " + std::to_string(open_) + " of " +
                                                std::to_string(limits_.max_size) + " connections are open, " +
                                                std::to_string(open_ - idle_) + " of them busy, and " +
                                                std::to_string(waiters_.size()) + " of " +
                                                std::to_string(limits_.max_waiters) + " calls are waiting");
}

// ----------------------------------------------------------------------------------------------------------- background

std::vector<std::unique_ptr<Connection>> Engine::take_idle(TimePoint before) {
    std::vector<std::unique_ptr<Connection>> taken;
    for (const auto& node : nodes_) {
        for (auto& connection : node->idle) {
            if (connection->last_used() > before) continue;
            taken.push_back(std::move(connection));
            ++node->leased;
            --idle_;
        }
        std::erase(node->idle, nullptr);
    }
    return taken;
}

// ------------------------------------------------------------------------------------------------------------------ end

void Engine::close() noexcept {
    closed_ = true;
    for (Waker* waker : std::exchange(waiting_for_dials_, {})) waker->wake();
    waiters_for_any_node_ = 0;
    for (AcquireRequest* request : std::exchange(waiters_, {})) {
        request->queued = false;
        request->grant.kind = Acquisition::Kind::fail;
        request->grant.error = std::make_unique<Error>(make_error(Errc::closed, "the client is closed"));
        request->waker->wake();
    }
    for (const auto& node : nodes_) drop_idle(*node);
}

std::size_t Engine::made() const noexcept {
    std::size_t connecting = 0;
    for (const auto& node : nodes_) connecting += node->connecting;
    return open_ - connecting;
}

// --------------------------------------------------------------------------------------------------------------- private

void Engine::failed(PoolNode& node, const Error& error, TimePoint now) {
    ++node.failures;
    node.last_error = error;
    if (now >= node.retry_at) {  // else it is one of several attempts that began before the last failure
        ++node.failures_in_a_row;
        node.retry_at = now + back_off(node.failures_in_a_row, next_random());
    }
    if (error.code == Errc::authentication_failed) {
        node.login_refused_until = now + authentication_back_off;
        node.login_error = error;
        login_accepted_ = false;
    }
    want_refresh();
}

void Engine::want_refresh() noexcept {
    const bool new_wish = !std::exchange(refresh_wanted_, true);
    if (new_wish && refresh_waker_ != nullptr) refresh_waker_->wake();
}

void Engine::login_accepted(PoolNode& node) noexcept {
    node.failures_in_a_row = 0;
    node.retry_at = {};
    node.login_refused_until = {};
    node.login_error = {};
    node.last_error = {};
    login_accepted_ = true;
}

void Engine::dial_ended(TimePoint now) {
    for (Waker* waker : std::exchange(waiting_for_dials_, {})) waker->wake();
    if (!waiters_.empty()) serve_waiters(now);
}

// Who waited for the outcome of a dial, in place of a login of his own, shares it.
void Engine::share_failure(const PoolNode& node, const Error& error) {
    for (AcquireRequest* request : waiters_) {
        const bool knows = std::any_of(request->failed.begin(), request->failed.end(),
                                       [&](const FailedNode& failed) { return failed.serial == node.serial; });
        if (knows) continue;
        if (request->failed.empty()) --waiters_for_any_node_;
        request->failed.push_back(FailedNode{node.serial, error});
    }
}

// Where a connection goes that has come to rest. It is not counted as leased any more, but as open.
void Engine::keep(std::unique_ptr<Connection> connection) {
    PoolNode* const made_for = &connection->node();
    PoolNode* node = made_for;
    if (is_spare_seed(*node) && node->same_as != nullptr && !node->same_as->removed) {
        node = node->same_as;
        connection->move_to(*node);
    }
    const bool moved = node != made_for;
    const bool nowhere = is_spare_seed(*node) && node->same_as != nullptr;  // the node it was is gone
    if (closed_ || node->removed || nowhere || node->info.availability != Availability::usable) {
        --open_;
        dispose(std::move(connection));
        forget_unused_nodes();
        return;
    }
    ++idle_;
    auto place = node->idle.end();
    while (place != node->idle.begin() && (*std::prev(place))->last_used() > connection->last_used()) --place;
    node->idle.insert(place, std::move(connection));
    if (moved && open_at(*node) > limits_.max_per_node) drop_oldest_idle(*node);
}

void Engine::dispose(std::unique_ptr<Connection> connection) noexcept { garbage_.push_back(std::move(connection)); }

void Engine::drop_idle(PoolNode& node) noexcept {
    open_ -= node.idle.size();
    idle_ -= node.idle.size();
    for (auto& connection : node.idle) dispose(std::move(connection));
    node.idle.clear();
}

void Engine::drop_oldest_idle(PoolNode& node) noexcept {
    dispose(std::move(node.idle.front()));
    node.idle.erase(node.idle.begin());
    --open_;
    --idle_;
}

void Engine::serve_waiters(TimePoint now) {
    for (auto place = waiters_.begin(); place != waiters_.end();) {
        AcquireRequest& request = **place;
        Acquisition acquisition;
        choose(request, now, acquisition);
        if (acquisition.kind == Acquisition::Kind::wait) {
            // Nobody behind one who takes any node can have more luck; behind one who left nodes out, somebody may.
            if (request.failed.empty()) return;
            ++place;
            continue;
        }
        if (request.failed.empty()) --waiters_for_any_node_;
        place = waiters_.erase(place);
        request.queued = false;
        request.grant = std::move(acquisition);
        request.waker->wake();
    }
}

// SplitMix64.
std::uint64_t Engine::next_random() noexcept {
    std::uint64_t value = (random_state_ += 0x9e3779b97f4a7c15U);
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31U);
}

}  // namespace picoxx
