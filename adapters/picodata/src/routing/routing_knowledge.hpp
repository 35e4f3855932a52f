#pragma once

#include "known_statements.hpp"

#include <picoxx/port/topology.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace picoxx {

/// What one client's router knows. Thread safety: all functions.
class RoutingKnowledge {
public:
    [[nodiscard]] KnownStatements& statements() noexcept { return statements_; }

    /// The cluster's nodes. Where they changed, and else every other time, the maps are to be asked for.
    void use(const Topology& topology);
    /// The tiers whose maps are to be asked for now; empty where none is.
    [[nodiscard]] std::vector<std::string> tiers_due();
    /// It has as many buckets as the tier, as far as that is known.
    [[nodiscard]] bool is_whole(const BucketMap& map);
    /// The maps of these tiers; those of others stay.
    void use(std::vector<BucketMap> maps);
    /// They could not be read: they are asked for the next time.
    void maps_failed() noexcept { maps_are_due_ = true; }

    /// There is a tier with buckets.
    [[nodiscard]] bool has_maps();

    /// The servers are known not to have `EXPLAIN (BUCKETS)`.
    [[nodiscard]] bool explains_all() const noexcept { return explains_all_; }
    void set_explains_all(bool all) noexcept { explains_all_ = all; }

    /// The only tier with buckets: that of each sharded table. Empty where there are several, or none.
    [[nodiscard]] std::string only_tier();

private:
    KnownStatements statements_;
    std::mutex mutex_;
    std::vector<std::string> tiers_;
    std::map<std::string, std::uint32_t, std::less<>> bucket_counts_;  // as the topology tells them
    std::uint64_t picture_ = 0;                                        // of the nodes, when they were told last
    bool is_second_time_ = false;
    std::atomic<bool> maps_are_due_{false};
    std::atomic<bool> explains_all_{false};
    std::shared_ptr<const BucketMaps> maps_ = std::make_shared<BucketMaps>();  // under mutex_
};

}  // namespace picoxx
