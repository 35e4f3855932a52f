#include <picoxx/picoxx.hpp>

namespace picoxx {

Components default_components() {
    Components components;
    components.transport = libpq_transport();
    components.discovery = picodata_discovery();
    components.router = &picodata_router;
    components.strategies = {{"round_robin", StrategyFactory::of<RoundRobin>("round_robin")},
                             {"random", &random},
                             {"least_busy", &least_busy}};
    components.default_strategy = "round_robin";
    return components;
}

}  // namespace picoxx
