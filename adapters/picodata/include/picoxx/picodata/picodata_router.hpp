#pragma once

#include <picoxx/port/statement_router.hpp>

#include <memory>

namespace picoxx {

class RoutingKnowledge;

/// Learns which parameters of a statement make the sharding key, and who owns which bucket, without parsing SQL and
/// without a grant beyond those that the statement itself needs.
///
/// The first executions of a text are explained by the server, in the background, with their own parameters: EXPLAIN
/// tells the buckets (measured on 25.6, 26.1 and 26.3; INSERT from 26.1 on). The parameters whose hash gives these
/// buckets, twice and differently, are the key. From then on arithmetic tells the bucket, and the tier's map, which
/// `_pico_bucket()` gives, its owner. What was learned is looked at again now and then, after a change of tables that
/// went through this client, and when the server calls a plan stale. A wrong lesson, or an old map, costs a hop: the
/// server finds the owner by itself.
class PicodataRouter final : public StatementRouter {
public:
    PicodataRouter();
    ~PicodataRouter() override;

    Route route(CStringView sql, std::span<const Parameter> parameters, RouteHint& hint) noexcept override;
    void on_notice(const Notice& notice) noexcept override;
    void on_invalidated(CStringView sql) noexcept override;
    void on_topology(const Topology& topology) noexcept override;
    void refresh(DiscoveryContext& context) noexcept override;

private:
    std::shared_ptr<RoutingKnowledge> knowledge_;  // shared with the refreshes under way, which may outlive the router
};

/// Never null.
[[nodiscard]] std::shared_ptr<StatementRouter> picodata_router();

}  // namespace picoxx
