// What Picopyn's documentation shows, in C++: the parts of docs/picopyn-parity.md that no other test is about.
#include <picoxx/picoxx.hpp>
#include <picoxx/testing/dev_cluster.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <future>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace picoxx {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::DevCluster;
using testing::DevClusterOptions;

class PicopynParity : public ::testing::Test {
protected:
    static constexpr const char* create_warehouse =
        R"(CREATE TABLE "warehouse" (id INTEGER NOT NULL, item TEXT NOT NULL, PRIMARY KEY (id))
           USING memtx DISTRIBUTED BY (id) OPTION (TIMEOUT = 3.0))";

    [[nodiscard]] std::uint64_t sessions() const {
        std::uint64_t sum = 0;
        for (const auto& node : cluster.nodes()) sum += cluster.counters(node.name).sessions;
        return sum;
    }
    DevCluster cluster{DevClusterOptions{3, 1}};
};

TEST_F(PicopynParity, the_example_of_its_documentation_runs_in_one_event_loop) {
    asio::io_context context;
    Client client{context.get_executor(), ClientOptions{.dsn = cluster.dsn()}};
    std::ostringstream printed;

    auto main = asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
            co_await client.async_connect();
            co_await client.async_execute({create_warehouse});
            const ExecuteResult inserted = co_await client.async_execute(
                {R"(INSERT INTO "warehouse" VALUES ($1::int, $2::varchar))", 1, "test"});
            const Rows rows = co_await client.async_fetch({R"(SELECT * FROM "warehouse")"});
            printed << inserted << '\n' << rows;
            co_await client.async_close(10s);
        },
        asio::use_future);
    context.run();

    main.get();
    EXPECT_EQ(printed.str(), "INSERT 0 1\n1 | test\n");
    EXPECT_THAT(cluster.run_sql(R"(SELECT item FROM "warehouse")").rows, ::testing::SizeIs(1));
}

TEST_F(PicopynParity, the_same_synchronously) {
    Client client{cluster.dsn()};
    client.connect();
    client.execute(create_warehouse);

    EXPECT_EQ(client.execute(R"(INSERT INTO "warehouse" VALUES ($1::int, $2::varchar))", 1, "test").status,
              "INSERT 0 1");
    const Rows rows = client.fetch(R"(SELECT * FROM "warehouse")");

    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows.front().get<std::int64_t>(0), 1);
    EXPECT_EQ(rows.front().get<std::string>("item"), "test");
    EXPECT_TRUE(client.close());
}

TEST_F(PicopynParity, a_random_strategy_of_ones_own_over_a_pool_of_four) {
    std::mt19937 random{42};
    Client client{
        ClientOptions{.dsn = cluster.dsn(),
                      .balance_strategy =
                          [&](std::span<const Candidate> candidates) {
                              return std::uniform_int_distribution<std::size_t>{0, candidates.size() - 1}(random);
                          },
                      .pool_size = 4}};
    client.connect();

    for (int i = 0; i < 90; ++i) client.fetch("SELECT 1");

    ASSERT_EQ(client.nodes().size(), 3U);
    for (const NodeStatus& node : client.nodes()) EXPECT_GT(node.statements, 15U) << node.address;
}

TEST_F(PicopynParity, the_limit_of_a_pool_holds_over_all_nodes_together) {
    Pool pool{PoolOptions{.dsn = cluster.dsn(), .max_size = 4, .enable_discovery = true}};
    pool.connect({.min_ready = 4});
    const std::uint64_t discovering = 1;  // its connection comes on top
    EXPECT_EQ(sessions(), 4U + discovering);

    std::vector<std::future<Rows>> calls;
    for (int i = 0; i < 100; ++i) calls.push_back(pool.async_fetch({"SELECT $1::int", i}, asio::use_future));
    for (auto& call : calls) EXPECT_EQ(call.get().size(), 1U);

    EXPECT_EQ(sessions(), 4U + discovering);
}

TEST_F(PicopynParity, any_node_takes_any_statement) {
    cluster.run_sql(create_warehouse);

    for (const auto& node : cluster.nodes()) {
        Pool pool{PoolOptions{.dsn = cluster.dsn(node.name)}};
        pool.execute(R"(INSERT INTO "warehouse" VALUES ($1::int, $2))",
                     static_cast<std::int64_t>(cluster.port(node.name)), node.name);
        EXPECT_GE(pool.fetch(R"(SELECT * FROM "warehouse")").size(), 1U);
    }

    EXPECT_EQ(cluster.run_sql(R"(SELECT * FROM "warehouse")").rows.size(), 3U);
}

TEST_F(PicopynParity, the_end_of_a_scope_ends_the_connections) {
    {
        Pool pool{PoolOptions{.dsn = cluster.dsn(), .max_size = 3}};
        pool.connect({.min_ready = 3});
        EXPECT_EQ(sessions(), 3U);
    }
    const TimePoint patience = Clock::now() + 10s;
    while (sessions() > 0 && Clock::now() < patience) std::this_thread::yield();
    EXPECT_EQ(sessions(), 0U);
}

}  // namespace
}  // namespace picoxx
