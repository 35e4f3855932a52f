#include "routing_knowledge.hpp"

#include <algorithm>

namespace picoxx {
namespace {

// What may move buckets, or who leads.
std::uint64_t picture_of(const Topology& topology) noexcept {
    std::uint64_t picture = topology.nodes.size();
    for (const Node& node : topology.nodes) {
        const auto state = static_cast<std::uint64_t>(node.role) << 8U | static_cast<std::uint64_t>(node.availability);
        const std::uint64_t of_node = static_cast<std::uint64_t>(replicaset_key(node.id)) ^
                                      (static_cast<std::uint64_t>(replicaset_key(node.replicaset)) << 1U) ^
                                      (state << 32U) ^ node.incarnation;
        picture += of_node * 0x9e3779b97f4a7c15U;  // in any order
    }
    return picture;
}

}  // namespace

void RoutingKnowledge::use(const Topology& topology) {
    std::vector<std::string> tiers;
    for (const Node& node : topology.nodes) tiers.push_back(node.tier);
    std::sort(tiers.begin(), tiers.end());
    tiers.erase(std::unique(tiers.begin(), tiers.end()), tiers.end());
    const std::lock_guard lock{mutex_};
    const std::uint64_t before = std::exchange(picture_, picture_of(topology));
    tiers_ = std::move(tiers);
    is_second_time_ = !is_second_time_;
    bucket_counts_.clear();
    for (const Tier& tier : topology.tiers) bucket_counts_.emplace(tier.name, tier.bucket_count);
    if (before != picture_ || !is_second_time_) maps_are_due_ = true;
    if (before != picture_) explains_all_ = false;  // they may be newer ones
}

std::vector<std::string> RoutingKnowledge::tiers_due() {
    if (!maps_are_due_.exchange(false)) return {};
    const std::lock_guard lock{mutex_};
    return tiers_;
}

bool RoutingKnowledge::is_whole(const BucketMap& map) {
    const std::lock_guard lock{mutex_};
    const auto told = bucket_counts_.find(map.tier());
    return told == bucket_counts_.end() || told->second == 0 || told->second == map.bucket_count();
}

void RoutingKnowledge::use(std::vector<BucketMap> maps) {
    std::shared_ptr<const BucketMaps> now;
    {
        const std::lock_guard lock{mutex_};
        auto all = std::make_shared<BucketMaps>(std::move(maps));
        for (const BucketMap& old : *maps_) {
            const bool is_in_use = std::find(tiers_.begin(), tiers_.end(), old.tier()) != tiers_.end();
            if (is_in_use && find_map(*all, old.tier()) == nullptr) all->push_back(old);
        }
        maps_ = now = std::move(all);
    }
    statements_.use(now);
}

bool RoutingKnowledge::has_maps() {
    const std::lock_guard lock{mutex_};
    return std::any_of(maps_->begin(), maps_->end(), [](const BucketMap& map) { return map.bucket_count() > 0; });
}

std::string RoutingKnowledge::only_tier() {
    const std::lock_guard lock{mutex_};
    const BucketMap* only = nullptr;
    for (const BucketMap& map : *maps_) {
        if (map.bucket_count() == 0) continue;
        if (only != nullptr) return {};
        only = &map;
    }
    return only == nullptr ? std::string{} : only->tier();
}

}  // namespace picoxx
