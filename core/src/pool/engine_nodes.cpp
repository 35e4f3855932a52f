// The nodes the engine knows: what discovery told of them, which seed is which, and where to ask next.
#include "pool/engine.hpp"

#include <algorithm>
#include <utility>

namespace picoxx {

void Engine::apply(const Topology& topology, const Endpoint& asked, TimePoint now) {
    if (closed_) return;
    for (const auto& node : nodes_) {
        if (node->origin == PoolNode::Origin::topology) node->removed = true;
    }
    for (const Node& info : topology.nodes) {
        PoolNode* node = find_node(info.id);
        if (node == nullptr) {
            node = &add_node(PoolNode::Origin::topology, info);
        } else if (node->info.endpoint != info.endpoint) {
            drop_idle(*node);  // it moved
            node->retry_at = {};
        }
        if (node->info.incarnation != info.incarnation) node->retry_at = {};
        node->removed = false;
        node->info = info;
        node->label = info.name + " (" + to_string(info.endpoint) + ')';
        if (info.availability != Availability::usable) drop_idle(*node);
    }
    has_topology_ = true;

    for (const auto& node : nodes_) {
        if (node->removed) drop_idle(*node);
        if (node->origin != PoolNode::Origin::seed) continue;
        PoolNode* same = nullptr;
        if (node->info.endpoint == asked && !topology.answered_by.empty()) same = find_node(topology.answered_by);
        for (const auto& other : nodes_) {
            if (same != nullptr) break;
            if (other->origin == PoolNode::Origin::topology && other->info.endpoint == node->info.endpoint)
                same = other.get();
        }
        if (same != nullptr) node->same_as = same;
        if (node->same_as != nullptr) {
            merge_seed(*node, *node->same_as);
        } else {
            drop_idle(*node);
        }
    }
    forget_unused_nodes();
    serve_waiters(now);
}

Engine::DialPermission Engine::begin_discovery_dial(const Endpoint& endpoint, Waker& waker, TimePoint now) {
    for (const auto& node : nodes_) {
        if (node->info.endpoint != endpoint) continue;
        if (now < node->login_refused_until) return DialPermission::refused;
        if (!login_accepted_ && node->connecting > 0) {
            waiting_for_dials_.push_back(&waker);
            return DialPermission::wait;
        }
    }
    discovery_dials_ = endpoint;
    return DialPermission::granted;
}

void Engine::end_discovery_dial(const Error& error, TimePoint now) {
    const Endpoint endpoint = *std::exchange(discovery_dials_, std::nullopt);
    if (!error) login_accepted_ = true;
    if (error.code == Errc::authentication_failed) {
        for (const auto& node : nodes_) {
            if (node->info.endpoint == endpoint) failed(*node, error, now);
        }
        static_cast<void>(take_refresh_wanted());
    }
    dial_ended(now);
}

Error Engine::refused_login(const Endpoint& endpoint) const {
    const auto refused = std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& node) {
        return node->info.endpoint == endpoint && node->login_error;
    });
    Error error = refused != nodes_.end() ? (*refused)->login_error
                                          : make_error(Errc::authentication_failed, "the login was refused");
    error.text += " (not asked again yet: failed logins lock the account)";
    return error;
}

std::vector<Endpoint> Engine::discovery_order(TimePoint now) {
    std::vector<PoolNode*> order;
    for (const auto& node : nodes_) {
        if (!node->removed && now >= node->login_refused_until) order.push_back(node.get());
    }
    // A different node first each time, so that one with an old picture is not asked for ever.
    if (!order.empty()) {
        std::rotate(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(next_random() % order.size()),
                    order.end());
    }
    const auto rank = [](const PoolNode* node) {
        const bool healthy = node->failures_in_a_row == 0 && node->info.availability == Availability::usable;
        if (node->origin == PoolNode::Origin::topology && healthy) return 0;
        return healthy ? 1 : 2;
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](const PoolNode* left, const PoolNode* right) { return rank(left) < rank(right); });
    std::vector<Endpoint> endpoints;
    for (const PoolNode* node : order) {
        if (std::find(endpoints.begin(), endpoints.end(), node->info.endpoint) == endpoints.end()) {
            endpoints.push_back(node->info.endpoint);
        }
    }
    return endpoints;
}

std::size_t Engine::usable_nodes() const noexcept {
    return static_cast<std::size_t>(std::count_if(nodes_.begin(), nodes_.end(), [&](const auto& node) {
        return !node->removed && !is_spare_seed(*node) && node->info.availability == Availability::usable;
    }));
}

std::vector<KnownNode> Engine::known_nodes() const {
    std::vector<KnownNode> known;
    for (const auto& node : nodes_) {
        if (node->removed || node->origin != PoolNode::Origin::topology) continue;
        known.push_back(KnownNode{node->info, node->failures_in_a_row == 0});
    }
    return known;
}

std::vector<NodeStatus> Engine::nodes() const {
    std::vector<NodeStatus> statuses;
    for (const auto& node : nodes_) {
        if (node->removed || (node->origin == PoolNode::Origin::seed && has_topology_)) continue;
        statuses.push_back(NodeStatus{node->info, to_string(node->info.endpoint), node->statements, node->failures,
                                      node->idle.size(), std::size_t{node->leased} + node->connecting,
                                      node->last_error});
    }
    std::stable_sort(statuses.begin(), statuses.end(),
                     [](const NodeStatus& left, const NodeStatus& right) { return left.node.name < right.node.name; });
    return statuses;
}

PoolNode& Engine::add_node(PoolNode::Origin origin, Node info) {
    auto node = std::make_unique<PoolNode>();
    node->serial = ++serials_;
    node->origin = origin;
    node->info = std::move(info);
    node->label = node->info.id;
    // Kept in order, so that a strategy sees the same nodes in the same order.
    const auto place = std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& other) {
        return origin == PoolNode::Origin::topology && other->origin == PoolNode::Origin::topology &&
               node->info.id < other->info.id;
    });
    return **nodes_.insert(place, std::move(node));
}

PoolNode* Engine::find_node(std::string_view id) noexcept {
    const auto found = std::find_if(nodes_.begin(), nodes_.end(),
                                    [&](const auto& node) { return node->info.id == id; });
    return found == nodes_.end() ? nullptr : found->get();
}

void Engine::merge_seed(PoolNode& seed, PoolNode& node) {
    for (auto& connection : seed.idle) {
        connection->move_to(node);
        node.idle.push_back(std::move(connection));
    }
    seed.idle.clear();
    while (!node.idle.empty() && open_at(node) > limits_.max_per_node) drop_oldest_idle(node);
    node.statements += std::exchange(seed.statements, 0);
}

void Engine::forget_unused_nodes() {
    for (const auto& seed : nodes_) {
        if (seed->same_as != nullptr && seed->same_as->removed) seed->same_as = nullptr;
    }
    std::erase_if(nodes_, [](const auto& node) { return node->removed && node->open() == 0 && node->draining == 0; });
}

}  // namespace picoxx
