#pragma once

#include "pool/pool_node.hpp"

#include <picoxx/port/endpoint.hpp>
#include <picoxx/port/time.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace picoxx {

/// Which nodes come into question, from the first choice to the last resort.
enum class Level : std::uint8_t { healthy, seeds, backing_off };
inline constexpr std::array levels{Level::healthy, Level::seeds, Level::backing_off};

/// What of the whole pool decides which of its nodes may serve.
struct PoolState {
    TimePoint now{};
    std::size_t max_per_node = 0;
    bool full = false;            ///< There is no place for a further connection.
    bool has_topology = false;    ///< The cluster has told its nodes; seeds are spare from then on.
    bool login_accepted = false;  ///< By any node, and by none refused since.
    std::optional<Endpoint> discovery_dials{};
};

/// Whether a call may connect to a node: not where it failed already.
enum class Dialling : std::uint8_t { allowed, barred };

/// Who would give a place up in a full pool.
struct Donors {
    std::size_t richest = 0;  ///< The most connections of a node that has an idle one.
    bool spare_seed = false;  ///< A spare seed has an idle one.
};

/// Used only where no node of the topology can be.
[[nodiscard]] inline bool is_spare_seed(const PoolNode& node, const PoolState& pool) noexcept {
    return node.origin == PoolNode::Origin::seed && pool.has_topology;
}

/// There is a place for one more connection.
[[nodiscard]] inline bool has_room(const PoolNode& node, const PoolState& pool) noexcept {
    return !pool.full && node.open_under_all_names() < pool.max_per_node;
}

/// Until a login was accepted a node is given one at a time: several that are refused together could lock the account.
/// And where a dial outlasts its caller nobody adds another one.
[[nodiscard]] inline bool may_dial(const PoolNode& node, const PoolState& pool) noexcept {
    if (node.unattended > 0) return false;
    return pool.login_accepted || (node.connecting == 0 && pool.discovery_dials != node.info.endpoint);
}

/// In a full pool that lies unevenly over the nodes - one came back, or is new - the node with the most connections
/// gives one that is idle, as long as it keeps more than `node` gets. What a spare seed has idle would serve nobody.
[[nodiscard]] inline bool may_be_given_a_place(const PoolNode& node, const PoolState& pool,
                                               const Donors& donors) noexcept {
    if (donors.richest < 2 && !donors.spare_seed) return false;
    const bool given = donors.richest >= node.open() + 2 || (donors.spare_seed && !is_spare_seed(node, pool));
    return given && pool.full && node.open_under_all_names() < pool.max_per_node;
}

/// Whether `node` is among those of this level.
[[nodiscard]] inline bool belongs_to(Level level, const PoolNode& node, const PoolState& pool) noexcept {
    switch (level) {
        case Level::healthy: return !is_spare_seed(node, pool) && (pool.now >= node.retry_at || !node.idle.empty());
        case Level::seeds: return is_spare_seed(node, pool) && pool.now >= node.retry_at;
        case Level::backing_off: return true;
    }
    return false;
}

/// What `node` is to a call that asks for a connection. O(1); a function of its arguments alone. In the header since a
/// statement asks it twice.
[[nodiscard]] inline Standing standing(const PoolNode& node, const PoolState& pool, Level level, Dialling dialling,
                                       const Donors& donors = {}) noexcept {
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
    const bool place = has_room(node, pool) || may_be_given_a_place(node, pool, donors);
    return place && may_dial(node, pool) ? Standing::ready : Standing::busy;
}

}  // namespace picoxx
