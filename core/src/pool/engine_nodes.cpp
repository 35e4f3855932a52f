// The nodes the engine knows: what discovery told of them, which seed is which, and where to ask next.
#include "pool/closing_reasons.hpp"
#include "pool/engine.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace picoxx {
namespace {

using EndpointKey = std::pair<std::string_view, std::uint16_t>;
EndpointKey key(const Endpoint& endpoint) { return {endpoint.host, endpoint.port}; }

// Gone from the topology, and from everybody's hands.
bool is_unused(const PoolNode& node) { return node.removed && node.open() == 0 && node.draining == 0; }

}  // namespace

void Engine::apply(const Topology& topology, const Endpoint& asked, TimePoint now) {
    if (closed_) return;
    pass(now);
    stale_ = true;
    take_over(topology);
    state_.has_topology = true;
    identify_seeds(topology, asked);
    place_wanted_at_ = nullptr;
    std::erase_if(nodes_, [&](const auto& node) {
        if (!is_unused(*node)) return false;
        if (failed_last_ == node.get()) failed_last_ = nullptr;
        return true;
    });
    owners_.set(nodes_);
    drop_wishes();
    serve_waiters();
}

void Engine::take_over(const Topology& topology) {
    std::unordered_map<std::string_view, PoolNode*> known;
    for (const auto& node : nodes_) known.emplace(node->info.id, node.get());
    std::vector<PoolNode*> told;
    for (const Node& info : topology.nodes) {
        PoolNode*& node = known[info.id];
        if (node == nullptr) node = &add_node(PoolNode::Origin::topology, info);
        told.push_back(node);
    }
    for (const auto& node : nodes_) node->removed = node->origin == PoolNode::Origin::topology;
    // From here on `known` is of no use: the texts it refers to are replaced.
    auto next = told.begin();
    for (const Node& info : topology.nodes) {
        PoolNode& node = **next++;
        if (node.info.endpoint != info.endpoint) {
            ++node.generation;
            drop_idle(node, of_the_past);
            node.retry_at = {};
        }
        if (node.info.incarnation != info.incarnation) node.retry_at = {};
        node.removed = false;
        node.info = info;
        node.label = info.name + " (" + to_string(info.endpoint) + ')';
        if (info.availability != Availability::usable) drop_idle(node, node_unusable);
    }
    for (const auto& node : nodes_) {
        if (node->removed) drop_idle(*node, node_gone);
    }
    // Kept in order, so that a strategy sees the same nodes in the same order.
    std::stable_sort(nodes_.begin(), nodes_.end(), [](const auto& left, const auto& right) {
        if (left->origin != right->origin) return left->origin == PoolNode::Origin::seed;
        return left->origin == PoolNode::Origin::topology && left->info.id < right->info.id;
    });
}

void Engine::identify_seeds(const Topology& topology, const Endpoint& asked) {
    PoolNode* answering = nullptr;
    std::map<EndpointKey, PoolNode*> by_endpoint;
    for (const auto& node : nodes_) {
        node->open_as_seeds = 0;
        if (node->origin != PoolNode::Origin::topology || node->removed) continue;
        by_endpoint.emplace(key(node->info.endpoint), node.get());
        if (node->info.id == topology.answered_by) answering = node.get();
    }
    for (const auto& seed : nodes_) {
        if (seed->origin != PoolNode::Origin::seed) continue;
        if (seed->same_as != nullptr && seed->same_as->removed) seed->same_as = nullptr;
        const auto found = by_endpoint.find(key(seed->info.endpoint));
        if (found != by_endpoint.end()) seed->same_as = found->second;
        if (answering != nullptr && seed->info.endpoint == asked) seed->same_as = answering;
        seed->counted_open = 0;
        if (seed->same_as == nullptr) {
            drop_idle(*seed, node_unknown);
        } else if (!is_last_resort(*seed)) {
            merge_seed(*seed);
        } else {
            changed(*seed);
        }
    }
}

Engine::DialPermission Engine::begin_discovery_dial(const Endpoint& endpoint, Waker& waker, TimePoint now) {
    pass(now);
    bool busy = state_.is_dialled_by_discovery(endpoint);
    for (const auto& node : nodes_) {
        if (node->info.endpoint != endpoint) continue;
        if (state_.now < node->login_refused_until) return DialPermission::refused;
        busy = busy || has_logins_enough(*node, state_);
    }
    if (busy) {
        waiting_for_dials_.push_back(&waker);
        return DialPermission::wait;
    }
    for (const auto& node : nodes_) {
        if (node->info.endpoint == endpoint) login_begins(*node);
    }
    state_.discovery_dials.push_back(endpoint);
    stale_ = true;
    return DialPermission::granted;
}

void Engine::end_discovery_dial(const Endpoint& endpoint, const Error& error, TimePoint now) {
    pass(now);
    std::erase(state_.discovery_dials, endpoint);
    stale_ = true;
    const auto found = std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& node) {
        return node->info.endpoint == endpoint && !is_unused(*node);
    });
    if (!error) {
        if (found != nodes_.end()) login_accepted(**found);
    } else if (error.code != Errc::cancelled && found != nodes_.end()) {
        const bool was_wanted = refresh_wanted_;
        note_failed_dial(**found, error);
        dial_failed_there(**found, error);
        refresh_wanted_ = was_wanted;  // it makes no node doubtful that discovery asks another one
    }
    dial_ended();
}

std::vector<Endpoint> Engine::discovery_order(TimePoint now) {
    pass(now);
    std::vector<PoolNode*> order;
    for (const auto& node : nodes_) {
        if (!node->removed && state_.now >= node->login_refused_until) order.push_back(node.get());
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
    std::set<EndpointKey> seen;
    for (const PoolNode* node : order) {
        if (seen.insert(key(node->info.endpoint)).second) endpoints.push_back(node->info.endpoint);
    }
    return endpoints;
}

std::size_t Engine::usable_nodes() const noexcept {
    return static_cast<std::size_t>(std::count_if(nodes_.begin(), nodes_.end(), [&](const auto& node) {
        return !node->removed && !is_spare_seed(*node, state_) && node->info.availability == Availability::usable;
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
        if (node->removed || is_spare_seed(*node, state_)) continue;
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
    owned_.reserve(nodes_.size() + 1);
    owned_nodes_.reserve(nodes_.size() + 1);
    kept_.make_room(nodes_.size() + 1);
    listed_.make_room(nodes_.size() + 1);
    return *nodes_.emplace_back(std::move(node));
}

void Engine::merge_seed(PoolNode& seed) {
    PoolNode& node = *seed.same_as;
    while (!seed.idle.empty()) {
        --idle_;
        keep(seed.idle.take_oldest());
    }
    changed(seed);
    // Under another name it may have been another node that executed them.
    if (seed.info.endpoint == node.info.endpoint) node.statements += std::exchange(seed.statements, 0);
}

// A name may lead to one node now and to another one then, as a balancer's does. Where the cluster's own address for
// the node was reached all is clear.
bool Engine::asks_who_it_is(std::unique_ptr<Connection>& connection) noexcept {
    PoolNode& seed = connection->node();
    const Endpoint& of_node = seed.same_as->info.endpoint;
    const bool is_clear = seed.info.endpoint == of_node ||
                          (connection->address() == of_node.host && seed.info.endpoint.port == of_node.port);
    if (is_clear || connection->is_identified() || closed_ || is_over(*connection) || is_last_resort(seed))
        return false;
    unidentified_.add(std::move(connection));
    ++seed.left_behind;
    ++left_behind_;
    needs_attention_ = true;
    changed(seed);
    return true;
}

ConnectionChain Engine::take_unidentified() noexcept {
    ConnectionChain taken;
    while (may_identify()) {
        taken.add(unidentified_.take());
        ++being_identified_;
    }
    return taken;
}

// Another one may be asked.
void Engine::identification_ended() noexcept {
    --being_identified_;
    needs_attention_ = true;
}

void Engine::identification_failed(std::unique_ptr<Connection> connection) noexcept {
    identification_ended();
    drop_left_behind(std::move(connection), "it does not say which node answers under its name");
}

void Engine::identified(std::unique_ptr<Connection> connection, std::string_view id, TimePoint now) {
    pass(now);
    identification_ended();
    PoolNode& made_for = connection->node();
    --made_for.left_behind;
    --left_behind_;
    connection->identified();
    const auto found = std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& node) {
        return node->origin == PoolNode::Origin::topology && !node->removed && node->info.id == id;
    });
    const bool is_known = found != nodes_.end();
    if (id.empty() || is_over(*connection)) {
        keep(std::move(connection));
    } else if (!is_known || !moves_to(**found, *connection)) {
        drop_at_rest(std::move(connection), is_known ? no_memory : node_unknown);
    } else {
        changed(made_for);
        keep(std::move(connection));
        const bool has_too_many = (*found)->open_under_all_names() > limits_.max_per_node;
        if (has_too_many && !(*found)->idle.empty()) drop_oldest_idle(**found);
    }
    changed(made_for);
    forget_if_unused(made_for);
    serve_waiters();
}

void Engine::forget_if_unused(const PoolNode& node) {
    if (!is_unused(node)) return;
    if (failed_last_ == &node) failed_last_ = nullptr;
    if (place_wanted_at_ == &node) place_wanted_at_ = nullptr;
    std::erase_if(nodes_, [&](const auto& other) { return other.get() == &node; });
}

}  // namespace picoxx
