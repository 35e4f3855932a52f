// Statements that find their way to the owner of their rows, in a cluster of two replicasets of two nodes.
#include "eventually.hpp"

#include <picoxx/picodata/bucket_id.hpp>
#include <picoxx/picoxx.hpp>
#include <picoxx/testing/dev_cluster.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace picoxx {
namespace {

using namespace std::chrono_literals;
using testing::DevCluster;

struct Shares {
    std::uint64_t at_owner = 0;
    std::uint64_t forwarded = 0;
};

class RoutingTest : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        cluster_ = std::make_unique<DevCluster>(
            testing::DevClusterOptions{.nodes = 4, .replication_factor = 2, .count_owners = true});
        cluster().run_sql("CREATE TABLE t (id INT PRIMARY KEY, v INT, s TEXT) DISTRIBUTED BY (id)");
        cluster().run_sql(
            "CREATE TABLE pairs (town TEXT, id INT, v INT, PRIMARY KEY (town, id)) DISTRIBUTED BY (town, id)");
        cluster().run_sql("CREATE TABLE world (id INT PRIMARY KEY, v INT) DISTRIBUTED GLOBALLY");
        std::string rows;
        for (int id = 0; id < 1'000; ++id) rows += (id == 0 ? "(" : ",(") + std::to_string(id) + ", 0, 'x')";
        cluster().run_sql("INSERT INTO t VALUES " + rows);
    }
    static void TearDownTestSuite() { cluster_.reset(); }
    static DevCluster& cluster() { return *cluster_; }

    static Options options() {
        Options options{.dsn = cluster().dsn(), .pool_size = 12, .enable_discovery = true};
        options.discovery.interval = 100ms;
        return options;
    }

    static Shares shares() {
        Shares sum;
        for (const auto& node : cluster().nodes()) {
            const auto seen = cluster().counters(node.name);
            sum.at_owner += seen.at_owner;
            sum.forwarded += seen.forwarded;
        }
        return sum;
    }
    template <class Action>
    static Shares shares_of(Action&& action) {
        const Shares before = shares();
        action();
        const Shares after = shares();
        return {after.at_owner - before.at_owner, after.forwarded - before.forwarded};
    }

    /// Calls with ever new keys until all of some calls in a row were at their owners.
    template <class Call>
    [[nodiscard]] static bool is_learned(Call&& call) {
        int id = 0;
        return eventually([&] {
            const Shares some = shares_of([&] {
                for (int i = 0; i < 8; ++i) call(id++ % 1'000);
            });
            return some.at_owner == 8 && some.forwarded == 0;
        });
    }

    static constexpr const char* by_id = "SELECT v FROM t WHERE id = $1";

private:
    inline static std::unique_ptr<DevCluster> cluster_;
};

TEST_F(RoutingTest, a_keyed_statement_goes_to_the_owner_of_its_row) {
    Client client{options()};
    client.connect();
    const auto read = [&](int id) { EXPECT_EQ(client.fetch(by_id, id).size(), 1U); };
    ASSERT_TRUE(is_learned(read));

    const Shares all = shares_of([&] {
        for (int id = 0; id < 300; ++id) read(id);
    });
    EXPECT_EQ(all.at_owner, 300U);
    EXPECT_EQ(all.forwarded, 0U);
}

TEST_F(RoutingTest, all_kinds_of_statements_do_from_eight_threads) {
    Options patient = options();
    patient.routing.wait = 1s;  // however loaded the machine is
    Client client{patient};
    client.connect();
    const std::vector<std::pair<std::string, std::string>> statements{
        {"SELECT", "SELECT s, v FROM t WHERE id = $1 AND v >= 0"},
        {"cast", "SELECT v FROM t WHERE id = $1::int"},
        {"backwards", "SELECT v FROM t WHERE $1 = id"},
        {"IN", "SELECT v FROM t WHERE id IN ($1)"},
        {"UPDATE", "UPDATE t SET v = v + 1 WHERE id = $1"},
        {"DELETE", "DELETE FROM t WHERE id = $1 AND v < 0"},
        {"INSERT", "INSERT INTO t VALUES ($1, 1, 'y') ON CONFLICT DO NOTHING"},
    };
    for (const auto& [name, sql] : statements) {
        ASSERT_TRUE(is_learned([&, &sql = sql](int id) { client.execute(sql, id); })) << name;
    }
    const auto run_all = [&] {
        std::vector<std::thread> threads;
        for (int thread = 0; thread < 8; ++thread) {
            threads.emplace_back([&, thread] {
                for (int i = 0; i < 100; ++i)
                    client.execute(statements[static_cast<std::size_t>(i) % statements.size()].second,
                                   (thread * 100 + i) % 1'000);
            });
        }
        for (std::thread& thread : threads) thread.join();
    };
    // Once the connections lie where the statements go, and none is being made.
    EXPECT_TRUE(eventually([&] {
        const Shares all = shares_of(run_all);
        return all.at_owner == 800 && all.forwarded == 0;
    }));
}

TEST_F(RoutingTest, a_composite_key_is_found_in_any_order_of_parameters) {
    Client client{options()};
    client.connect();
    ASSERT_TRUE(is_learned([&](int id) {
        client.execute("INSERT INTO pairs (id, v, town) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", id, 1,
                       "town " + std::to_string(id));
    }));
    ASSERT_TRUE(is_learned([&](int id) {
        client.fetch("SELECT v FROM pairs WHERE id = $1 AND town = $2", id, "town " + std::to_string(id));
    }));
}

TEST_F(RoutingTest, what_has_no_owner_is_balanced_evenly) {
    Client client{options()};
    client.connect();
    const auto statements_at = [](const char* node) { return cluster().counters(node).statements; };
    for (int i = 0; i < 20; ++i) client.fetch("SELECT v FROM world WHERE id = $1", i);
    std::vector<std::uint64_t> before;
    for (const char* node : {"i1", "i2", "i3", "i4"}) before.push_back(statements_at(node));
    for (int i = 0; i < 400; ++i) client.fetch("SELECT v FROM world WHERE id = $1", i);
    std::size_t which = 0;
    for (const char* node : {"i1", "i2", "i3", "i4"}) {
        EXPECT_GE(statements_at(node) - before[which++], 80U) << node;  // and discovery's
    }
}

TEST_F(RoutingTest, follows_a_new_master) {
    Client client{options()};
    client.connect();
    const auto read = [&](int id) { EXPECT_EQ(client.fetch(by_id, id).size(), 1U); };
    ASSERT_TRUE(is_learned(read));
    cluster().switch_master("i2");
    EXPECT_TRUE(is_learned(read));
    cluster().switch_master("i1");
    EXPECT_TRUE(is_learned(read));
}

TEST_F(RoutingTest, follows_buckets_that_move) {
    Client client{options()};
    client.connect();
    const auto read = [&](int id) { EXPECT_EQ(client.fetch(by_id, id).size(), 1U); };
    ASSERT_TRUE(is_learned(read));
    cluster().move_buckets(1, 1'000, "default_2");
    EXPECT_TRUE(is_learned(read));
    cluster().move_buckets(1, 1'000, "default_1");
    EXPECT_TRUE(is_learned(read));
}

TEST_F(RoutingTest, a_master_that_is_down_costs_a_hop_and_no_error) {
    Client client{options()};
    client.connect();
    const auto read = [&](int id) { EXPECT_EQ(client.fetch(by_id, id).size(), 1U); };
    ASSERT_TRUE(is_learned(read));
    cluster().stop("i3");
    for (int id = 0; id < 100; ++id) read(id);
    cluster().start("i3");
    cluster().switch_master("i3");
    EXPECT_TRUE(is_learned(read));
}

TEST_F(RoutingTest, off_is_off) {
    Options off = options();
    off.routing = Routing::off;
    Client client{off};
    client.connect();
    for (int id = 0; id < 50; ++id) client.fetch(by_id, id);
    const Shares all = shares_of([&] {
        for (int id = 0; id < 200; ++id) client.fetch(by_id, id);
    });
    EXPECT_GT(all.forwarded, 100U) << "three of four nodes are not the owner";
}

TEST_F(RoutingTest, off_for_one_call_is_off_for_that) {
    Client client{options()};
    client.connect();
    ASSERT_TRUE(is_learned([&](int id) { client.fetch(by_id, id); }));
    const Shares all = shares_of([&] {
        for (int id = 0; id < 200; ++id) client.fetch(Statement{by_id, id}.with({.routing = Routing::off}));
    });
    EXPECT_GT(all.forwarded, 50U);
}

// It is sure of itself, and wrong: each statement goes to the replicaset that does not own its row.
class LyingRouter final : public StatementRouter {
public:
    explicit LyingRouter(std::vector<std::string> replicasets) : replicasets_{std::move(replicasets)} {}
    Route route(CStringView, std::span<const Parameter> parameters, RouteHint& hint) noexcept override {
        if (parameters.empty()) return Route::anywhere;
        std::uint64_t id = 0;
        for (const std::byte byte : *parameters[0].value) id = id << 8U | std::to_integer<std::uint64_t>(byte);
        hint.bucket = bucket_id(3000, id);
        hint.owner = replicaset_key(replicasets_[hint.bucket <= 1500 ? 1 : 0]);
        return Route::owner;
    }
    void on_notice(const Notice&) noexcept override {}
    void on_invalidated(CStringView) noexcept override {}
    void on_topology(const Topology&) noexcept override {}
    void refresh(DiscoveryContext& context) noexcept override { context.publish({}); }

private:
    std::vector<std::string> replicasets_;
};

TEST_F(RoutingTest, a_wrong_lesson_costs_a_hop_and_no_wrong_row) {
    std::vector<std::string> replicasets;
    for (const auto& row : cluster().run_sql("SELECT name, uuid FROM _pico_replicaset ORDER BY name").rows)
        replicasets.push_back(row.at(1).value());
    Components components = default_components();
    components.router = [&] { return std::make_shared<LyingRouter>(replicasets); };
    Client client{options(), components};
    client.connect();
    const Shares all = shares_of([&] {
        for (int id = 0; id < 200; ++id) {
            const auto rows = client.fetch<std::int64_t>("SELECT id FROM t WHERE id = $1", id);
            ASSERT_EQ(rows.size(), 1U);
            EXPECT_EQ(std::get<0>(rows[0]), id);
        }
    });
    EXPECT_EQ(all.forwarded, 200U);
}

}  // namespace
}  // namespace picoxx
