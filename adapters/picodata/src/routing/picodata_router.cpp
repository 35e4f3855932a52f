#include "router_refresh.hpp"
#include "routing_knowledge.hpp"

#include <picoxx/picodata/picodata_router.hpp>

#include <new>

namespace picoxx {

PicodataRouter::PicodataRouter() : knowledge_{std::make_shared<RoutingKnowledge>()} {}

PicodataRouter::~PicodataRouter() = default;

StatementRouter::Route PicodataRouter::route(CStringView sql, std::span<const Parameter> parameters,
                                             RouteHint& hint) noexcept {
    return knowledge_->statements().route(sql, parameters, hint);
}

// Users' sessions bring none: the server tells what it knows to whoever asks it to explain.
void PicodataRouter::on_notice(const Notice&) noexcept {}

void PicodataRouter::on_invalidated(CStringView sql) noexcept { knowledge_->statements().doubt(sql); }

void PicodataRouter::on_topology(const Topology& topology) noexcept {
    try {
        knowledge_->use(topology);
    } catch (const std::bad_alloc&) {
        knowledge_->maps_failed();
    }
}

void PicodataRouter::refresh(DiscoveryContext& context) noexcept { RouterRefresh::start(context, knowledge_); }

std::shared_ptr<StatementRouter> picodata_router() { return std::make_shared<PicodataRouter>(); }

}  // namespace picoxx
