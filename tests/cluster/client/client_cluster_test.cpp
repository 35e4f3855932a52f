// The client against a development cluster of three nodes: what a user of a real one would see.
#include "eventually.hpp"

#include <picoxx/picoxx.hpp>
#include <picoxx/testing/collecting_log_sink.hpp>
#include <picoxx/testing/dev_cluster.hpp>
#include <picoxx/testing/error_in.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
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

/// A cluster for each test: faults leave nothing for the next one.
class ClientOnCluster : public ::testing::Test {
protected:
    [[nodiscard]] Client client(const std::string& dsn) { return Client{ClientOptions{.dsn = dsn, .log = log}}; }
    [[nodiscard]] Client client() { return client(cluster.dsn()); }
    /// What the nodes of the cluster executed, by name.
    [[nodiscard]] std::uint64_t executed(const std::string& node) const { return cluster.counters(node).statements; }
    [[nodiscard]] static const NodeStatus* find(const std::vector<NodeStatus>& nodes, const std::string& name) {
        const auto found = std::find_if(nodes.begin(), nodes.end(),
                                        [&](const NodeStatus& status) { return status.node.name == name; });
        return found == nodes.end() ? nullptr : &*found;
    }

    void TearDown() override { EXPECT_FALSE(log->contains("T0psecret")) << "a password in the log"; }

    std::shared_ptr<testing::CollectingLogSink> log = std::make_shared<testing::CollectingLogSink>();
    DevCluster cluster{DevClusterOptions{3, 1}};
};

TEST_F(ClientOnCluster, does_the_quickstart) {
    Client db = client();
    db.connect();

    EXPECT_EQ(db.execute(R"(CREATE TABLE "warehouse" (id INTEGER NOT NULL, item TEXT NOT NULL, PRIMARY KEY (id))
                            USING memtx DISTRIBUTED BY (id) OPTION (TIMEOUT = 3.0))")
                  .status,
              "CREATE TABLE");
    EXPECT_EQ(db.execute(R"(INSERT INTO "warehouse" VALUES ($1::int, $2::varchar))", 1, "test").affected_rows, 1U);
    std::vector<std::tuple<std::int64_t, std::string>> rows;
    for (auto row : db.fetch<std::int64_t, std::string>(R"(SELECT id, item FROM "warehouse")")) rows.push_back(row);
    EXPECT_EQ(rows, (std::vector{std::tuple{std::int64_t{1}, std::string{"test"}}}));

    const Error duplicate = error_in(
        [&] { db.execute(R"(INSERT INTO "warehouse" VALUES ($1::int, $2::varchar))", 1, "again"); });
    EXPECT_EQ(duplicate.code, Errc::server_error);
    EXPECT_EQ(duplicate.sqlstate, "XX000");
    EXPECT_THAT(duplicate.server_text, HasSubstr("Duplicate key exists"));
    const bool tells_of_a_storage = duplicate.server_text.find("Error on replicaset") != std::string::npos;
    EXPECT_EQ(duplicate.effect, tells_of_a_storage ? Effect::partial : Effect::none)
        << "who asked a storage does not know what others stored; the owner of all rows has rolled back";
}

TEST_F(ClientOnCluster, discovers_the_nodes_from_one_of_them_and_spreads_evenly) {
    Client db = client();
    db.connect();

    const std::vector<NodeStatus> nodes = db.nodes();
    ASSERT_EQ(nodes.size(), 3U);
    for (const auto& node : cluster.nodes()) {
        const NodeStatus* known = find(nodes, node.name);
        ASSERT_NE(known, nullptr) << node.name;
        EXPECT_EQ(known->address, node.address);
        EXPECT_EQ(known->node.role, NodeRole::leader);
    }
    for (int i = 0; i < 30; ++i) db.fetch("SELECT $1::int", i);
    for (const NodeStatus& node : db.nodes()) EXPECT_EQ(node.statements, 10U) << node.address;
}

TEST_F(ClientOnCluster, every_strategy_reaches_every_node) {
    for (const char* name : {"round_robin", "random", "least_busy"}) {
        Client db{ClientOptions{.dsn = cluster.dsn(), .balance_strategy = name}};
        db.connect();
        for (int i = 0; i < 60; ++i) db.fetch("SELECT 1");
        for (const NodeStatus& status : db.nodes())
            EXPECT_GT(status.statements, 5U) << name << " at " << status.node.name;
    }
    Client db{ClientOptions{.dsn = cluster.dsn(), .balance_strategy = [](std::span<const Candidate> candidates) {
                                const auto found = std::find_if(
                                    candidates.begin(), candidates.end(),
                                    [](const Candidate& candidate) { return candidate.name == "i2"; });
                                return static_cast<std::size_t>(found - candidates.begin());
                            }}};
    db.connect();
    for (int i = 0; i < 10; ++i) db.fetch("SELECT 1");
    EXPECT_EQ(find(db.nodes(), "i2")->statements, 10U);
}

TEST_F(ClientOnCluster, an_ordinary_user_discovers_too) {
    cluster.create_user("app", "T0psecret1");
    std::string dsn = cluster.dsn();
    dsn.replace(dsn.find("admin:T0psecret"), 15, "app:T0psecret1");
    Client db = client(dsn);
    db.connect();

    const std::vector<NodeStatus> nodes = db.nodes();
    ASSERT_EQ(nodes.size(), 3U);
    for (const NodeStatus& status : nodes) EXPECT_EQ(status.node.role, NodeRole::unknown);
    EXPECT_EQ(db.fetch("SELECT version()").size(), 1U);
    const Error denied = error_in([&] { db.fetch("SELECT * FROM _pico_tier"); });
    EXPECT_THAT(denied.server_text, HasSubstr("AccessDenied"));
    EXPECT_EQ(denied.effect, Effect::none);
}

TEST_F(ClientOnCluster, a_scram_user_logs_in) {
    cluster.create_user("scram", "T0psecret1", testing::DevAuth::scram_sha256);
    std::string dsn = cluster.dsn();
    dsn.replace(dsn.find("admin:T0psecret"), 15, "scram:T0psecret1");
    Client db = client(dsn);

    db.connect();
    EXPECT_EQ(db.fetch("SELECT 1").size(), 1U);
}

TEST_F(ClientOnCluster, a_wrong_password_costs_one_login_per_node_and_is_not_repeated) {
    std::string dsn = cluster.dsn();
    dsn.replace(dsn.find("T0psecret"), 9, "Wr0ngpassword");
    for (const char* mode : {"disable", "prefer"}) {
        Client db = client(dsn + "/?sslmode=" + mode);
        const auto before = cluster.counters("i1").failed_logins;

        const Error refused = error_in([&] { db.connect(); });
        EXPECT_EQ(refused.code, Errc::authentication_failed) << describe(refused);
        EXPECT_EQ(error_in([&] { db.execute("SELECT 1"); }).code, Errc::authentication_failed);
        EXPECT_EQ(error_in([&] { db.execute("SELECT 1"); }).code, Errc::authentication_failed);

        EXPECT_THAT(describe(refused), Not(HasSubstr("Wr0ng")));
        EXPECT_EQ(error_in([&] { db.connect(); }).code, Errc::authentication_failed);
        EXPECT_EQ(cluster.counters("i1").failed_logins - before, 1U);
    }
}

TEST_F(ClientOnCluster, tls_is_used_where_it_is_demanded) {
    for (const char* node : {"i1", "i2", "i3"}) cluster.demand_tls(node);

    Client db = client();
    db.connect();
    EXPECT_EQ(db.fetch("SELECT 1").size(), 1U);

    Client plain = client(cluster.dsn() + "/?sslmode=disable");
    const Error refused = error_in([&] { plain.connect(); });
    EXPECT_EQ(refused.code, Errc::tls_failed) << describe(refused);
    EXPECT_THAT(refused.server_text, HasSubstr("requires the client to use ssl"));
}

TEST_F(ClientOnCluster, server_options_are_sent_and_a_bad_one_is_a_likely_cause) {
    Client good{ClientOptions{.dsn = cluster.dsn(), .connection = {.server_options = {{"sql_motion_row_max", "2"}}}}};
    good.connect();
    good.execute("CREATE TABLE few (id INT PRIMARY KEY) OPTION (TIMEOUT = 3.0)");
    good.execute("INSERT INTO few VALUES (1),(2),(3)");
    EXPECT_THAT(error_in([&] { good.fetch("SELECT * FROM few"); }).server_text,
                HasSubstr("Exceeded maximum number of rows (2)"));

    Client bad{ClientOptions{.dsn = cluster.dsn(), .connection = {.server_options = {{"read_preference", "nope"}}}}};
    const Error refused = error_in([&] { bad.connect(); });
    EXPECT_EQ(refused.code, Errc::connect_failed) << describe(refused);
    EXPECT_THAT(refused.text, HasSubstr("option"));
}

TEST_F(ClientOnCluster, a_killed_node_costs_no_statement_that_was_not_on_it) {
    Client db = client();
    db.connect();
    for (int i = 0; i < 6; ++i) db.fetch("SELECT 1");

    cluster.kill("i2");
    const TimePoint later = Clock::now() +
                            2ms;  // a connection used within the last millisecond is trusted without a look
    while (Clock::now() < later) std::this_thread::yield();
    for (int i = 0; i < 30; ++i) EXPECT_EQ(db.fetch("SELECT 1").size(), 1U);

    cluster.start("i2");
    const auto served = [&] {
        const std::vector<NodeStatus> nodes = db.nodes();
        return find(nodes, "i2")->statements;
    };
    const std::uint64_t before = served();
    EXPECT_TRUE(eventually([&] {
        db.fetch("SELECT 1");
        return served() > before;
    })) << "it is used again";
}

TEST_F(ClientOnCluster, a_stopped_node_gets_no_new_work_once_the_catalogue_says_so) {
    Client db = client();
    db.connect();
    cluster.stop("i3");
    db.refresh_topology();

    const auto before = cluster.counters("i3").connections;
    for (int i = 0; i < 20; ++i) db.fetch("SELECT 1");
    EXPECT_EQ(cluster.counters("i3").connections, before);
    EXPECT_EQ(find(db.nodes(), "i3")->node.availability, Availability::unusable);
}

TEST_F(ClientOnCluster, a_paused_node_is_given_up_at_the_deadline_and_the_others_serve) {
    Client db{ClientOptions{
        .dsn = cluster.dsn(), .timeouts = {.connect = 300ms, .statement = 1s}, .discovery = {.timeout = 300ms}}};
    db.connect();
    db.fetch("SELECT 1");
    cluster.pause("i2");

    int failed = 0;
    for (int i = 0; i < 20; ++i) {
        const Error error = error_in([&] { db.fetch("SELECT 1"); });
        if (error.code == Errc::ok) continue;
        ++failed;
        EXPECT_EQ(error.code, Errc::deadline_exceeded) << describe(error);
    }
    EXPECT_LE(failed, 1) << "only what was sent to an idle connection of it";
    cluster.resume("i2");
}

TEST_F(ClientOnCluster, what_a_node_did_not_read_before_the_deadline_is_never_executed) {
    Pool db{PoolOptions{.dsn = cluster.dsn("i1"), .max_size = 1, .log = log}};
    db.execute(R"(CREATE TABLE t (id INTEGER NOT NULL, v TEXT NOT NULL, PRIMARY KEY (id)) DISTRIBUTED BY (id))");
    const std::string large(16U * 1024U * 1024U, 'x');
    for (int id = 1; id <= 2; ++id) {  // the second one prepares
        cluster.pause("i1");
        const Error error = error_in([&] {
            db.execute(Statement{"INSERT INTO t VALUES ($1::int, $2::varchar)", id, large}.with({.timeout = 300ms}));
        });
        EXPECT_EQ(error.code, Errc::deadline_exceeded);
        cluster.resume("i1");
    }
    db.execute("INSERT INTO t VALUES (3, 'after')");  // and what was left behind has come to its end

    EXPECT_TRUE(eventually([&] { return cluster.counters("i1").sessions <= 1; }));
    const Rows count = db.fetch("SELECT count(*) FROM t");
    EXPECT_EQ(count[0].get<std::int64_t>(0), 1);
}

TEST_F(ClientOnCluster, a_seed_that_says_nothing_is_left_for_the_next_one) {
    cluster.pause("i1");
    std::string dsn = cluster.dsn();
    dsn += "," + cluster.node("i2").address;
    Client db{ClientOptions{.dsn = dsn, .timeouts = {.connect = 300ms}}};

    db.connect();
    EXPECT_EQ(db.nodes().size(), 3U);
    cluster.resume("i1");
}

TEST_F(ClientOnCluster, nobody_listens) {
    cluster.kill("i1");
    Client db = client();

    const Error error = error_in([&] { db.connect(); });
    EXPECT_EQ(error.code, Errc::connect_failed) << describe(error);
    EXPECT_THAT(describe(error), HasSubstr(cluster.node("i1").address));
}

TEST_F(ClientOnCluster, nodes_come_and_go) {
    Client db = client();
    db.connect();

    const testing::DevNode added = cluster.add();
    db.refresh_topology();
    EXPECT_EQ(db.nodes().size(), 4U);
    for (int i = 0; i < 8; ++i) db.fetch("SELECT 1");
    EXPECT_EQ(find(db.nodes(), added.name)->statements, 2U);

    cluster.expel("i2");
    db.refresh_topology();
    EXPECT_EQ(db.nodes().size(), 3U);
    for (int i = 0; i < 9; ++i) EXPECT_EQ(db.fetch("SELECT 1").size(), 1U);
}

TEST_F(ClientOnCluster, discovery_follows_the_cluster_by_itself) {
    Client db{ClientOptions{.dsn = cluster.dsn(), .discovery = {.interval = 100ms}}};
    db.connect();

    const testing::DevNode added = cluster.add();

    EXPECT_TRUE(eventually([&] { return db.nodes().size() == 4; }));
}

TEST_F(ClientOnCluster, the_seed_under_another_name_is_not_a_second_node) {
    std::string dsn = cluster.dsn();
    dsn.replace(dsn.find("127.0.0.1"), 9, "localhost");
    Client db = client(dsn);
    db.connect();

    for (int i = 0; i < 30; ++i) db.fetch("SELECT 1");
    const std::vector<NodeStatus> nodes = db.nodes();
    ASSERT_EQ(nodes.size(), 3U);
    for (const NodeStatus& status : nodes) EXPECT_EQ(status.statements, 10U) << status.node.name;
}

TEST_F(ClientOnCluster, addresses_are_mapped) {
    std::map<std::string, std::string> map;
    for (const auto& node : cluster.nodes())
        map[node.address] = "localhost:" + node.address.substr(node.address.find(':') + 1);
    Client db{ClientOptions{.dsn = cluster.dsn(), .discovery = {.address_map = map}}};
    db.connect();

    for (const NodeStatus& status : db.nodes()) EXPECT_THAT(status.address, HasSubstr("localhost:"));
    for (int i = 0; i < 6; ++i) EXPECT_EQ(db.fetch("SELECT 1").size(), 1U);
}

TEST_F(ClientOnCluster, without_discovery_only_the_named_nodes_are_touched) {
    Pool pool{PoolOptions{.dsn = cluster.dsn("i2"), .max_size = 4}};
    pool.connect();
    for (int i = 0; i < 10; ++i) pool.fetch("SELECT 1");

    EXPECT_EQ(executed("i2"), 10U) << "and nothing was asked of the catalogue";
    EXPECT_EQ(executed("i1") + executed("i3"), 0U);
}

TEST_F(ClientOnCluster, many_tasks_share_a_small_pool_while_a_node_dies) {
    Client db{ClientOptions{.dsn = cluster.dsn(), .pool_size = 6}};
    db.connect();
    db.execute("CREATE TABLE load (id INT PRIMARY KEY, v TEXT NOT NULL) OPTION (TIMEOUT = 3.0)");
    std::atomic<int> stored{0};
    std::atomic<int> in_doubt{0};
    std::atomic<int> refused{0};

    asio::io_context context;
    for (int task = 0; task < 16; ++task) {
        asio::co_spawn(
            context,
            [&, task]() -> asio::awaitable<void> {
                for (int i = 0; i < 40; ++i) {
                    try {
                        co_await db.async_execute(
                            {"INSERT INTO load VALUES ($1::int, $2::varchar)", task * 1000 + i, "x"});
                        ++stored;
                    } catch (const Exception& exception) {
                        ++(exception.effect() == Effect::none ? refused : in_doubt);
                    }
                    if (task == 0 && i == 10) cluster.kill("i3");
                }
            },
            [](const std::exception_ptr& failure) { EXPECT_EQ(failure, nullptr); });
    }
    context.run();

    const std::int64_t rows = db.fetch("SELECT count(*) FROM load").front().get<std::int64_t>(0);
    EXPECT_EQ(refused, 0) << "what was not sent goes elsewhere";
    EXPECT_GE(rows, stored);
    EXPECT_LE(rows, stored + in_doubt);
    EXPECT_EQ(stored + in_doubt + refused, 640);
    EXPECT_LE(in_doubt, 6) << "no more than there were connections";
}

TEST_F(ClientOnCluster, tokens_complete_over_a_real_network) {
    Client db = client();
    db.async_connect(asio::use_future).get();
    EXPECT_EQ(db.async_fetch({"SELECT $1::int", 5}, asio::use_future).get().front().get<std::int64_t>(0), 5);
    EXPECT_THROW(db.async_execute({"NONSENSE"}, asio::use_future).get(), Exception);
}

}  // namespace
}  // namespace picoxx
