// How connections and statements spread over the nodes where a pool is smaller than the cluster. No faults; in virtual
// time, so that hours cost nothing and every run is the same.
#include "promises.hpp"
#include "sim_client.hpp"
#include "sim_cluster.hpp"
#include "sim_discovery.hpp"
#include "sim_session.hpp"

#include <picoxx/strategies/least_busy.hpp>
#include <picoxx/strategies/random.hpp>
#include <picoxx/strategies/round_robin.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace picoxx::simulation {
namespace {

using namespace std::chrono_literals;

// As it is where no `start` is given, but for the seed.
std::shared_ptr<BalanceStrategy> round_robin_from(std::uint64_t start) {
    const std::string text = std::to_string(start);
    const picoxx_kv option{"start", 5, text.c_str(), text.size()};
    return std::make_shared<RoundRobin>(sdk::Config{std::span{&option, 1}});
}

SelectedStrategy strategy_named(const std::string& name, World& world) {
    if (name == "round_robin") return {round_robin_from(world.random()), name};
    if (name == "random") return {picoxx::random(), name};
    return {least_busy(), name};
}

// One client that knows the first node of a cluster.
class OneOfMany {
public:
    struct Given {
        std::size_t nodes = 0;
        std::size_t pool_size = 0;
        std::string strategy = "round_robin";
        Duration max_lifetime = Duration::max();
    };

    OneOfMany(std::uint64_t seed, const Given& given) : world{seed} {
        limits_.max_size = limits_.max_per_node = limits_.max_draining = given.pool_size;
        limits_.connects_per_second = 10'000;
        promises_.limit(limits_);
        for (std::size_t i = 0; i < given.nodes; ++i) cluster_.add_instance({});
        Settings settings;
        settings.seeds = {cluster_.instance(0).node.endpoint};
        settings.max_size = settings.max_per_node = given.pool_size;
        settings.max_lifetime = given.max_lifetime;
        settings.max_waiters = 10'000;
        settings.statement_cache_size = 10;
        settings.transport = std::make_shared<SimTransport>(cluster_);
        settings.strategy = strategy_named(given.strategy, world);
        settings.discovery_source = std::make_shared<SimDiscoverySource>();
        client_ = std::make_unique<SimClient>(cluster_, std::move(settings));
        world.listener = [this](TimePoint now, const std::string& text) {
            if (text.starts_with("dials ")) dials_.push_back(now);
        };
    }
    ~OneOfMany() {
        client_->terminate();
        world.run();
        EXPECT_EQ(promises_.broken().value_or(""), "");
    }

    void connect() {
        Error error = make_error(Errc::internal, "not ended");
        client_->connect(Readiness{}, Face::synchronous, [&](const Error& ended) { error = ended; });
        world.run(world.now() + 1s);
        ASSERT_FALSE(error) << error.text;
    }
    // So many callers make one call after another, with pauses, for so long.
    void call(std::size_t callers, Duration longest_pause, Duration time) {
        const TimePoint until = world.now() + time;
        for (std::size_t i = 0; i < callers; ++i) next(longest_pause, until);
        world.run(until + 5s);
    }
    void call_once() { call(1, 1us, 1us); }

    // By name.
    [[nodiscard]] std::map<std::string, std::uint64_t> statements() {
        std::map<std::string, std::uint64_t> statements;
        for (const NodeStatus& node : client_->core().with_engine([](Engine& engine) { return engine.nodes(); })) {
            if (node.statements > 0) statements[node.node.name] = node.statements;
        }
        return statements;
    }
    [[nodiscard]] PoolFigures figures() { return client_->figures(); }
    [[nodiscard]] const std::vector<TimePoint>& dials() const noexcept { return dials_; }

    World world;

private:
    void next(Duration longest_pause, TimePoint until) {
        if (world.now() >= until) return;
        const Face face = world.one_in(2) ? Face::synchronous : Face::asynchronous;
        client_->call({++statements_, "INSERT", {}}, face, [this, longest_pause, until] {
            world.after(world.random_delay(0us, longest_pause),
                        [this, longest_pause, until] { next(longest_pause, until); });
        });
    }

    Limits limits_;
    Promises promises_{world, limits_};
    SimCluster cluster_{world, promises_};
    std::unique_ptr<SimClient> client_;
    std::uint64_t statements_ = 0;
    std::vector<TimePoint> dials_;
};

using Statements = std::map<std::string, std::uint64_t>;

void add(Statements& sum, const Statements& more) {
    for (const auto& [node, count] : more) sum[node] += count;
}

std::string to_text(const Statements& statements) {
    std::string text;
    for (const auto& [node, count] : statements) text += node + ": " + std::to_string(count) + "; ";
    return text;
}

// That all nodes have some, and none nearly all.
void expect_spread(const Statements& statements, std::size_t nodes) {
    std::uint64_t sum = 0;
    for (const auto& [node, count] : statements) sum += count;
    EXPECT_EQ(statements.size(), nodes) << to_text(statements);
    for (const auto& [node, count] : statements) EXPECT_LT(count, sum * 3 / 4) << to_text(statements);
}

class ManyNodes : public ::testing::TestWithParam<std::string> {};

TEST_P(ManyNodes, first_connections_are_made_where_the_strategy_wants_them_not_at_the_seed) {
    Statements first;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        OneOfMany client{seed, {.nodes = 3, .pool_size = 1, .strategy = GetParam()}};
        client.connect();
        client.call_once();
        add(first, client.statements());
    }
    expect_spread(first, 3);
}

TEST_P(ManyNodes, a_client_that_began_at_its_seed_without_a_connect_leaves_it_soon) {
    Statements later;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        OneOfMany client{seed, {.nodes = 3, .pool_size = 1, .strategy = GetParam()}};
        client.call(1, 1s, 15s);
        const Statements before = client.statements();
        client.call(1, 10ms, 100ms);
        for (const auto& [node, count] : client.statements()) {
            const auto found = before.find(node);
            const std::uint64_t earlier = found == before.end() ? 0 : found->second;
            if (count > earlier) later[node] += count - earlier;
        }
        EXPECT_LE(client.dials().size(), 4U) << "its first, another one, and those of discovery";
    }
    expect_spread(later, 3);
}

TEST_P(ManyNodes, pools_smaller_than_the_cluster_load_it_evenly_together) {
    constexpr std::size_t nodes = 12, clients = 100;
    Statements together;
    std::uint64_t sum = 0;
    for (std::uint64_t seed = 1; seed <= clients; ++seed) {
        OneOfMany client{seed, {.nodes = nodes, .pool_size = 3, .strategy = GetParam()}};
        client.connect();
        client.call(2, 10ms, 200ms);
        const Statements own = client.statements();
        EXPECT_GE(own.size(), 3U) << "each connection at a node of its own: " << to_text(own);
        add(together, own);
        for (const auto& [node, count] : own) sum += count;
    }
    ASSERT_EQ(together.size(), nodes);
    const double mean = static_cast<double>(sum) / nodes;
    for (const auto& [node, count] : together) {
        EXPECT_GT(static_cast<double>(count), 0.4 * mean) << to_text(together);
        EXPECT_LT(static_cast<double>(count), 1.8 * mean) << to_text(together);
    }
}

TEST_P(ManyNodes, connections_move_on_to_other_nodes_with_their_life_time) {
    OneOfMany client{1, {.nodes = 12, .pool_size = 3, .strategy = GetParam(), .max_lifetime = 10s}};
    client.connect();
    client.call(2, 100ms, 2min);

    EXPECT_GE(client.statements().size(), 9U) << to_text(client.statements());
    EXPECT_LE(client.dials().size(), 3U * 120 / 7 + 10) << "no more than that takes, and discovery's own";
}

TEST_P(ManyNodes, a_full_pool_under_steady_load_makes_one_connection_a_second_at_most) {
    for (const std::size_t callers : {10U, 40U}) {
        OneOfMany client{1, {.nodes = 100, .pool_size = 32, .strategy = GetParam()}};
        client.connect();
        client.call(callers, 30ms, 500ms);
        ASSERT_EQ(client.figures().open, 32U);
        const std::size_t before = client.dials().size();

        client.call(callers, 30ms, 2s);

        EXPECT_LE(client.dials().size() - before, 2U) << callers << " callers";
        EXPECT_EQ(client.figures().open, 32U);
    }
}

INSTANTIATE_TEST_SUITE_P(of, ManyNodes, ::testing::Values("round_robin", "random", "least_busy"),
                         [](const auto& strategy) { return strategy.param; });

}  // namespace
}  // namespace picoxx::simulation
