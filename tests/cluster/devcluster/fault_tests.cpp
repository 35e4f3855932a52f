#include "shared_cluster.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include <sys/socket.h>

namespace picoxx::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto a_while = 300ms;  // long enough to notice an answer that must not come

class Faults : public SharedCluster {};

TEST_F(Faults, a_stopped_node_ends_its_sessions_without_a_message_and_refuses_until_it_is_started_again) {
    auto session = client("i2");
    ASSERT_TRUE(session.is_connected()) << session.error();
    const auto port = cluster().port("i2");

    cluster().stop("i2");

    EXPECT_TRUE(session.is_ended_by_server());
    EXPECT_EQ(reach(port, a_while), Reach::refused);
    EXPECT_EQ(state_of("i2"), "[\"Offline\",1]");

    cluster().start("i2");

    EXPECT_EQ(cluster().port("i2"), port);
    EXPECT_TRUE(client("i2").is_connected());
    EXPECT_EQ(state_of("i2"), "[\"Online\",2]");
    EXPECT_EQ(state_of("i2", "target_state"), "[\"Online\",2]");
}

TEST_F(Faults, a_killed_node_is_still_online_in_the_catalogue_until_it_is_said_to_be_offline) {
    auto session = client("i3");
    const auto before = state_of("i3");

    cluster().kill("i3");

    EXPECT_EQ(cluster().counters("i3").sessions, 0U) << "it returns when the sessions have ended";
    EXPECT_TRUE(session.is_ended_by_server());
    EXPECT_EQ(reach(cluster().port("i3"), a_while), Reach::refused);
    EXPECT_EQ(state_of("i3"), before);

    cluster().offline("i3");
    EXPECT_NE(state_of("i3").find("Offline"), std::string::npos);

    cluster().start("i3");
    EXPECT_TRUE(client("i3").is_connected());
    EXPECT_NE(state_of("i3").find("Online"), std::string::npos);
}

TEST_F(Faults, a_stopped_master_leaves_its_replicaset_and_raft_to_another) {
    const auto master = [] {
        return cluster()
            .run_sql("SELECT current_master_name FROM _pico_replicaset WHERE name = 'default_1'")
            .rows.at(0)
            .at(0)
            .value_or("");
    };
    ASSERT_EQ(master(), "i1");

    cluster().stop("i1");
    EXPECT_EQ(master(), "i2");

    cluster().start("i1");
    EXPECT_EQ(master(), "i2") << "mastership is not given back";
    cluster().stop("i2");
    cluster().start("i2");
    EXPECT_EQ(master(), "i1");
}

TEST_F(Faults, a_paused_node_accepts_connects_and_says_nothing_until_it_is_resumed) {
    auto session = client("i2");
    cluster().pause("i2");

    session.send("SELECT 1");

    EXPECT_EQ(reach(cluster().port("i2"), a_while), Reach::silent);
    EXPECT_FALSE(session.hears_something(0ms));

    cluster().resume("i2");
    EXPECT_EQ(session.receive().tag, "SELECT 1");
    EXPECT_EQ(reach(cluster().port("i2"), 10s), Reach::answered);
}

TEST_F(Faults, a_paused_node_can_be_killed) {
    auto session = client("i2");
    cluster().pause("i2");
    session.send("SELECT 1");

    cluster().kill("i2");

    EXPECT_TRUE(session.is_ended_by_server());
    EXPECT_EQ(reach(cluster().port("i2"), a_while), Reach::refused);
    cluster().start("i2");
    EXPECT_EQ(client("i2").run("SELECT 1").tag, "SELECT 1");
}

TEST_F(Faults, a_refusing_node_goes_on_with_the_sessions_it_has) {
    auto session = client("i2");
    cluster().refuse("i2");

    EXPECT_EQ(reach(cluster().port("i2"), a_while), Reach::refused);
    EXPECT_EQ(session.run("SELECT 1").tag, "SELECT 1");

    cluster().accept("i2");
    EXPECT_TRUE(client("i2").is_connected());
}

TEST_F(Faults, a_slow_node_answers_statements_after_the_delay) {
    auto session = client("i2");
    cluster().slow("i2", 200ms);
    const auto before = std::chrono::steady_clock::now();

    EXPECT_EQ(session.run("SELECT 1").tag, "SELECT 1");

    EXPECT_GE(std::chrono::steady_clock::now() - before, 200ms);
    cluster().slow("i2", 0ms);
}

TEST_F(Faults, a_delayed_statement_does_not_hold_up_a_kill) {
    auto session = client("i2");
    cluster().slow("i2", 1h);
    const auto before = cluster().counters("i2").statements;
    session.send("SELECT 1");
    ASSERT_TRUE(eventually([&] { return cluster().counters("i2").statements > before; }));

    cluster().kill("i2");

    EXPECT_TRUE(session.is_ended_by_server());
    EXPECT_TRUE(eventually([&] { return cluster().counters("i2").sessions == 0; }));
    cluster().slow("i2", 0ms);
    cluster().start("i2");
}

TEST_F(Faults, a_cut_closes_the_connection_after_exactly_so_many_bytes_and_only_once) {
    auto session = client("i2");
    cluster().cut("i2", 7);
    session.send("SELECT 1");

    std::string got(100, '\0');
    ASSERT_TRUE(session.hears_something(10s));
    ASSERT_TRUE(eventually([&] {
        const auto count = ::recv(PQsocket(session.native()), got.data(), got.size(), MSG_PEEK | MSG_DONTWAIT);
        return count == 7;
    }));
    EXPECT_FALSE(session.receive().ok());
    EXPECT_EQ(PQstatus(session.native()), CONNECTION_BAD);

    EXPECT_EQ(client("i2").run("SELECT 1").tag, "SELECT 1");
}

TEST_F(Faults, sessions_can_be_dropped_while_the_node_goes_on) {
    auto session = client("i2");

    cluster().drop_sessions("i2");

    EXPECT_TRUE(session.is_ended_by_server());
    EXPECT_TRUE(client("i2").is_connected());
}

TEST_F(Faults, what_cannot_be_done_is_said) {
    EXPECT_THROW(cluster().stop("i99"), std::runtime_error);
    EXPECT_THROW(cluster().start("i1"), std::runtime_error) << "it is running";
    cluster().kill("i2");
    EXPECT_THROW(cluster().kill("i2"), std::runtime_error);
    cluster().start("i2");
}

TEST_F(Faults, clients_that_come_and_go_meet_every_fault_and_the_node_survives) {
    std::atomic<int> answered{0};
    std::vector<std::jthread> clients;
    for (int i = 0; i < 4; ++i)
        clients.emplace_back([&](const std::stop_token& stop) {
            while (!stop.stop_requested()) {
                auto session = client("i2");
                while (!stop.stop_requested() && session.run("SELECT 1").ok()) ++answered;
            }
        });

    for (int round = 0; round < 10; ++round) {
        const auto before = answered.load();
        ASSERT_TRUE(eventually([&] { return answered > before; })) << "in round " << round;
        cluster().pause("i2");
        cluster().resume("i2");
        cluster().cut("i2", 100);
        cluster().drop_sessions("i2");
        cluster().refuse("i2");
        cluster().accept("i2");
        cluster().kill("i2");
        cluster().start("i2");
    }

    clients.clear();
    EXPECT_TRUE(eventually([&] { return cluster().counters("i2").sessions == 0; }));
}

// These two change the cluster for good, so they take one of their own.

TEST(Membership, an_expelled_node_is_gone_but_its_address_stays) {
    DevCluster cluster{{2, 1}};
    WireClient session{cluster.port("i2")};
    ASSERT_TRUE(session.is_connected());

    cluster.expel("i2");

    EXPECT_TRUE(session.is_ended_by_server());
    EXPECT_EQ(reach(cluster.port("i2"), a_while), Reach::refused);
    const auto states = cluster.run_sql("SELECT current_state FROM _pico_instance WHERE name = 'i2'");
    ASSERT_EQ(states.rows.size(), 1u);
    EXPECT_NE(states.rows.at(0).at(0)->find("Expelled"), std::string::npos);
    const auto addresses = cluster.run_sql("SELECT address FROM _pico_peer_address WHERE connection_type = 'pgproto'");
    EXPECT_EQ(addresses.rows.size(), 2u);
    EXPECT_THROW(cluster.start("i2"), std::runtime_error);
}

TEST(Membership, an_added_node_serves_and_is_in_the_catalogue) {
    DevCluster cluster{{1, 1}};

    const auto node = cluster.add();

    EXPECT_EQ(node.name, "i2");
    EXPECT_EQ(node.replicaset, "default_2");
    WireClient session{cluster.port("i2")};
    EXPECT_EQ(session.run("SELECT name FROM _pico_instance ORDER BY name").rows,
              (std::vector<std::vector<std::string>>{{"i1"}, {"i2"}}));
}

}  // namespace
}  // namespace picoxx::testing
