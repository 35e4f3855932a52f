// The whole client over three simulated nodes in virtual time: what the simulator itself promises, and a connection
// that is lost at every step. Many seeds of faults are run by `simulate`.
#include "promises.hpp"
#include "scenario.hpp"
#include "sim_client.hpp"
#include "sim_cluster.hpp"
#include "sim_discovery.hpp"
#include "sim_session.hpp"
#include "sim_strategies.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

namespace picoxx::simulation {
namespace {

using namespace std::chrono_literals;

// Several callers that execute statements one after another; then the client is closed.
class SmallCluster {
public:
    explicit SmallCluster(std::uint64_t seed) : world{seed} {
        for (int i = 0; i < 3; ++i) cluster.add_instance({});
        Settings settings;
        settings.seeds = {cluster.instance(0).node.endpoint, cluster.instance(1).node.endpoint};
        settings.max_size = limits.max_size;
        settings.max_per_node = limits.max_per_node;
        settings.max_waiters = 100;
        settings.statement_cache_size = 10;
        settings.transport = std::make_shared<SimTransport>(cluster);
        NamedStrategy strategy = any_strategy(world);
        settings.strategy = {std::move(strategy.strategy), std::move(strategy.name)};
        settings.discovery_source = std::make_shared<SimDiscoverySource>();
        client = std::make_unique<SimClient>(cluster, std::move(settings));
        world.settled = [this] { promises.settled(client->figures()); };
    }

    CallOptions options;

    void run(std::size_t callers, std::size_t statements_each) {
        for (std::size_t i = 0; i < callers; ++i) {
            ++callers_;
            next(statements_each);
        }
        world.run(TimePoint{} + 10min);
        promises.all_is_over(client->figures(), client->jobs());
    }
    [[nodiscard]] std::string broken() const { return promises.broken().value_or(""); }

    Limits limits{4, 4, 4, 1000};
    World world;
    Promises promises{world, limits};
    SimCluster cluster{world, promises};
    std::unique_ptr<SimClient> client;

private:
    void next(std::size_t left) {
        if (left == 0) {
            if (--callers_ == 0) client->close(1s, Face::synchronous, [](bool) {});
            return;
        }
        const Face face = world.one_in(2) ? Face::synchronous : Face::asynchronous;
        client->call({++statements_, "INSERT", options}, face,
                     [this, left] { world.after(world.random_delay(0us, 2ms), [this, left] { next(left - 1); }); });
    }

    std::uint64_t statements_ = 0;
    std::size_t callers_ = 0;
};

TEST(Smoke, all_is_well_without_faults) {
    SmallCluster simulated{1};
    simulated.run(6, 20);
    EXPECT_EQ(simulated.broken(), "");
    EXPECT_EQ(simulated.promises.succeeded(), 120U);
}

TEST(Smoke, a_session_may_be_lost_at_every_step) {
    std::uint64_t steps = 0;
    {
        SmallCluster simulated{3};
        simulated.run(5, 6);
        steps = simulated.cluster.steps();
    }
    ASSERT_GT(steps, 60U);
    for (std::uint64_t step = 0; step < steps; ++step) {
        SmallCluster simulated{3};
        simulated.cluster.lose_at_step(step);
        simulated.run(5, 6);
        ASSERT_EQ(simulated.broken(), "") << "seed 3, lost at step " << step;
        ASSERT_EQ(simulated.promises.calls(), 30U);
    }
}

TEST(Smoke, what_finds_no_place_in_the_socket_in_time_is_not_sent) {
    SmallCluster simulated{4};
    simulated.cluster.client_faults().partial_writes = 1;
    simulated.options.timeout = 2ms;
    simulated.run(4, 200);
    EXPECT_EQ(simulated.broken(), "");
}

TEST(Smoke, one_seed_is_one_history_whether_somebody_listens_or_not) {
    const auto fingerprint = [](std::uint64_t seed, Scenario::Listener listener) {
        return Scenario{seed, std::move(listener)}.run().fingerprint;
    };
    std::size_t told = 0;
    const auto count = [&](TimePoint, const std::string&) { ++told; };
    EXPECT_EQ(fingerprint(7, {}), fingerprint(7, {}));
    EXPECT_EQ(fingerprint(7, {}), fingerprint(7, count));
    EXPECT_NE(fingerprint(7, {}), fingerprint(8, {}));
    EXPECT_GT(told, 500U);
}

TEST(Smoke, each_seed_has_enough_calls_and_faults) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        const Report report = Scenario{seed}.run();
        EXPECT_GE(report.calls, Scenario::fewest_calls) << "seed " << seed;
        EXPECT_GE(report.faults, Scenario::fewest_faults) << "seed " << seed;
    }
}

}  // namespace
}  // namespace picoxx::simulation
