// The client as its users see it, over fake nodes: both faces, one pool.
#include "fake_cluster.hpp"

#include <picoxx/client.hpp>
#include <picoxx/testing/error_in.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <set>
#include <sstream>
#include <thread>

namespace picoxx {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::error_in;
using ::testing::HasSubstr;
using ::testing::Not;

Pool one_node_pool(FakeCluster& cluster, std::size_t max_size = 10) {
    return Pool{PoolOptions{.dsn = FakeCluster::dsn(), .max_size = max_size}, cluster.components()};
}

TEST(Client, executes_and_fetches_synchronously) {
    FakeCluster cluster{1};
    Pool pool = one_node_pool(cluster);

    pool.connect();
    const ExecuteResult inserted = pool.execute("INSERT", 1, "bolt");
    const Rows rows = pool.fetch("SELECT 1");

    EXPECT_EQ(inserted.status, "INSERT 0 1");
    EXPECT_EQ(inserted.affected_rows, 1U);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows.front().get<std::int64_t>(0), 1);
    EXPECT_EQ(cluster.node(1).sessions_so_far(), 1U) << "one connection serves one caller";
}

TEST(Client, is_made_from_a_dsn_or_from_options_in_braces) {
    FakeCluster cluster{1};
    const std::string dsn = FakeCluster::dsn();

    const Client from_text{"postgresql://admin@127.0.0.1:1001", cluster.components()};
    const Client from_string{dsn, cluster.components()};
    const Client from_options{{.dsn = dsn}, cluster.components()};
    const Client from_more{{.dsn = dsn, .pool_size = 3, .enable_discovery = false}, cluster.components()};
    const Pool pool{{.dsn = dsn, .max_size = 3}, cluster.components()};

    for (const BasicClient* client :
         {static_cast<const BasicClient*>(&from_text), static_cast<const BasicClient*>(&pool)}) {
        EXPECT_EQ(client->nodes().size(), 1U);
    }
}

TEST(Client, reads_rows_as_tuples) {
    FakeCluster cluster{1};
    cluster.node(1).answer("SELECT id, item",
                           testing::rows_answer({{"id", oid::int8}, {"item", oid::text}},
                                                {{testing::int8_cell(1), testing::text_cell("bolt")},
                                                 {testing::int8_cell(2), testing::text_cell("nut")}}));
    Pool pool = one_node_pool(cluster);

    std::ostringstream seen;
    for (auto [id, item] : pool.fetch<std::int64_t, std::string>("SELECT id, item")) seen << id << ' ' << item << ';';

    EXPECT_EQ(seen.str(), "1 bolt;2 nut;");
}

TEST(Client, sends_what_was_bound) {
    FakeCluster cluster{1};
    Pool pool = one_node_pool(cluster);

    pool.execute("INSERT", 7, "test", std::nullopt, true);

    const auto sent = cluster.node(1).submitted().at(0).parameters;
    ASSERT_EQ(sent.size(), 4U);
    EXPECT_EQ(sent[0].type, oid::int8);
    EXPECT_EQ(sent[0].value, testing::int8_cell(7));
    EXPECT_EQ(sent[1].type, oid::inferred);
    EXPECT_EQ(sent[1].value, testing::text_cell("test"));
    EXPECT_EQ(sent[2].value, testing::null_cell);
    EXPECT_EQ(sent[3].value, testing::bool_cell(true));
}

TEST(Client, prepares_a_statement_when_it_comes_again) {
    FakeCluster cluster{1};
    Pool pool = one_node_pool(cluster);

    for (int i = 0; i < 3; ++i) pool.execute("INSERT", i);

    std::vector<Command::Kind> kinds;
    for (const auto& command : cluster.node(1).submitted()) kinds.push_back(command.kind);
    using enum Command::Kind;
    EXPECT_EQ(kinds, (std::vector{execute, prepare, execute, execute}));
    EXPECT_EQ(cluster.node(1).executions_of("INSERT"), 3U);
}

TEST(Client, reports_a_server_error_and_goes_on) {
    FakeCluster cluster{1};
    cluster.node(1).answer("BROKEN",
                           testing::error_answer(testing::server_error("sbroad: table with name \"T\" not found")));
    Pool pool = one_node_pool(cluster);

    try {
        pool.execute("BROKEN");
        FAIL() << "it must throw";
    } catch (const Exception& exception) {
        EXPECT_EQ(exception.code(), Errc::server_error);
        EXPECT_EQ(exception.error().sqlstate, "XX000");
        EXPECT_EQ(exception.effect(), Effect::none);
        EXPECT_THAT(exception.what(), HasSubstr("table with name"));
        EXPECT_THAT(exception.error().node, HasSubstr("127.0.0.1:1001"));
    }
    EXPECT_EQ(pool.execute("INSERT").affected_rows, 1U);
    EXPECT_EQ(cluster.node(1).sessions_so_far(), 1U) << "the connection stays usable";
}

TEST(Client, discovers_the_nodes_and_spreads_statements) {
    FakeCluster cluster{3};
    cluster.discovery().then_publish(FakeCluster::topology({1, 2, 3}, 1));
    Client client{ClientOptions{.dsn = FakeCluster::dsn()}, cluster.components()};

    client.connect();
    for (int i = 0; i < 30; ++i) client.execute("INSERT");

    for (const std::size_t number : {1U, 2U, 3U}) EXPECT_EQ(cluster.node(number).executions_of("INSERT"), 10U);
    const std::vector<NodeStatus> nodes = client.nodes();
    ASSERT_EQ(nodes.size(), 3U);
    EXPECT_EQ(nodes[0].node.name, "i1");
    EXPECT_EQ(nodes[0].address, "127.0.0.1:1001");
    EXPECT_EQ(nodes[0].statements, 10U);
}

TEST(Client, without_discovery_uses_only_the_nodes_of_the_dsn) {
    FakeCluster cluster{3};
    Pool pool{PoolOptions{.dsn = "postgresql://u:p@127.0.0.1:1001,127.0.0.1:1002"}, cluster.components()};

    for (int i = 0; i < 10; ++i) pool.execute("INSERT");

    EXPECT_EQ(cluster.node(1).executions_of("INSERT"), 5U);
    EXPECT_EQ(cluster.node(2).executions_of("INSERT"), 5U);
    EXPECT_EQ(cluster.discovery().refreshes(), 0U);
}

TEST(Client, the_seed_under_another_spelling_is_not_a_second_node) {
    FakeCluster cluster{2};
    cluster.transport().node(Endpoint{"localhost", 1001}).answer("INSERT", testing::done_answer("INSERT 0 1", 1));
    cluster.discovery().then_publish(FakeCluster::topology({1, 2}, 1));
    Client client{ClientOptions{.dsn = "postgresql://u:p@localhost:1001"}, cluster.components()};

    client.connect();
    for (int i = 0; i < 10; ++i) client.execute("INSERT");

    EXPECT_EQ(client.nodes().size(), 2U);
    EXPECT_EQ(cluster.node(1).executions_of("INSERT"), 5U);
    EXPECT_EQ(cluster.node(2).executions_of("INSERT"), 5U);
}

TEST(Client, a_node_that_says_nothing_of_its_address_is_used_where_the_map_knows_it) {
    FakeCluster cluster{2};
    Topology topology = FakeCluster::topology({1, 2}, 1);
    topology.nodes[1].endpoint = Endpoint{"0.0.0.0", 1002};
    cluster.discovery().then_publish(topology);
    Client without{ClientOptions{.dsn = FakeCluster::dsn()}, cluster.components()};
    Client with{
        ClientOptions{.dsn = FakeCluster::dsn(), .discovery = {.address_map = {{"0.0.0.0:1002", "127.0.0.1:1002"}}}},
        cluster.components()};

    without.connect();
    with.connect();
    for (int i = 0; i < 4; ++i) without.execute("INSERT");
    EXPECT_EQ(cluster.node(2).executions_of("INSERT"), 0U) << "0.0.0.0 would be this host, not its own";
    EXPECT_EQ(without.nodes().at(1).node.availability, Availability::unusable);
    for (int i = 0; i < 4; ++i) with.execute("INSERT");
    EXPECT_EQ(cluster.node(2).executions_of("INSERT"), 2U);
}

TEST(Client, takes_a_strategy_of_ones_own_as_it_is) {
    FakeCluster cluster{1};
    Pool pool{PoolOptions{.dsn = FakeCluster::dsn(), .balance_strategy = std::make_shared<TurnByTurn>()},
              cluster.components()};

    EXPECT_EQ(pool.execute("INSERT").affected_rows, 1U);
}

TEST(Client, a_node_that_refuses_costs_no_error_while_another_serves) {
    FakeCluster cluster{2};
    cluster.node(1).refuse();
    Pool pool{PoolOptions{.dsn = "postgresql://u:p@127.0.0.1:1001,127.0.0.1:1002"}, cluster.components()};

    for (int i = 0; i < 10; ++i) EXPECT_EQ(pool.execute("INSERT").affected_rows, 1U);

    EXPECT_EQ(cluster.node(2).executions_of("INSERT"), 10U);
}

TEST(Client, every_node_down_names_each_and_its_error) {
    FakeCluster cluster{2};
    cluster.node(1).refuse(make_error(Errc::connect_failed, "refused by one"));
    cluster.node(2).refuse(make_error(Errc::tls_failed, "refused by two"));
    Pool pool{
        PoolOptions{.dsn = "postgresql://u:T0psecret@127.0.0.1:1001,127.0.0.1:1002", .timeouts = {.acquire = 50ms}},
        cluster.components()};

    try {
        pool.execute("INSERT");
        FAIL() << "it must throw";
    } catch (const Exception& exception) {
        EXPECT_EQ(exception.code(), Errc::no_node_available);
        for (const char* part : {"127.0.0.1:1001", "refused by one", "127.0.0.1:1002", "refused by two"}) {
            EXPECT_THAT(exception.what(), HasSubstr(part));
        }
        EXPECT_THAT(exception.what(), Not(HasSubstr("T0psecret")));
    }
}

TEST(Client, a_wrong_password_is_tried_once_and_then_refused_locally) {
    FakeCluster cluster{1};
    cluster.node(1).refuse(make_error(Errc::authentication_failed, "login refused"));
    Pool pool = one_node_pool(cluster);

    EXPECT_EQ(error_in([&] { pool.connect(); }).code, Errc::authentication_failed);
    EXPECT_EQ(error_in([&] { pool.execute("INSERT"); }).code, Errc::authentication_failed);
    EXPECT_EQ(cluster.node(1).sessions_so_far(), 1U);
}

TEST(Client, ever_new_wrong_passwords_end_each_call_and_reach_no_fourth_refusal) {
    FakeCluster cluster{1};
    cluster.node(1).refuse(make_error(Errc::authentication_failed, "login refused"));
    int asked = 0;
    Pool pool{PoolOptions{.dsn = FakeCluster::dsn(),
                          .connection = {.password_provider = [&] { return "wrong " + std::to_string(++asked); }}},
              cluster.components()};

    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(error_in([&] { pool.execute("INSERT"); }).code, Errc::authentication_failed);
        EXPECT_EQ(error_in([&] { pool.connect(); }).code, Errc::authentication_failed);
    }
    EXPECT_EQ(cluster.node(1).sessions_so_far(), 3U);
}

TEST(Client, a_stale_idle_connection_is_replaced_without_an_error) {
    FakeCluster cluster{1};
    Pool pool = one_node_pool(cluster);
    pool.execute("INSERT");

    cluster.node(1).lose_sessions();
    const TimePoint later = Clock::now() + 2ms;  // a connection is trusted without a look for 1 ms
    while (Clock::now() < later) std::this_thread::yield();
    EXPECT_EQ(pool.execute("INSERT").affected_rows, 1U);

    EXPECT_EQ(cluster.node(1).executions_of("INSERT"), 2U);
    EXPECT_EQ(cluster.node(1).sessions_so_far(), 2U);
}

TEST(Client, a_statement_in_doubt_is_not_repeated_unless_it_is_marked) {
    FakeCluster cluster{1};
    cluster.node(1).answer_once("INSERT", testing::lost_answer());
    Pool pool = one_node_pool(cluster);

    try {
        pool.execute("INSERT");
        FAIL() << "it must throw";
    } catch (const Exception& exception) {
        EXPECT_EQ(exception.code(), Errc::connection_lost);
        EXPECT_EQ(exception.effect(), Effect::unknown);
    }
    EXPECT_EQ(cluster.node(1).executions_of("INSERT"), 1U);

    cluster.node(1).answer_once("INSERT", testing::lost_answer());
    EXPECT_NO_THROW(pool.execute(Statement{"INSERT"}.with({.idempotence = Idempotence::yes})));
    EXPECT_EQ(cluster.node(1).executions_of("INSERT"), 3U);
}

TEST(Client, a_stale_prepared_statement_is_prepared_anew_silently) {
    FakeCluster cluster{1};
    Pool pool = one_node_pool(cluster);
    for (int i = 0; i < 2; ++i) pool.execute("INSERT");
    cluster.node(1).answer_once(
        "INSERT", testing::error_answer(testing::server_error("prepared statement q1 has been invalidated", "42999")));

    EXPECT_EQ(pool.execute("INSERT").affected_rows, 1U);
    EXPECT_EQ(cluster.node(1).executions_of("INSERT"), 3U);
}

TEST(Client, a_call_out_of_time_frees_its_caller_and_its_place) {
    FakeCluster cluster{1};
    cluster.node(1).answer_once("SLOW", testing::hanging(testing::done_answer("SELECT 0")));
    Pool pool = one_node_pool(cluster, 1);

    try {
        pool.execute(Statement{"SLOW"}.with({.timeout = 20ms}));
        FAIL() << "it must throw";
    } catch (const Exception& exception) {
        EXPECT_EQ(exception.code(), Errc::deadline_exceeded);
        EXPECT_EQ(exception.effect(), Effect::unknown);
    }
    EXPECT_EQ(pool.execute("INSERT").affected_rows, 1U) << "the only place is free again";
}

TEST(Client, after_a_time_out_the_idle_connections_of_its_node_are_asked_before_they_are_used) {
    FakeCluster cluster{1};
    cluster.node(1).answer_once("SLOW", testing::hanging(testing::done_answer("SELECT 0")));
    Pool pool = one_node_pool(cluster, 3);
    pool.connect({.min_ready = 3});

    EXPECT_EQ(error_in([&] { pool.execute(Statement{"SLOW"}.with({.timeout = 20ms})); }).code, Errc::deadline_exceeded);

    while (cluster.node(1).executions_of("SELECT 1") < 2) std::this_thread::yield();
    cluster.node(1).release();
    while (pool.nodes().front().idle < 3) std::this_thread::yield();  // all have answered
    EXPECT_EQ(cluster.node(1).sessions_so_far(), 3U);
}

TEST(Client, an_exhausted_pool_says_its_numbers) {
    FakeCluster cluster{1};
    cluster.node(1).answer("SLOW", testing::hanging(testing::done_answer("SELECT 0")));
    Pool pool{PoolOptions{.dsn = FakeCluster::dsn(), .max_size = 1, .timeouts = {.acquire = 30ms}},
              cluster.components()};
    auto slow = pool.async_execute({"SLOW"}, asio::use_future);
    while (cluster.node(1).submitted().empty()) std::this_thread::yield();

    try {
        pool.execute("INSERT");
        FAIL() << "it must throw";
    } catch (const Exception& exception) {
        EXPECT_EQ(exception.code(), Errc::pool_exhausted);
        EXPECT_THAT(exception.what(), HasSubstr("1 of 1 connections"));
    }
    cluster.node(1).release();
    EXPECT_EQ(slow.get().status, "SELECT 0");
}

TEST(Client, waiters_are_served_by_the_connection_that_comes_back) {
    FakeCluster cluster{1};
    cluster.node(1).answer_once("SLOW", testing::hanging(testing::done_answer("SELECT 0")));
    Pool pool = one_node_pool(cluster, 1);
    auto slow = pool.async_execute({"SLOW"}, asio::use_future);
    while (cluster.node(1).submitted().empty()) std::this_thread::yield();

    auto waiting = pool.async_execute({"INSERT"}, asio::use_future);
    std::thread waiting_too{[&] { EXPECT_EQ(pool.execute("INSERT").affected_rows, 1U); }};
    cluster.node(1).release();

    EXPECT_EQ(slow.get().status, "SELECT 0");
    EXPECT_EQ(waiting.get().affected_rows, 1U);
    waiting_too.join();
    EXPECT_EQ(cluster.node(1).sessions_so_far(), 1U);
}

TEST(Client, a_closed_client_refuses_and_closes_its_connections) {
    FakeCluster cluster{1};
    Pool pool = one_node_pool(cluster);
    pool.execute("INSERT");

    EXPECT_TRUE(pool.close());
    EXPECT_TRUE(pool.close());

    EXPECT_EQ(error_in([&] { pool.execute("INSERT"); }).code, Errc::closed);
    EXPECT_EQ(cluster.node(1).open_sessions(), 0U);
}

TEST(Client, close_waits_for_what_runs) {
    FakeCluster cluster{1};
    cluster.node(1).answer_once("SLOW", testing::hanging(testing::done_answer("SELECT 0")));
    Pool pool = one_node_pool(cluster);
    auto slow = pool.async_execute({"SLOW"}, asio::use_future);
    while (cluster.node(1).submitted().empty()) std::this_thread::yield();

    EXPECT_FALSE(pool.close(1ms));
    cluster.node(1).release();
    EXPECT_TRUE(pool.close());
    EXPECT_EQ(slow.get().status, "SELECT 0");
}

TEST(Client, a_bad_parameter_sends_nothing) {
    FakeCluster cluster{1};
    Pool pool = one_node_pool(cluster);

    EXPECT_EQ(error_in([&] { pool.execute("INSERT", std::uint64_t{1} << 63U); }).code, Errc::invalid_argument);
    EXPECT_TRUE(cluster.node(1).submitted().empty());
}

TEST(Client, what_an_earlier_attempt_may_have_done_is_not_forgotten) {
    FakeCluster cluster{1};
    cluster.node(1).answer_once("INSERT", testing::lost_answer());
    cluster.node(1).answer_once("INSERT", testing::error_answer(testing::server_error("sbroad: space T not found")));
    Pool pool = one_node_pool(cluster);

    try {
        pool.execute(Statement{"INSERT"}.with({.idempotence = Idempotence::yes}));
        FAIL() << "it must throw";
    } catch (const Exception& exception) {
        EXPECT_EQ(exception.code(), Errc::server_error);
        EXPECT_EQ(exception.effect(), Effect::unknown) << "the first attempt is in doubt, whatever the second says";
    }
}

TEST(Client, a_timeout_that_is_none_is_refused_and_one_for_ever_is_fine) {
    FakeCluster cluster{1};
    Pool pool{PoolOptions{.dsn = FakeCluster::dsn(),
                          .timeouts = {.connect = std::chrono::milliseconds::max(),
                                       .acquire = std::chrono::milliseconds::max(),
                                       .statement = std::chrono::milliseconds::max()}},
              cluster.components()};

    EXPECT_EQ(pool.execute("INSERT").affected_rows, 1U);
    EXPECT_EQ(error_in([&] { pool.execute(Statement{"INSERT"}.with({.timeout = 0ms})); }).code, Errc::invalid_argument);
}

TEST(Client, may_go_while_a_name_is_being_resolved) {
    FakeCluster cluster{1};
    cluster.transport().node(Endpoint{"localhost", 1001}).answer("INSERT", testing::done_answer("INSERT 0 1", 1));
    cluster.discovery().then_publish(FakeCluster::topology({1}, 1));
    for (int i = 0; i < 50; ++i) {
        Client client{ClientOptions{.dsn = "postgresql://u:p@localhost:1001"}, cluster.components()};
        EXPECT_EQ(client.execute("INSERT").affected_rows, 1U);  // discovery begins in the background
    }
}

TEST(Client, connects_on_an_executor_that_nobody_runs) {
    FakeCluster cluster{1};
    cluster.discovery().then_publish(FakeCluster::topology({1}, 1));
    asio::io_context never_run;
    Client client{never_run.get_executor(), ClientOptions{.dsn = FakeCluster::dsn()}, cluster.components()};

    EXPECT_EQ(client.execute("INSERT").affected_rows, 1U);
    client.connect();
    EXPECT_EQ(client.nodes().front().node.name, "i1");
    client.close();
    never_run.run();
}

// --------------------------------------------------------------------------------------------------- asynchronous face

TEST(AsyncClient, completes_a_callback_on_its_executor) {
    FakeCluster cluster{1};
    Pool pool = one_node_pool(cluster);
    asio::io_context context;
    std::thread::id completed_on;
    std::uint64_t affected = 0;

    pool.async_execute({"INSERT"}, asio::bind_executor(context, [&](std::exception_ptr failure, ExecuteResult result) {
                           EXPECT_EQ(failure, nullptr);
                           completed_on = std::this_thread::get_id();
                           affected = result.affected_rows;
                       }));
    EXPECT_EQ(affected, 0U) << "never from within the call";
    context.run();  // the call in flight keeps it busy

    EXPECT_EQ(affected, 1U);
    EXPECT_EQ(completed_on, std::this_thread::get_id());
}

TEST(AsyncClient, takes_a_move_only_handler) {
    FakeCluster cluster{1};
    Pool pool = one_node_pool(cluster);
    std::promise<std::size_t> done;

    pool.async_fetch({"SELECT 1"}, [token = std::make_unique<int>(1), &done](std::exception_ptr, Rows rows) mutable {
        done.set_value(rows.size() + static_cast<std::size_t>(*token));
    });

    EXPECT_EQ(done.get_future().get(), 2U);
}

TEST(AsyncClient, futures_throw_the_exception) {
    FakeCluster cluster{1};
    cluster.node(1).answer("BROKEN", testing::error_answer(testing::server_error("no")));
    Pool pool = one_node_pool(cluster);

    auto future = pool.async_execute({"BROKEN"}, asio::use_future);

    EXPECT_THROW(future.get(), Exception);
}

asio::awaitable<void> work(Pool& pool, std::size_t& rows, Errc& code) {
    co_await pool.async_connect();
    co_await pool.async_execute({"INSERT", 2, "bolt"});
    const Rows fetched = co_await pool.async_fetch({"SELECT 1", 2});
    rows = fetched.size();
    try {
        co_await pool.async_execute({"BROKEN"}, asio::use_awaitable);
    } catch (const Exception& exception) {
        code = exception.code();
    }
}

TEST(AsyncClient, coroutines_await_it) {
    FakeCluster cluster{1};
    Pool pool = one_node_pool(cluster);
    asio::io_context context;
    std::size_t rows = 0;
    Errc code = Errc::ok;

    asio::co_spawn(context, work(pool, rows, code), asio::detached);
    context.run();

    EXPECT_EQ(rows, 1U);
    EXPECT_EQ(code, Errc::server_error);
}

TEST(AsyncClient, runs_on_the_executor_it_was_given) {
    FakeCluster cluster{1};
    asio::io_context context;
    Pool pool{context.get_executor(), PoolOptions{.dsn = FakeCluster::dsn()}, cluster.components()};
    std::size_t rows = 0;
    Errc code = Errc::ok;

    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
            co_await work(pool, rows, code);
            pool.close();
        },
        asio::detached);
    context.run();

    EXPECT_EQ(rows, 1U);
}

TEST(AsyncClient, what_a_handler_throws_comes_out_of_the_executor) {
    FakeCluster cluster{1};
    asio::io_context context;
    // A client that is not closed keeps the executor busy until its last time limit has passed: short ones, then.
    Pool pool{context.get_executor(),
              PoolOptions{.dsn = FakeCluster::dsn(), .timeouts = {.connect = 200ms, .statement = 200ms}},
              cluster.components()};
    pool.async_execute({"INSERT"},
                       [](const std::exception_ptr&, const ExecuteResult&) { throw std::runtime_error{"mine"}; });
    pool.async_execute(
        {"UNKNOWN"}, [](const std::exception_ptr& failure, const ExecuteResult&) { std::rethrow_exception(failure); });

    int thrown = 0;
    for (int i = 0; i < 10 && thrown < 2; ++i) {
        try {
            context.run();
        } catch (const std::runtime_error&) {
            ++thrown;
        }
    }

    EXPECT_EQ(thrown, 2);
    auto next = pool.async_execute({"INSERT"}, asio::use_future);
    context.restart();
    context.run();
    EXPECT_EQ(next.get().affected_rows, 1U) << "the client goes on";
}

TEST(AsyncClient, a_deferred_operation_does_nothing_until_it_is_started) {
    FakeCluster cluster{1};
    Pool pool = one_node_pool(cluster);

    auto operation = pool.async_execute({"INSERT"}, asio::deferred);
    EXPECT_TRUE(cluster.node(1).submitted().empty());
    EXPECT_EQ(std::move(operation)(asio::use_future).get().affected_rows, 1U);
}

TEST(AsyncClient, concurrent_calls_go_to_idle_or_new_connections_first) {
    FakeCluster cluster{1};
    cluster.node(1).answer("SLOW", testing::hanging(testing::done_answer("SELECT 0")));
    Pool pool = one_node_pool(cluster, 4);
    std::vector<std::future<ExecuteResult>> futures;
    for (int i = 0; i < 4; ++i) futures.push_back(pool.async_execute({"SLOW"}, asio::use_future));
    while (cluster.node(1).submitted().size() < 4) std::this_thread::yield();

    EXPECT_EQ(cluster.node(1).open_sessions(), 4U);
    cluster.node(1).release();
    for (auto& future : futures) EXPECT_EQ(future.get().status, "SELECT 0");
}

TEST(AsyncClient, destroying_the_client_completes_what_runs_with_closed) {
    FakeCluster cluster{1};
    cluster.node(1).answer("SLOW", testing::hanging(testing::done_answer("SELECT 0")));
    std::future<ExecuteResult> future;
    {
        Pool pool = one_node_pool(cluster);
        future = pool.async_execute({"SLOW"}, asio::use_future);
        while (cluster.node(1).submitted().empty()) std::this_thread::yield();
    }
    EXPECT_EQ(error_in([&] { future.get(); }).code, Errc::closed);
}

TEST(AsyncClient, destroying_the_client_from_a_callback_is_fine) {
    FakeCluster cluster{1};
    auto pool = std::make_unique<Pool>(PoolOptions{.dsn = FakeCluster::dsn()}, cluster.components());
    std::promise<void> done;

    pool->async_execute({"INSERT"}, [&](std::exception_ptr, const ExecuteResult&) {
        pool.reset();
        done.set_value();
    });

    done.get_future().get();
    while (cluster.node(1).open_sessions() > 0) std::this_thread::yield();
}

TEST(AsyncClient, a_client_with_discovery_may_go_while_its_executor_runs_elsewhere) {
    for (int i = 0; i < 50; ++i) {
        FakeCluster cluster{2};
        cluster.discovery().ask_first("who are you");
        cluster.discovery().then_publish(FakeCluster::topology({1, 2}, 1));
        asio::io_context context;
        auto work = asio::make_work_guard(context);
        std::thread runner{[&] { context.run(); }};
        {
            Client client{context.get_executor(),
                          ClientOptions{.dsn = FakeCluster::dsn(), .discovery = {.interval = 100ms}},
                          cluster.components()};
            client.async_execute({"INSERT"}, asio::use_future).get();
        }
        work.reset();
        runner.join();
    }
}

TEST(AsyncClient, many_threads_and_coroutines_share_one_pool) {
    FakeCluster cluster{3};
    cluster.discovery().then_publish(FakeCluster::topology({1, 2, 3}, 1));
    Client client{ClientOptions{.dsn = FakeCluster::dsn(), .pool_size = 6}, cluster.components()};
    client.connect();
    constexpr int calls = 200;

    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < calls; ++i) client.execute("INSERT");
        });
    }
    asio::io_context context;
    for (int t = 0; t < 8; ++t) {
        asio::co_spawn(
            context,
            [&]() -> asio::awaitable<void> {
                for (int i = 0; i < calls; ++i) co_await client.async_execute({"INSERT"});
            },
            [](const std::exception_ptr& failure) {
                EXPECT_EQ(error_of(failure).code, Errc::ok) << describe(error_of(failure));
            });
    }
    context.run();
    for (std::thread& thread : threads) thread.join();

    std::size_t executed = 0;
    std::uint64_t counted = 0;
    for (const std::size_t number : {1U, 2U, 3U}) executed += cluster.node(number).executions_of("INSERT");
    for (const NodeStatus& node : client.nodes()) counted += node.statements;
    EXPECT_EQ(executed, 12U * calls);
    EXPECT_EQ(counted, 12U * calls);
}

}  // namespace
}  // namespace picoxx
