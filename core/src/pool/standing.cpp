#include "pool/standing.hpp"

namespace picoxx {
namespace {

bool belongs_to(Level level, const PoolNode& node, const PoolState& pool) noexcept {
    switch (level) {
        case Level::healthy: return !is_spare_seed(node, pool) && (pool.now >= node.retry_at || !node.idle.empty());
        case Level::seeds: return is_spare_seed(node, pool) && pool.now >= node.retry_at;
        case Level::backing_off: return true;
    }
    return false;
}

}  // namespace

bool is_spare_seed(const PoolNode& node, const PoolState& pool) noexcept {
    return node.origin == PoolNode::Origin::seed && pool.has_topology;
}

bool has_room(const PoolNode& node, const PoolState& pool) noexcept {
    return !pool.full && node.open_under_all_names() < pool.max_per_node;
}

bool may_dial(const PoolNode& node, const PoolState& pool) noexcept {
    if (node.unattended > 0) return false;
    return pool.login_accepted || (node.connecting == 0 && pool.discovery_dials != node.info.endpoint);
}

bool may_be_given_a_place(const PoolNode& node, const PoolState& pool, const Donors& donors) noexcept {
    if (!pool.full || node.open_under_all_names() >= pool.max_per_node) return false;
    return donors.richest >= node.open() + 2 || (donors.spare_seed && !is_spare_seed(node, pool));
}

Standing standing(const PoolNode& node, const PoolState& pool, Level level, Dialling dialling,
                  const Donors& donors) noexcept {
    if (node.removed || node.info.availability != Availability::usable) return Standing::out;
    if (dialling == Dialling::barred || pool.now < node.login_refused_until) {
        // Nobody logs in there; the connections it has are logged in.
        const bool spare = is_spare_seed(node, pool);
        if ((level == Level::healthy && spare) || (level == Level::seeds && !spare)) return Standing::out;
        if (!node.idle.empty()) return Standing::ready;
        return node.leased > 0 ? Standing::busy : Standing::out;
    }
    if (!belongs_to(level, node, pool)) return Standing::out;
    if (!node.idle.empty()) return Standing::ready;
    if (!may_dial(node, pool)) return Standing::busy;
    return has_room(node, pool) || may_be_given_a_place(node, pool, donors) ? Standing::ready : Standing::busy;
}

}  // namespace picoxx
