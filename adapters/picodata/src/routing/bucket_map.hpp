#pragma once

#include <picoxx/port/result.hpp>
#include <picoxx/port/statement_router.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx {

/// Which replicaset of one tier owns which bucket. Complete: each bucket from 1 on has one owner. Immutable.
class BucketMap {
public:
    /// Of the answer to `SELECT _pico_bucket('<tier>')`.
    /// @return `discovery_failed`, saying what is wrong, where it is not complete or not understood
    [[nodiscard]] static Result<BucketMap> read(std::string tier, std::string_view json);

    [[nodiscard]] const std::string& tier() const noexcept { return tier_; }
    /// 0 in a tier without data.
    [[nodiscard]] std::uint32_t bucket_count() const noexcept { return ranges_.empty() ? 0 : ranges_.back().last; }
    /// O(log ranges). @pre 0 < bucket && bucket <= bucket_count()
    [[nodiscard]] ReplicasetKey owner(std::uint32_t bucket) const noexcept {
        const auto range = std::partition_point(ranges_.begin(), ranges_.end(),
                                                [bucket](const Range& other) { return other.last < bucket; });
        return range->owner;
    }

private:
    struct Range {
        std::uint32_t last = 0;  // the first bucket follows the last one of the range before
        ReplicasetKey owner = ReplicasetKey::none;
    };

    std::string tier_;
    std::vector<Range> ranges_;
};

using BucketMaps = std::vector<BucketMap>;  ///< By tier.

/// @return null where there is none
[[nodiscard]] inline const BucketMap* find_map(const BucketMaps& maps, std::string_view tier) noexcept {
    const auto found = std::find_if(maps.begin(), maps.end(), [&](const BucketMap& map) { return map.tier() == tier; });
    return found == maps.end() ? nullptr : &*found;
}

}  // namespace picoxx
