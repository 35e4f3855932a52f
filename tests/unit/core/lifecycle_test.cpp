// How clients begin and end: connections made ahead, closing, ending at once, being forked.
#include "fake_cluster.hpp"

#include <picoxx/client.hpp>
#include <picoxx/testing/error_in.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace picoxx {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::error_in;
using ::testing::HasSubstr;

Client discovering(FakeCluster& cluster, std::size_t pool_size) {
    cluster.discovery().then_publish(FakeCluster::topology({1, 2, 3}, 1));
    return Client{ClientOptions{.dsn = FakeCluster::dsn(), .pool_size = pool_size}, cluster.components()};
}

std::size_t idle(const BasicClient& client) {
    std::size_t sum = 0;
    for (const NodeStatus& node : client.nodes()) sum += node.idle;
    return sum;
}

// ---- connecting

TEST(Connecting, makes_one_connection_unless_told_otherwise) {
    FakeCluster cluster{3};
    Client client = discovering(cluster, 9);

    client.connect();

    EXPECT_EQ(idle(client), 1U);
}

TEST(Connecting, makes_as_many_as_asked_spread_over_the_nodes) {
    FakeCluster cluster{3};
    Client client = discovering(cluster, 9);

    client.connect({.min_ready = 6});

    ASSERT_EQ(client.nodes().size(), 3U);
    for (const NodeStatus& node : client.nodes()) EXPECT_EQ(node.idle, 2U) << node.address;
    client.connect({.min_ready = 6});
    EXPECT_EQ(idle(client), 6U) << "those that are there count";
}

TEST(Connecting, a_node_that_refuses_leaves_its_share_to_the_others) {
    FakeCluster cluster{3};
    cluster.node(2).refuse();
    Client client = discovering(cluster, 9);

    client.connect({.min_ready = 4});

    EXPECT_EQ(idle(client), 4U);
}

TEST(Connecting, asynchronously_too) {
    FakeCluster cluster{3};
    Client client = discovering(cluster, 9);

    client.async_connect({.min_ready = 3}, asio::use_future).get();
    EXPECT_EQ(idle(client), 3U);
    client.async_ping(asio::use_future).get();
    client.async_refresh_topology(asio::use_future).get();

    asio::io_context context;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
            co_await client.async_connect();
            co_await client.async_connect({.min_ready = 5});
            co_await client.async_ping();
        },
        asio::detached);
    context.run();
    EXPECT_EQ(idle(client), 5U);
}

TEST(Connecting, refuses_what_cannot_be) {
    FakeCluster cluster{1};
    Pool pool{PoolOptions{.dsn = FakeCluster::dsn(), .max_size = 2}, cluster.components()};

    const Error too_many = error_in([&] { pool.connect({.min_ready = 3}); });
    EXPECT_EQ(too_many.code, Errc::invalid_argument);
    EXPECT_THAT(too_many.text, HasSubstr("from 0 to the pool's size, 2, it is 3"));
    EXPECT_EQ(error_in([&] { pool.connect({.deadline = 0ms}); }).code, Errc::invalid_argument);
    EXPECT_EQ(cluster.node(1).sessions_so_far(), 0U);
}

TEST(Connecting, says_so_where_the_nodes_may_not_have_that_many) {
    FakeCluster cluster{1};
    Pool pool{PoolOptions{.dsn = FakeCluster::dsn(), .max_size = 4, .max_per_node = 1}, cluster.components()};

    const Error error = error_in([&] { pool.connect({.min_ready = 3}); });

    EXPECT_EQ(error.code, Errc::pool_exhausted);
    EXPECT_THAT(error.text, HasSubstr("min_ready is 3, but no more than 1 connections"));
    EXPECT_THAT(error.text, HasSubstr("1 nodes with at most 1 each, 4 together"));
}

TEST(Connecting, with_a_wrong_password_many_calls_at_once_cost_one_login) {
    FakeCluster cluster{1};
    cluster.node(1).hang_logins();
    Client client = discovering(cluster, 9);
    std::vector<std::future<ExecuteResult>> calls;
    for (int i = 0; i < 8; ++i) calls.push_back(client.async_execute({"INSERT"}, asio::use_future));
    while (cluster.node(1).sessions_so_far() == 0) std::this_thread::yield();

    cluster.node(1).refuse(make_error(Errc::authentication_failed, "login refused"));

    for (auto& call : calls) EXPECT_EQ(error_in([&] { call.get(); }).code, Errc::authentication_failed);
    EXPECT_EQ(cluster.node(1).sessions_so_far(), 1U);
}

TEST(Connecting, ends_at_its_deadline_and_names_who_did_not_answer) {
    FakeCluster cluster{1};
    cluster.node(1).hang_logins();
    Pool pool{PoolOptions{.dsn = FakeCluster::dsn(), .max_size = 2}, cluster.components()};

    const Error error = error_in([&] { pool.connect({.deadline = 20ms}); });

    EXPECT_EQ(error.code, Errc::deadline_exceeded);
    EXPECT_THAT(describe(error), HasSubstr("127.0.0.1:1001"));
}

TEST(Connecting, the_deadline_holds_for_the_look_at_the_topology_too) {
    FakeCluster cluster{3};
    cluster.node(1).hang_logins();
    Client client = discovering(cluster, 9);

    const Error error = error_in([&] { client.connect({.deadline = 20ms}); });

    EXPECT_EQ(error.code, Errc::deadline_exceeded);
    EXPECT_EQ(error.node, "127.0.0.1:1001");
}

TEST(Connecting, many_at_once_each_get_their_connections) {
    FakeCluster cluster{3};
    Client client = discovering(cluster, 9);

    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&] { client.connect({.min_ready = 3}); });
    for (std::thread& thread : threads) thread.join();

    EXPECT_GE(idle(client), 3U);
    EXPECT_LE(idle(client), 9U);
}

// ---- closing

class Ending : public ::testing::Test {
protected:
    Ending() { cluster.node(1).answer("SLOW", testing::hanging(testing::done_answer("SELECT 0"))); }
    void await_submitted(std::size_t count) {
        while (cluster.node(1).submitted().size() < count) std::this_thread::yield();
    }
    FakeCluster cluster{1};
    std::optional<Pool> pool{std::in_place, PoolOptions{.dsn = FakeCluster::dsn(), .max_size = 2},
                             cluster.components()};
};

TEST_F(Ending, async_close_waits_for_what_runs_without_a_thread) {
    asio::io_context context;
    Pool own{context.get_executor(), PoolOptions{.dsn = FakeCluster::dsn()}, cluster.components()};
    auto slow = own.async_execute({"SLOW"}, asio::use_future);
    bool quiet = false;

    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
            EXPECT_FALSE(co_await own.async_close(1ms));
            cluster.node(1).release();
            quiet = co_await own.async_close(10s);
        },
        asio::detached);
    context.run();

    EXPECT_TRUE(quiet);
    EXPECT_EQ(slow.get().status, "SELECT 0");
    EXPECT_EQ(cluster.node(1).open_sessions(), 0U);
}

// Whose connection comes to rest last would call who waited for that and has gone.
TEST_F(Ending, a_close_that_was_ended_first_is_not_called_any_more) {
    FakeCluster two{2};
    for (const std::size_t node : {1U, 2U}) {
        two.node(node).answer("SLOW", testing::hanging(testing::done_answer("SELECT 0")));
    }
    asio::io_context context;
    Pool own{context.get_executor(),
             PoolOptions{.dsn = FakeCluster::dsn() + ",127.0.0.1:1002", .timeouts = {.connect = 60s}},
             two.components()};  // so the close has the earliest deadline, and is ended first
    auto first = own.async_execute({"SLOW"}, asio::use_future);
    auto second = own.async_execute({"SLOW"}, asio::use_future);
    while (two.node(1).submitted().size() + two.node(2).submitted().size() < 2) context.run_one();
    auto closing = own.async_close(100ms, asio::use_future);

    two.node(1).release();
    while (first.wait_for(0s) != std::future_status::ready) context.run_one();
    own.terminate();
    context.run();

    EXPECT_EQ(error_in([&] { second.get(); }).code, Errc::closed);
    EXPECT_FALSE(closing.get());
}

TEST_F(Ending, async_close_ends_in_time_though_the_timer_was_armed_for_what_it_ends) {
    asio::io_context context;
    cluster.discovery().then_publish(FakeCluster::topology({1}, 1));
    Client own{context.get_executor(), ClientOptions{.dsn = FakeCluster::dsn(), .discovery = {.interval = 100ms}},
               cluster.components()};
    own.connect();
    context.poll();  // looks at the topology in 100 ms; nothing else runs here
    std::thread synchronous{[&] { own.execute("SLOW"); }};
    await_submitted(1);

    std::optional<bool> quiet;
    own.async_close(101ms, [&](const std::exception_ptr&, bool is_quiet) { quiet = is_quiet; });
    context.run_for(10s);

    EXPECT_EQ(quiet, false);
    cluster.node(1).release();
    synchronous.join();
}

// The timer is armed, by the calls that run out of time and by what drains after them, while the client is closed.
TEST_F(Ending, nothing_keeps_the_executor_busy_after_a_close) {
    for (int round = 0; round < 50; ++round) {
        asio::io_context context;
        Pool own{context.get_executor(), PoolOptions{.dsn = FakeCluster::dsn(), .max_size = 8}, cluster.components()};
        for (int i = 0; i < 4; ++i) {
            const std::chrono::milliseconds timeout{1 + i % 2};
            own.async_execute(Statement{"SLOW"}.with({.timeout = timeout}),
                              [](const std::exception_ptr&, const ExecuteResult&) {});
        }
        std::thread running{[&] { context.run(); }};
        std::this_thread::sleep_for(
            std::chrono::microseconds{40 * round});  // about when the timer fires: any time will do
        const TimePoint before = Clock::now();
        own.close(0ms);
        cluster.node(1).release();
        running.join();
        ASSERT_LT(Clock::now() - before, 5s);
    }
}

TEST_F(Ending, those_who_wait_hear_closed_in_both_faces) {
    auto first = pool->async_execute({"SLOW"}, asio::use_future);
    auto second = pool->async_execute({"SLOW"}, asio::use_future);
    await_submitted(2);
    auto waiting = pool->async_execute({"INSERT"}, asio::use_future);
    std::promise<Errc> ended;
    std::thread waiting_too{[&] { ended.set_value(error_in([&] { pool->execute("INSERT"); }).code); }};

    EXPECT_FALSE(pool->close(1ms));

    EXPECT_EQ(error_in([&] { waiting.get(); }).code, Errc::closed);
    EXPECT_EQ(ended.get_future().get(), Errc::closed);
    waiting_too.join();
    cluster.node(1).release();
    EXPECT_TRUE(pool->close());
    EXPECT_EQ(first.get().status, "SELECT 0");
    EXPECT_EQ(second.get().status, "SELECT 0");
}

TEST_F(Ending, terminate_ends_calls_of_both_faces_at_once) {
    auto slow = pool->async_execute({"SLOW"}, asio::use_future);
    std::promise<Error> ended;
    std::thread synchronous{[&] { ended.set_value(error_in([&] { pool->execute("SLOW"); })); }};
    await_submitted(2);

    pool->terminate();
    pool->terminate();

    const Error error = ended.get_future().get();
    synchronous.join();
    EXPECT_EQ(error.code, Errc::closed);
    EXPECT_EQ(error.effect, Effect::unknown);
    EXPECT_EQ(error_in([&] { slow.get(); }).code, Errc::closed);
    EXPECT_EQ(cluster.node(1).open_sessions(), 0U);
    EXPECT_EQ(error_in([&] { pool->execute("INSERT"); }).code, Errc::closed);
}

TEST_F(Ending, a_client_may_go_while_another_thread_is_inside_a_call) {
    std::promise<Errc> ended;
    std::thread synchronous{[&] { ended.set_value(error_in([&] { pool->execute("SLOW"); }).code); }};
    await_submitted(1);

    pool.reset();

    EXPECT_EQ(ended.get_future().get(), Errc::closed);
    synchronous.join();
    EXPECT_EQ(cluster.node(1).open_sessions(), 0U);
}

TEST_F(Ending, what_is_started_after_terminate_completes_with_closed) {
    pool->async_execute({"INSERT"}, asio::use_future).get();
    pool->terminate();

    auto late = pool->async_execute({"INSERT"}, asio::use_future);

    EXPECT_EQ(error_in([&] { late.get(); }).code, Errc::closed);
}

// ---- forked

TEST_F(Ending, in_a_forked_child_every_call_ends_and_nothing_is_sent) {
    pool->execute("INSERT");
    const std::size_t sent = cluster.node(1).submitted().size();

    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        // The fake belongs to this child's memory: what it records here the parent does not see, so the child tells.
        bool good = error_in([&] { pool->execute("INSERT"); }).code == Errc::closed;
        good = good && error_in([&] { pool->connect(); }).code == Errc::closed;
        Errc late = Errc::ok;
        asio::io_context context;
        pool->async_execute(
            {"INSERT"},
            asio::bind_executor(context.get_executor(), [&](const std::exception_ptr& failure, const ExecuteResult&) {
                late = error_of(failure).code;
            }));
        context.run();
        std::promise<Errc> later;  // a handler without an executor of its own
        pool->async_ping([&](const std::exception_ptr& failure) { later.set_value(error_of(failure).code); });
        good = good && late == Errc::closed && later.get_future().get() == Errc::closed;
        good = good && pool->close() && pool->nodes().empty();
        pool.reset();
        good = good && cluster.node(1).submitted().size() == sent && cluster.node(1).open_sessions() == 1;
        ::_exit(good ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    EXPECT_EQ(pool->execute("INSERT").affected_rows, 1U) << "the parent's goes on";
}

}  // namespace
}  // namespace picoxx
