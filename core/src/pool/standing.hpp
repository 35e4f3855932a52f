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
[[nodiscard]] bool is_spare_seed(const PoolNode& node, const PoolState& pool) noexcept;

/// There is a place for one more connection.
[[nodiscard]] bool has_room(const PoolNode& node, const PoolState& pool) noexcept;

/// Until a login was accepted a node is given one at a time: several that are refused together could lock the account. And where a dial
/// outlasts its caller nobody adds another one.
[[nodiscard]] bool may_dial(const PoolNode& node, const PoolState& pool) noexcept;

/// In a full pool that lies unevenly over the nodes - one came back, or is new - the node with the most connections gives one that is
/// idle, as long as it keeps more than `node` gets. What a spare seed has idle would serve nobody.
[[nodiscard]] bool may_be_given_a_place(const PoolNode& node, const PoolState& pool, const Donors& donors) noexcept;

/// What `node` is to a call that asks for a connection. O(1); a function of its arguments alone.
[[nodiscard]] Standing standing(const PoolNode& node, const PoolState& pool, Level level, Dialling dialling,
                                const Donors& donors = {}) noexcept;

}  // namespace picoxx
