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

TEST_F(ClientTopologyTest, a_node_that_says_the_same_again_under_another_name_confirms_nothing) {
    // localhost:1001 and 127.0.0.1:1001 are i1, which lags behind.
    cluster.discovery().then_publish(FakeCluster::topology({1, 2, 3}, 1));
    cluster.transport().node({"localhost", 1001});
    cluster.discovery().then_publish(FakeCluster::topology({1, 2}, 1));
    cluster.discovery().then_publish(FakeCluster::topology({1, 2}, 1));
    cluster.discovery().then_publish(FakeCluster::topology({1, 2, 3}, 2));
    Client client{options(), cluster.components()};
    client.connect();

    client.refresh_topology();

    EXPECT_EQ(names(client).size(), 3U);
}

TEST_F(ClientTopologyTest, two_that_lack_different_nodes_take_none_away) {
    cluster.discovery().then_publish(FakeCluster::topology({1, 2, 3}, 1));
    cluster.discovery().then_publish(FakeCluster::topology({1, 2}, 1));
    cluster.discovery().then_publish(FakeCluster::topology({1, 3}, 2));
    cluster.discovery().then_publish(FakeCluster::topology({2, 3}, 3));
    Client client{options(), cluster.components()};
    client.connect();

    EXPECT_NO_THROW(client.refresh_topology());

    EXPECT_EQ(names(client).size(), 3U);
    EXPECT_EQ(cluster.discovery().refreshes(), 4U) << "all were asked";
}

TEST_F(ClientTopologyTest, of_two_that_lack_nodes_those_go_that_both_lack) {
    cluster.discovery().then_publish(FakeCluster::topology({1, 2, 3}, 1));
    cluster.discovery().then_publish(FakeCluster::topology({1}, 1));
    cluster.discovery().then_publish(FakeCluster::topology({1, 2}, 2));
    Client client{options(), cluster.components()};
    client.connect();

    client.refresh_topology();

    EXPECT_EQ(names(client), (std::vector<std::string>{"i1", "i2"}));
}

// Passes every look on, and notes the address it was told.
class Noting final : public DiscoverySource {
public:
    explicit Noting(DiscoverySource& source) noexcept : source_{source} {}
    void refresh(DiscoveryContext& context) noexcept override {
        asked.push_back(context.endpoint());
        source_.refresh(context);
    }
    std::vector<Endpoint> asked;

private:
    DiscoverySource& source_;
};

TEST_F(ClientTopologyTest, the_connection_that_is_kept_is_known_by_its_own_node_whoevers_picture_is_taken) {
    cluster.discovery().ask_first("who are you");
    for (std::size_t i = 1; i <= 3; ++i) cluster.node(i).answer("who are you", testing::done_answer("SELECT 0"));
    cluster.discovery().then_publish(FakeCluster::topology({1, 2, 3}, 1));
    cluster.discovery().then_publish(FakeCluster::topology({1, 2}, 1));
    cluster.discovery().then_publish(FakeCluster::topology({2}, 2));  // confirms that the third one is gone
    cluster.discovery().then_publish(FakeCluster::topology({1, 2}, 2));
    Components components = cluster.components();
    const auto source = std::make_shared<Noting>(cluster.discovery());
    components.discovery = source;
    Client client{options(), components};
    client.connect();
    client.refresh_topology();
    ASSERT_EQ(names(client), (std::vector<std::string>{"i1", "i2"}));
    std::vector<std::size_t> before;
    for (std::size_t i = 1; i <= 3; ++i) before.push_back(cluster.node(i).executions_of("who are you"));

    client.refresh_topology();  // over the connection that is kept

    for (std::size_t i = 1; i <= 3; ++i) {
        const bool was_asked = cluster.node(i).executions_of("who are you") > before[i - 1];
        EXPECT_EQ(was_asked, source->asked.back() == FakeCluster::endpoint(i)) << "node " << i;
    }
}

TEST_F(ClientTopologyTest, one_that_does_not_answer_confirms_nothing) {
    cluster.discovery().then_publish(FakeCluster::topology({1, 2, 3}, 1));
    cluster.discovery().then_publish(FakeCluster::topology({1, 2}, 1));
    cluster.discovery().then_fail(make_error(Errc::connection_lost, "the connection was lost"));
    cluster.discovery().then_publish(FakeCluster::topology({1, 2, 3}, 3));
    Client client{options(), cluster.components()};
    client.connect();

    client.refresh_topology();

    EXPECT_EQ(names(client).size(), 3U);
}

TEST_F(ClientTopologyTest, one_catalogue_alone_takes_no_node_away_for_want_of_time) {
    cluster.discovery().then_publish(FakeCluster::topology({1, 2, 3}, 1));
    cluster.discovery().then_publish(FakeCluster::topology({1, 2}, 1));
    Client client{options(), cluster.components()};
    client.connect();
    for (std::size_t i = 1; i <= 3; ++i)
        cluster.node(i).hang_logins();  // not that of the connection that discovery keeps

    const Error error = error_in([&] { client.connect({.min_ready = 0, .deadline = 30ms}); });

    EXPECT_EQ(error.code, Errc::deadline_exceeded);
    EXPECT_EQ(names(client).size(), 3U);
}

TEST_F(ClientTopologyTest, a_seed_that_says_nothing_is_not_waited_for_while_others_can_be_asked) {
    cluster.discovery().then_publish(FakeCluster::topology({1, 2, 3}, 2));
    cluster.node(1).hang_logins();
    cluster.node(2).hang_logins();
    Options seeds = options();
    seeds.dsn = "postgresql://admin:T0psecret@127.0.0.1:1001,127.0.0.1:1002,127.0.0.1:1003";
    Client client{seeds, cluster.components()};

    client.connect({.min_ready = 0, .deadline = 3s});

    EXPECT_EQ(names(client).size(), 3U);
    EXPECT_EQ(cluster.node(1).open_sessions(), cluster.node(1).sessions_so_far()) << "no login is broken off";
    EXPECT_EQ(cluster.node(2).open_sessions(), cluster.node(2).sessions_so_far());
}

TEST_F(ClientTopologyTest, whichever_slow_seed_answers_first_is_asked) {
    cluster.discovery().then_publish(FakeCluster::topology({1, 2}, 2));
    cluster.node(1).hang_logins();
    cluster.node(2).hang_logins();
    Options seeds = options();
    seeds.dsn = "postgresql://admin:T0psecret@127.0.0.1:1001,127.0.0.1:1002";
    Client client{seeds, cluster.components()};
    auto connecting = client.async_connect({.min_ready = 0, .deadline = 20s}, asio::use_future);
    while (cluster.node(1).open_sessions() + cluster.node(2).open_sessions() < 2) std::this_thread::yield();

    cluster.node(1).accept();

    connecting.get();
    EXPECT_EQ(names(client).size(), 2U);
}

TEST_F(ClientTopologyTest, a_connect_that_runs_out_of_time_breaks_no_login_off) {
    cluster.node(1).hang_logins();
    Client client{options(), cluster.components()};
    EXPECT_EQ(error_in([&] { client.connect({.deadline = 30ms}); }).code, Errc::deadline_exceeded);
    EXPECT_EQ(cluster.node(1).open_sessions(), 1U);
    client.close();
    while (cluster.node(1).open_sessions() > 0) std::this_thread::yield();  // but the end of the client does
}

TEST_F(ClientTopologyTest, a_callers_short_deadline_is_not_that_of_others_who_share_his_look) {
    cluster.discovery().then_publish(FakeCluster::topology({1, 2, 3}, 1));
    cluster.node(1).hang_logins();
    Client client{options(), cluster.components()};
    auto hasty = client.async_connect({.min_ready = 0, .deadline = 50ms}, asio::use_future);
    while (cluster.node(1).open_sessions() == 0) std::this_thread::yield();
    auto patient = client.async_connect({.min_ready = 0, .deadline = 20s}, asio::use_future);

    EXPECT_EQ(error_in([&] { hasty.get(); }).code, Errc::deadline_exceeded);
    cluster.node(1).accept();
    EXPECT_NO_THROW(patient.get());
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

class WishedOptionsTest : public ::testing::Test {
protected:
    [[nodiscard]] std::vector<std::string> wished() const {
        std::vector<std::string> wished;
        for (const ConnectOptions& opened : cluster.transport().opened())
            wished.push_back(opened.wished_server_options);
        return wished;
    }
    [[nodiscard]] Pool pool(Options options = {.dsn = FakeCluster::dsn()}) const {
        return Pool{std::move(options), cluster.components()};
    }

    mutable FakeCluster cluster{1};
};

TEST_F(WishedOptionsTest, a_server_is_asked_to_tell_of_stale_plans) {
    pool().connect({.min_ready = 3});
    EXPECT_EQ(wished(), (std::vector<std::string>(3, "pico_stmt_invalidation=true")));
}

TEST_F(WishedOptionsTest, where_a_first_connection_is_refused_in_words_it_is_tried_without) {
    Error refused = make_error(Errc::connect_failed, "the node refused the connection");
    refused.server_text = "invalid command-line argument for server process: pico_stmt_invalidation=true";
    cluster.node(1).refuse(refused);
    EXPECT_EQ(error_in([&] { pool().connect(); }).code, Errc::connect_failed);

    EXPECT_EQ(wished(), (std::vector<std::string>{"pico_stmt_invalidation=true", ""}));
}

TEST_F(WishedOptionsTest, a_pooler_that_takes_no_such_parameter_is_asked_without) {
    Error refused = make_error(Errc::connect_failed, "the node refused the connection");
    refused.server_text = "unsupported startup parameter: options";
    cluster.node(1).refuse(refused);
    EXPECT_EQ(error_in([&] { pool().connect(); }).code, Errc::connect_failed);

    EXPECT_EQ(wished(), (std::vector<std::string>{"pico_stmt_invalidation=true", ""}));
}

TEST_F(WishedOptionsTest, a_refusal_that_does_not_quote_them_is_not_their_fault) {
    Error refused = make_error(Errc::connect_failed, "the node refused the connection");
    refused.server_text = "too many connections";
    cluster.node(1).refuse(refused);
    Pool asking = pool();
    EXPECT_EQ(error_in([&] { asking.connect(); }).code, Errc::connect_failed);
    cluster.node(1).accept();
    asking.connect();

    for (const std::string& one : wished()) EXPECT_EQ(one, "pico_stmt_invalidation=true");
}

TEST_F(WishedOptionsTest, what_a_server_took_once_is_not_blamed_later) {
    Pool asking = pool({.dsn = FakeCluster::dsn(), .timeouts = {.acquire = 50ms}});
    asking.connect();
    cluster.node(1).lose_sessions();
    Error refused = make_error(Errc::connect_failed, "the node refused the connection");
    refused.server_text = "it is starting";
    cluster.node(1).refuse(refused);
    static_cast<void>(error_in([&] { asking.fetch("SELECT 1"); }));

    for (const std::string& one : wished()) EXPECT_EQ(one, "pico_stmt_invalidation=true");
}

TEST_F(WishedOptionsTest, who_decides_himself_is_not_overruled) {
    pool({.dsn = FakeCluster::dsn() + "?options=read_preference%3Dany"}).connect();
    EXPECT_EQ(wished().back(), "pico_stmt_invalidation=true");
    pool({.dsn = FakeCluster::dsn(), .connection = {.server_options = {{"pico_stmt_invalidation", "false"}}}})
        .connect();
    EXPECT_EQ(wished().back(), "");
    pool({.dsn = FakeCluster::dsn() + "?options=a%3Db,pico_stmt_invalidation%3Dfalse"}).connect();
    EXPECT_EQ(wished().back(), "");
}

}  // namespace
}  // namespace picoxx
