#include "pool/owners.hpp"

#include <algorithm>

namespace picoxx {
namespace {

bool is_usable(const PoolNode& node) noexcept {
    return node.origin == PoolNode::Origin::topology && !node.removed && node.info.availability == Availability::usable;
}

}  // namespace

void Owners::set(std::span<const std::unique_ptr<PoolNode>> nodes) {
    nodes_.clear();
    std::vector<ReplicasetKey> with_known_roles;
    for (const auto& node : nodes) {
        if (node->origin == PoolNode::Origin::topology && !node->removed && node->info.role != NodeRole::unknown)
            with_known_roles.push_back(replicaset_key(node->info.replicaset));
    }
    for (const auto& node : nodes) {
        const ReplicasetKey replicaset = replicaset_key(node->info.replicaset);
        const bool roles_are_known = std::find(with_known_roles.begin(), with_known_roles.end(), replicaset) !=
                                     with_known_roles.end();
        const bool owns = is_usable(*node) && (!roles_are_known || node->info.role == NodeRole::leader);
        node->owns = owns ? replicaset : ReplicasetKey::none;
        if (node->owns != ReplicasetKey::none) nodes_.push_back(node.get());
    }
    std::stable_sort(nodes_.begin(), nodes_.end(),
                     [](const PoolNode* left, const PoolNode* right) { return left->owns < right->owns; });
}

std::span<PoolNode* const> Owners::of(ReplicasetKey replicaset) const noexcept {
    const auto first = std::partition_point(nodes_.begin(), nodes_.end(),
                                            [&](const PoolNode* node) { return node->owns < replicaset; });
    const auto last = std::find_if(first, nodes_.end(), [&](const PoolNode* node) { return node->owns != replicaset; });
    return {first, last};
}

}  // namespace picoxx
