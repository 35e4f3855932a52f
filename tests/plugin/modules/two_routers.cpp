// Two components that would fill one place of a client.
#include <picoxx/port/plugin.hpp>
#include <picoxx/port/statement_router.hpp>

class Anywhere final : public picoxx::StatementRouter {
public:
    Route route(picoxx::CStringView, std::span<const picoxx::Parameter>, picoxx::RouteHint&) noexcept override {
        return Route::anywhere;
    }
    void on_notice(const picoxx::Notice&) noexcept override {}
    void on_invalidated(picoxx::CStringView) noexcept override {}
    void on_topology(const picoxx::Topology&) noexcept override {}
    void refresh(picoxx::DiscoveryContext&) noexcept override {}
};

PICOXX_PLUGIN("two_routers", "1.0.0",
              picoxx::sdk::component<picoxx::StatementRouter, Anywhere>("first", "routes nowhere"),
              picoxx::sdk::component<picoxx::StatementRouter, Anywhere>("second", "routes nowhere, too"));
