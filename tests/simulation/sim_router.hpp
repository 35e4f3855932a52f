#pragma once

#include "sim_cluster.hpp"
#include "sim_discovery.hpp"

#include <picoxx/port/statement_router.hpp>

namespace picoxx::simulation {

/// Sure of itself, and right by chance only: names some replicaset as the owner, or one that does not exist, and asks
/// now and then.
class SimRouter final : public StatementRouter {
public:
    explicit SimRouter(SimCluster& cluster) noexcept : cluster_{cluster} {}

    Route route(CStringView, std::span<const Parameter>, RouteHint& hint) noexcept override {
        World& world = cluster_.world();
        hint.asks = world.one_in(8);
        if (world.one_in(4)) return Route::anywhere;
        const std::uint64_t any = world.below(cluster_.size() + 1);
        hint.owner = replicaset_key(any < cluster_.size() ? cluster_.instance(any).node.replicaset : "none of them");
        hint.bucket = 1;
        return Route::owner;
    }
    void on_notice(const Notice&) noexcept override {}
    void on_invalidated(CStringView) noexcept override {}
    void on_topology(const Topology&) noexcept override {}
    void refresh(DiscoveryContext& context) noexcept override { source_.refresh(context); }

private:
    SimCluster& cluster_;
    SimDiscoverySource source_;
};

}  // namespace picoxx::simulation
