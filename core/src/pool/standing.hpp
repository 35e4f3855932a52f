#pragma once

#include "pool/pool_node.hpp"

#include <picoxx/port/endpoint.hpp>
#include <picoxx/port/time.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace picoxx {

/// Which nodes come into question, from the first choice to the last resort.
enum class Level : std::uint8_t { healthy, seeds };
inline constexpr std::array levels{Level::healthy, Level::seeds};

/// What of the whole pool decides which of its nodes may serve.
struct PoolState {
    TimePoint now{};
    std::size_t max_per_node = 0;
    bool full = false;                        ///< There is no place for a further connection.
    bool has_topology = false;                ///< The cluster has told its nodes; seeds are spare from then on.
    std::vector<Endpoint> discovery_dials{};  ///< Where discovery is connecting.

    [[nodiscard]] bool is_dialled_by_discovery(const Endpoint& endpoint) const noexcept {
        return std::find(discovery_dials.begin(), discovery_dials.end(), endpoint) != discovery_dials.end();
    }
};

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

/// So many others log in there that one more has to wait: several that are refused together could lock the account.
[[nodiscard]] bool has_most_logins(const PoolNode& node, const PoolState& pool) noexcept;
[[nodiscard]] inline bool has_logins_enough(const PoolNode& node, const PoolState& pool) noexcept {
    const bool none = node.connecting == 0 && pool.discovery_dials.empty();
    return !none && has_most_logins(node, pool);
}

/// It could be dialled but for the logins that are under way there.
[[nodiscard]] inline bool waits_for_login(const PoolNode& node, const PoolState& pool) noexcept {
    const bool sound = node.unattended == 0 && node.failures_in_a_row == 0 && pool.now >= node.login_refused_until;
    return sound && node.connecting > 0 && has_logins_enough(node, pool);
}

/// Whether a call may connect to it. A node that lost a connection is given one dial at a time until one succeeded.
/// Where a dial outlasts its caller nobody adds another one.
[[nodiscard]] inline bool may_dial(const PoolNode& node, const PoolState& pool) noexcept {
    if (node.unattended > 0 || node.is_failing() || pool.now < node.login_refused_until) return false;
    if (node.connecting > 0 && node.failures_in_a_row > 0) return false;
    return !has_logins_enough(node, pool);
}

/// A node whose last dial failed is dialled again, in the background.
[[nodiscard]] inline bool is_due(const PoolNode& node, const PoolState& pool) noexcept {
    if (!node.is_failing() || node.connecting > 0 || pool.now < node.retry_at || pool.now < node.login_refused_until)
        return false;
    return !has_logins_enough(node, pool);
}

/// Whether a further attempt would end as the last one did until somebody changes something.
[[nodiscard]] inline bool is_refused_for_good(const PoolNode& node, const PoolState& pool) noexcept {
    if (node.connecting > 0) return false;  // it is being found out
    if (pool.now < node.login_refused_until) return true;
    const Errc code = node.last_error.code;
    return node.is_failing() &&
           (code == Errc::tls_failed || code == Errc::invalid_argument || code == Errc::unsupported);
}

/// In a full pool that lies unevenly over the nodes - one came back, or is new - the node with the most connections
/// gives one that is idle, as long as it keeps more than `node` gets. What a spare seed has idle would serve nobody.
[[nodiscard]] inline bool may_be_given_a_place(const PoolNode& node, const PoolState& pool,
                                               const Donors& donors) noexcept {
    if (donors.richest < 2 && !donors.spare_seed) return false;
    const bool given = donors.richest >= node.open() + 2 || (donors.spare_seed && !is_spare_seed(node, pool));
    return given && pool.full && node.open_under_all_names() < pool.max_per_node;
}

/// What `node` is to a call that asks for a connection. O(1); a function of its arguments alone. In the header since a
/// statement asks it twice.
[[nodiscard]] inline Standing standing(const PoolNode& node, const PoolState& pool, Level level,
                                       const Donors& donors = {}) noexcept {
    if (node.removed || node.info.availability != Availability::usable) return Standing::out;
    if (is_spare_seed(node, pool) != (level == Level::seeds)) return Standing::out;
    if (!node.idle.empty()) return Standing::ready;
    const bool place = has_room(node, pool) || may_be_given_a_place(node, pool, donors);
    if (place && may_dial(node, pool)) return Standing::ready;
    if (node.leased > 0) return Standing::busy;
    if (is_refused_for_good(node, pool)) return Standing::out;
    return node.is_failing() || node.unattended > 0 ? Standing::hoped : Standing::busy;
}

}  // namespace picoxx
