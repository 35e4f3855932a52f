#pragma once

#include "pool/pool_node.hpp"

#include <picoxx/port/topology.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace picoxx {

/// What became of statements whose owner was known.
struct RoutingCounts {
    std::uint64_t at_owner = 0;  ///< Served there.
    /// Served by other nodes: the owner had neither a connection free nor room, or the strategy took none of its nodes.
    std::uint64_t elsewhere = 0;
};

/// Which nodes serve as owners of a replicaset's buckets: those that lead it or, where nobody knows who does, all.
/// While its master is being changed nobody is.
class Owners {
public:
    /// After each change of the nodes, which outlive what is kept of them.
    void set(std::span<const std::unique_ptr<PoolNode>> nodes);
    /// O(log replicasets). Empty where none is known.
    [[nodiscard]] std::span<PoolNode* const> of(ReplicasetKey replicaset) const noexcept;

private:
    std::vector<PoolNode*> nodes_;  // by PoolNode::owns
};

}  // namespace picoxx
