// What Picopyn's documentation shows, in C++: the parts of docs/picopyn-parity.md that no other test is about.
#include <picoxx/picoxx.hpp>
#include <picoxx/testing/collecting_log_sink.hpp>
#include <picoxx/testing/dev_cluster.hpp>
#include <picoxx/testing/error_in.hpp>
#include <picoxx/testing/fake_transport.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <future>
#include <memory>
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
using testing::error_in;
using ::testing::HasSubstr;
using ::testing::Not;

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
    Pool pool{PoolOptions{
        .dsn = cluster.dsn(), .max_size = 4, .enable_discovery = true, .routing = Routing::off}};  // which has one more
    pool.connect({.min_ready = 4});
    const std::uint64_t discovering = 1;  // its connection comes on top
    EXPECT_EQ(sessions(), 4U + discovering);

    std::vector<std::future<Rows>> calls;
    for (int i = 0; i < 100; ++i) calls.push_back(pool.async_fetch({"SELECT $1::int", i}, asio::use_future));
    for (auto& call : calls) EXPECT_EQ(call.get().size(), 1U);

    EXPECT_EQ(sessions(), 4U + discovering);
}

TEST_F(PicopynParity, the_event_loop_goes_on_while_a_call_waits_for_a_silent_node) {
    asio::io_context context;
    Client client{context.get_executor(), ClientOptions{.dsn = cluster.dsn()}};
    cluster.pause("i1");
    Error connecting;
    int turns = 0;

    client.async_connect([&](const std::exception_ptr& failure) { connecting = error_of(failure); });
    std::function<void()> other_work = [&] {
        if (++turns < 1'000) return asio::post(context, other_work);
        client.terminate();
    };
    asio::post(context, other_work);
    context.run();

    EXPECT_EQ(turns, 1'000) << "the one thread of the loop was free all the time";
    EXPECT_EQ(connecting.code, Errc::closed) << describe(connecting);
}

TEST_F(PicopynParity, ten_connections_and_five_seconds_unless_told_otherwise) {
    EXPECT_EQ(ClientOptions{}.timeouts.acquire, 5s);
    EXPECT_EQ(PoolOptions{}.timeouts.acquire, 5s);
    Client client{cluster.dsn()};
    Pool pool{PoolOptions{.dsn = cluster.dsn()}};
    for (BasicClient* made : {static_cast<BasicClient*>(&client), static_cast<BasicClient*>(&pool)}) {
        EXPECT_THAT(error_in([&] { made->connect({.min_ready = 11}); }).text, HasSubstr("size, 10"));
    }

    client.connect({.min_ready = 10});

    EXPECT_EQ(sessions(), 11U) << "ten, and that of the discovery";
}

TEST_F(PicopynParity, a_pool_of_dsn_strategy_size_and_discovery) {
    const auto last_by_name = [](std::span<const Candidate> candidates) {
        const auto last = std::max_element(candidates.begin(), candidates.end(),
                                           [](const auto& left, const auto& right) { return left.name < right.name; });
        return static_cast<std::size_t>(last - candidates.begin());
    };
    Pool pool{PoolOptions{.dsn = cluster.dsn(),
                          .balance_strategy = last_by_name,
                          .max_size = 10,
                          .enable_discovery = true,
                          .routing = Routing::off}};
    pool.connect({.min_ready = 10});
    ASSERT_EQ(pool.nodes().size(), 3U) << "the DSN names one of them";

    for (int i = 0; i < 20; ++i) EXPECT_EQ(pool.fetch("SELECT $1::int", i).size(), 1U);

    for (const NodeStatus& node : pool.nodes()) EXPECT_EQ(node.statements, node.node.name == "i3" ? 20U : 0U);
    EXPECT_EQ(sessions(), 11U) << "ten, and that of the discovery";
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

TEST_F(PicopynParity, no_password_is_printed_wherever_a_connection_fails) {
    const std::string password = "T0psecret";
    const std::string of_the_key = "K3ysecret";
    const std::string address = cluster.node("i1").address;
    const std::string good = "postgresql://admin:" + password + '@' + address;
    const std::string tls = "/?sslmode=require&sslpassword=" + of_the_key;
    const auto log = std::make_shared<testing::CollectingLogSink>();
    const auto options = [&](const std::string& dsn) { return PoolOptions{.dsn = dsn, .log = log}; };
    PoolOptions twice = options(good + tls);
    twice.connection.tls = TlsOptions{.key_password = of_the_key};
    PoolOptions no_such_key = options(good);
    no_such_key.connection.tls = TlsOptions{
        .mode = TlsMode::require, .certificate = "/nowhere/a.crt", .key = "/nowhere/a.key", .key_password = of_the_key};

    for (const PoolOptions& failing :
         {options(good + tls), options(good + tls + "%zz"), options(good + tls + "&sslpassword=" + of_the_key),
          options(good + tls + "&unknown=1"), options("postgresql://admin:" + password + "@" + address + ":1" + tls),
          options("postgresql://nobody:" + password + '@' + address), twice, no_such_key}) {
        const Error error = error_in([&] {
            Pool pool{failing};
            pool.connect();
        });

        EXPECT_NE(error.code, Errc::ok);
        for (const std::string& secret : {password, of_the_key}) EXPECT_THAT(describe(error), Not(HasSubstr(secret)));
    }
    EXPECT_GE(log->lines().size(), 1U);
    for (const std::string& secret : {password, of_the_key}) EXPECT_FALSE(log->contains(secret));
}

TEST(PicopynText, is_sent_as_it_was_written) {
    const std::string text = R"(INSERT  INTO "Warehouse"
           VALUES ($1::int, $2::varchar)   OPTION (TIMEOUT = 3.0) -- as "it" is)";
    const auto transport = std::make_shared<testing::FakeTransport>();
    transport->node({"127.0.0.1", 1001}).answer(text, testing::done_answer("INSERT 0 1", 1));
    Components parts;
    parts.transport = transport;
    Pool pool{PoolOptions{.dsn = "postgresql://admin@127.0.0.1:1001", .balance_strategy = round_robin()}, parts};

    for (int i = 0; i < 3; ++i) pool.execute(text, i, "test");  // at once, then prepared

    EXPECT_EQ(transport->node({"127.0.0.1", 1001}).executed(), (std::vector<std::string>{text, text, text}));
}

}  // namespace
}  // namespace picoxx
