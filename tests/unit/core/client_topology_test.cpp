// Which pictures of the cluster a client takes, who looks, and what ends with the client.
#include "fake_cluster.hpp"

#include <picoxx/client.hpp>
#include <picoxx/testing/error_in.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace picoxx {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::error_in;

class ClientTopologyTest : public ::testing::Test {
protected:
    [[nodiscard]] Options options(std::optional<std::chrono::milliseconds> interval = std::nullopt) const {
        return {.dsn = FakeCluster::dsn(), .discovery = {.interval = interval}};
    }
    [[nodiscard]] static std::vector<std::string> names(const Client& client) {
        std::vector<std::string> names;
        for (const NodeStatus& node : client.nodes()) names.push_back(node.node.name);
        return names;
    }

    FakeCluster cluster{3};
};

TEST_F(ClientTopologyTest, an_older_picture_does_not_replace_a_newer_one) {
    Topology newer = FakeCluster::topology({1, 2}, 1);
    newer.nodes[1].incarnation = 5;
    Topology older = FakeCluster::topology({1, 2, 3}, 1);
    older.nodes[1].incarnation = 4;
    cluster.discovery().then_publish(newer);
    cluster.discovery().then_publish(older);
    Client client{options(), cluster.components()};

    client.connect();
    for (int i = 0; i < 3; ++i) client.refresh_topology();

    EXPECT_EQ(names(client), (std::vector<std::string>{"i1", "i2"}));
}

TEST_F(ClientTopologyTest, a_node_that_one_node_does_not_mention_stays_until_another_confirms) {
    cluster.discovery().then_publish(FakeCluster::topology({1, 2, 3}, 1));
    for (int i = 0; i < 5; ++i) {
        cluster.discovery().then_publish(FakeCluster::topology({1, 2}, 1));
        cluster.discovery().then_publish(FakeCluster::topology({1, 2, 3}, 2));
    }
    cluster.discovery().then_publish(FakeCluster::topology({1, 2}, 1));
    Client client{options(), cluster.components()};
    client.connect();

    for (int i = 0; i < 5; ++i) {
        client.refresh_topology();
        EXPECT_EQ(names(client).size(), 3U) << "look " << i;
    }
    client.refresh_topology();
    EXPECT_EQ(names(client), (std::vector<std::string>{"i1", "i2"})) << "two say so";
}

TEST_F(ClientTopologyTest, many_who_connect_at_once_share_few_looks) {
    cluster.discovery().then_publish(FakeCluster::topology({1, 2, 3}, 1));
    cluster.discovery().ask_first("who are you");
    for (std::size_t i = 1; i <= 3; ++i)
        cluster.node(i).answer("who are you", testing::hanging(testing::done_answer("SELECT 0")));
    Client client{options(), cluster.components()};
    std::vector<std::future<void>> waiting;
    for (int i = 0; i < 50; ++i) waiting.push_back(client.async_connect({.min_ready = 0}, asio::use_future));
    while (cluster.node(1).submitted().empty()) std::this_thread::yield();

    cluster.node(1).release();
    for (auto& one : waiting) one.get();

    EXPECT_LE(cluster.discovery().refreshes(), 2U);
}

TEST_F(ClientTopologyTest, close_ends_a_look_that_hangs_at_once) {
    cluster.node(1).hang_logins();
    asio::io_context context;
    Client client{context, options(100ms), cluster.components()};
    auto connecting = client.async_connect(asio::use_future);
    auto fetching = client.async_fetch("SELECT 1", asio::use_future);  // starts what runs in the background
    while (cluster.node(1).open_sessions() == 0) context.run_one();

    const TimePoint start = Clock::now();
    client.terminate();
    context.run();  // until nothing keeps it busy

    EXPECT_LT(Clock::now() - start, 2s) << "timeouts.connect is 5 s";
    EXPECT_EQ(error_in([&] { connecting.get(); }).code, Errc::closed);
    EXPECT_EQ(error_in([&] { fetching.get(); }).code, Errc::closed);
    EXPECT_EQ(cluster.node(1).open_sessions(), 0U);
}

TEST_F(ClientTopologyTest, close_without_terminate_ends_the_background_and_no_login_follows) {
    cluster.discovery().then_publish(FakeCluster::topology({1, 2, 3}, 1));
    asio::io_context context;
    Client client{context, options(100ms), cluster.components()};
    client.async_connect(asio::use_future);
    while (cluster.discovery().refreshes() == 0) context.run_one();
    context.poll();
    for (std::size_t i = 1; i <= 3; ++i) cluster.node(i).hang_logins();
    client.async_refresh_topology(asio::use_future);
    auto closed = client.async_close(1s, asio::use_future);

    const TimePoint start = Clock::now();
    context.run();

    EXPECT_LT(Clock::now() - start, 2s);
    EXPECT_TRUE(closed.get());
    std::size_t open = 0;
    for (std::size_t i = 1; i <= 3; ++i) open += cluster.node(i).open_sessions();
    EXPECT_EQ(open, 0U);
}

TEST_F(ClientTopologyTest, a_synchronous_connect_hears_of_the_close_wherever_it_waits) {
    for (const bool with_discovery : {true, false}) {
        cluster.node(1).hang_logins();
        Options opened = options();
        opened.enable_discovery = with_discovery;
        Client client{opened, cluster.components()};
        std::atomic<int> ended{0};
        std::vector<std::thread> callers;
        for (int i = 0; i < 3; ++i) {
            callers.emplace_back([&] {
                EXPECT_EQ(error_in([&] { client.connect(); }).code, Errc::closed);
                ++ended;
            });
        }
        while (cluster.node(1).open_sessions() == 0) std::this_thread::yield();

        const TimePoint start = Clock::now();
        client.close(0ms);
        for (std::thread& caller : callers) caller.join();
        EXPECT_LT(Clock::now() - start, 2s);
        EXPECT_EQ(ended, 3);
        cluster.node(1).accept();
    }
}

TEST_F(ClientTopologyTest, a_translate_address_that_throws_ends_no_client) {
    cluster.discovery().then_publish(FakeCluster::topology({1, 2, 3}, 1));
    Options throwing = options();
    throwing.discovery.translate_address = [](const Node& node) -> Endpoint {
        if (node.name == "i3") throw std::runtime_error{"not in the table"};
        return node.endpoint;
    };
    Client client{throwing, cluster.components()};

    client.connect();
    for (int i = 0; i < 6; ++i) client.fetch("SELECT 1");

    EXPECT_EQ(cluster.node(3).executed().size(), 0U);
}

TEST(WishedOptions, stale_plans_are_asked_to_be_told_and_a_server_that_refuses_that_is_used_without) {
    FakeCluster cluster{1};
    Error refused = make_error(Errc::connect_failed, "the server refused the connection");
    refused.sqlstate = "42601";
    cluster.node(1).refuse(refused);
    Pool pool{{.dsn = FakeCluster::dsn()}, cluster.components()};
    EXPECT_EQ(error_in([&] { pool.connect(); }).code, Errc::connect_failed);

    cluster.node(1).accept();
    pool.connect();

    std::vector<std::string> sent;
    for (const ConnectOptions& opened : cluster.transport().opened()) sent.push_back(opened.server_options);
    ASSERT_GE(sent.size(), 3U);
    EXPECT_EQ(sent.front(), "pico_stmt_invalidation=true");
    EXPECT_EQ(std::count(sent.begin(), sent.end(), ""), static_cast<std::ptrdiff_t>(sent.size() - 1)) << "asked once";
}

TEST(WishedOptions, who_decides_himself_is_not_overruled) {
    const auto sent = [](Options options) {
        FakeCluster cluster{1};
        Pool pool{std::move(options), cluster.components()};
        pool.connect();
        return cluster.transport().opened().at(0).server_options;
    };
    EXPECT_EQ(sent({.dsn = FakeCluster::dsn()}), "pico_stmt_invalidation=true");
    EXPECT_EQ(sent({.dsn = FakeCluster::dsn() + "?options=read_preference%3Dany"}),
              "read_preference=any,pico_stmt_invalidation=true");
    EXPECT_EQ(
        sent({.dsn = FakeCluster::dsn(), .connection = {.server_options = {{"pico_stmt_invalidation", "false"}}}}),
        "pico_stmt_invalidation=false");
    EXPECT_EQ(sent({.dsn = FakeCluster::dsn() + "?options=a%3Db,pico_stmt_invalidation%3Dfalse"}),
              "a=b,pico_stmt_invalidation=false");
}

}  // namespace
}  // namespace picoxx
