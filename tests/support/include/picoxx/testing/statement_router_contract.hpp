#pragma once

#include <picoxx/testing/fake_discovery_context.hpp>

#include <picoxx/port/statement_router.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

namespace picoxx::testing {

struct StatementRouterContractParam {
    std::string name;
    std::function<std::shared_ptr<StatementRouter>()> make;
    /// Prepares the answers to what `refresh` asks.
    std::function<void(FakeDiscoveryContext&)> script;
    /// Routes a statement whose owner is known after that refresh. Empty: none is.
    std::function<StatementRouter::Route(StatementRouter&, RouteHint&)> route_known;
};

inline std::ostream& operator<<(std::ostream& out, const StatementRouterContractParam& param) {
    return out << param.name;
}

/// What every StatementRouter obeys. Include it in one source file of a test program. Use:
/// `INSTANTIATE_TEST_SUITE_P(mine, StatementRouterContract, ::testing::Values(StatementRouterContractParam{...}));`
class StatementRouterContract : public ::testing::TestWithParam<StatementRouterContractParam> {
protected:
    static constexpr const char* statement = "SELECT * FROM things WHERE id = $1";

    std::shared_ptr<StatementRouter> router_ = GetParam().make();
};

TEST_P(StatementRouterContract, sends_what_it_has_never_seen_anywhere) {
    RouteHint hint;
    EXPECT_EQ(router_->route(statement, {}, hint), StatementRouter::Route::anywhere);
}

TEST_P(StatementRouterContract, bears_notices_and_invalidations_of_what_it_does_not_know) {
    router_->on_notice(Notice{"00000", "NOTICE", "not for routers"});
    router_->on_notice(Notice{"", "", "{\"query\":"});
    router_->on_invalidated("SELECT 1");
    router_->on_topology(Topology{});

    RouteHint hint;
    EXPECT_EQ(router_->route(statement, {}, hint), StatementRouter::Route::anywhere);
}

TEST_P(StatementRouterContract, names_the_owner_of_what_it_has_learnt_and_of_nothing_else) {
    FakeDiscoveryContext context;
    GetParam().script(context);
    context.run(*router_);
    RouteHint hint;

    if (!GetParam().route_known) {
        EXPECT_EQ(router_->route(statement, {}, hint), StatementRouter::Route::anywhere);
        return;
    }
    EXPECT_EQ(GetParam().route_known(*router_, hint), StatementRouter::Route::owner);
    EXPECT_NE(hint.owner, ReplicasetKey::none);
}

TEST_P(StatementRouterContract, ends_a_refresh_exactly_once) {
    FakeDiscoveryContext context;
    GetParam().script(context);

    context.run(*router_);

    EXPECT_EQ(context.ends(), 1U);
}

TEST_P(StatementRouterContract, is_asked_and_told_from_many_threads) {
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&] {
            for (int i = 0; i < 500; ++i) {
                RouteHint hint;
                static_cast<void>(router_->route(statement, {}, hint));
                router_->on_notice(Notice{"00000", "NOTICE", "told while it is asked"});
                router_->on_topology(Topology{});
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
}

}  // namespace picoxx::testing
