#pragma once

#include <picoxx/port/endpoint.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx {

enum class NodeRole : std::uint8_t {
    unknown,  ///< The user may not read who leads (an ordinary user of Picodata may not).
    leader,   ///< Master of its replicaset.
    replica,
};

/// Stands for a replicaset where statements are routed: a number in place of its id.
enum class ReplicasetKey : std::uint64_t { none = 0 };

/// Of Node::replicaset. Two ids have the same number once in 2^64; that would cost a hop.
[[nodiscard]] constexpr ReplicasetKey replicaset_key(std::string_view id) noexcept {
    if (id.empty()) return ReplicasetKey::none;
    std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
    for (const char letter : id) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3U;
    return static_cast<ReplicasetKey>(hash);
}

/// What the cluster says of a node. What the driver finds out by itself is kept apart from it.
enum class Availability : std::uint8_t {
    usable,
    draining,  ///< About to leave: open work ends, no new work starts.
    unusable,
};

/// One instance of the cluster.
struct Node {
    std::string id;  ///< Unique for as long as the instance lives (Picodata: its uuid), whatever its name and address.
    std::string name;  ///< Such as `default_1_1`; a re-joined instance may reuse it.
    /// Where clients reach it. An empty host, `0.0.0.0` or `::` says nothing: such a node is used only where the user's
    /// address map knows better.
    Endpoint endpoint;
    std::string tier;
    std::string replicaset;       ///< Unique id of its replicaset.
    std::string replicaset_name;  ///< Empty where not known.
    std::string zone;             ///< Failure domain as `KEY=VALUE,...`, keys ascending; empty where it has none.
    std::string version;
    NodeRole role = NodeRole::unknown;
    Availability availability = Availability::usable;
    std::uint64_t incarnation = 0;  ///< Grows with each restart.
};

/// One tier: a group of replicasets with buckets of its own.
struct Tier {
    std::string name;
    std::uint32_t bucket_count = 0;  ///< 0: holds no data, or not known.
};

/// One consistent picture of a cluster, as one node sees it.
struct Topology {
    std::vector<Node> nodes;
    std::vector<Tier> tiers;
    std::string answered_by;  ///< `Node::id` of the node that gave this picture; empty where it could not tell.
};

}  // namespace picoxx
