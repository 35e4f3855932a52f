// Calls given up by their callers: what each way of asking does while nothing was sent, and afterwards.
#include "fake_cluster.hpp"

#include <picoxx/client.hpp>
#include <picoxx/testing/error_in.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <stop_token>
#include <string>
#include <thread>

namespace picoxx {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::error_in;
using ::testing::HasSubstr;

class Cancelling : public ::testing::Test {
protected:
    Cancelling() {
        cluster.node(1).answer("SLOW", testing::hanging(testing::done_answer("SELECT 0")));
        cluster.node(1).answer("CREATE TABLE", testing::hanging(testing::done_answer("CREATE TABLE")));
    }
    Pool pool_of(std::size_t size) {
        return Pool{PoolOptions{.dsn = FakeCluster::dsn(), .max_size = size}, cluster.components()};
    }
    void await_submitted(std::size_t count) {
        while (cluster.node(1).submitted().size() < count) std::this_thread::yield();
    }
    // A call that its signal can cancel.
    std::future<ExecuteResult> start(Pool& pool, const char* sql) {
        std::promise<ExecuteResult> promise;
        std::future<ExecuteResult> future = promise.get_future();
        auto handler = [promise = std::move(promise)](std::exception_ptr failure, ExecuteResult result) mutable {
            if (failure) {
                promise.set_exception(failure);
            } else {
                promise.set_value(std::move(result));
            }
        };
        pool.async_execute({sql}, asio::bind_cancellation_slot(signal.slot(), std::move(handler)));
        return future;
    }

    FakeCluster cluster{1};
    asio::cancellation_signal signal;
};

class EveryKind : public Cancelling, public ::testing::WithParamInterface<asio::cancellation_type> {};

TEST_P(EveryKind, ends_a_call_that_waits_for_a_connection_without_effect) {
    Pool pool = pool_of(1);
    auto slow = pool.async_execute({"SLOW"}, asio::use_future);
    await_submitted(1);
    auto waiting = start(pool, "INSERT");

    signal.emit(GetParam());

    const Error error = error_in([&] { waiting.get(); });
    EXPECT_EQ(error.code, Errc::cancelled);
    EXPECT_EQ(error.effect, Effect::none);
    cluster.node(1).release();
    EXPECT_EQ(slow.get().status, "SELECT 0");
    EXPECT_EQ(cluster.node(1).executions_of("INSERT"), 0U);
}

TEST_P(EveryKind, ends_a_call_that_connects_without_effect) {
    cluster.node(1).hang_logins();
    Pool pool = pool_of(1);
    auto connecting = start(pool, "INSERT");
    while (cluster.node(1).sessions_so_far() == 0) std::this_thread::yield();

    signal.emit(GetParam());

    const Error error = error_in([&] { connecting.get(); });
    EXPECT_EQ(error.code, Errc::cancelled);
    EXPECT_EQ(error.effect, Effect::none);
    cluster.node(1).accept();
    EXPECT_EQ(pool.execute("INSERT").affected_rows, 1U);
    EXPECT_EQ(cluster.node(1).sessions_so_far(), 1U) << "the handshake was not broken off";
}

TEST_F(Cancelling, a_login_that_outlasts_its_call_is_finished_for_the_next_one) {
    cluster.node(1).hang_logins();
    Pool pool = pool_of(4);
    for (int i = 0; i < 5; ++i) {
        const Error error = error_in([&] { pool.execute(Statement{"INSERT"}.with({.timeout = 5ms})); });
        EXPECT_EQ(error.code, Errc::deadline_exceeded);
        EXPECT_EQ(error.effect, Effect::none);
    }
    EXPECT_EQ(cluster.node(1).sessions_so_far(), 1U) << "five would have been five failed logins";
    EXPECT_EQ(pool.nodes().front().failures, 0U) << "nothing is known against the node";

    cluster.node(1).accept();
    EXPECT_EQ(pool.execute("INSERT").affected_rows, 1U);
    EXPECT_EQ(cluster.node(1).sessions_so_far(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Asio, EveryKind,
                         ::testing::Values(asio::cancellation_type::total, asio::cancellation_type::partial,
                                           asio::cancellation_type::terminal));

TEST_F(Cancelling, total_is_ignored_once_the_statement_was_sent) {
    Pool pool = pool_of(1);
    auto slow = start(pool, "SLOW");
    await_submitted(1);

    signal.emit(asio::cancellation_type::total);
    cluster.node(1).release();

    EXPECT_EQ(slow.get().status, "SELECT 0");
}

TEST_F(Cancelling, partial_frees_the_caller_and_the_connection_comes_to_rest) {
    Pool pool = pool_of(1);
    auto slow = start(pool, "SLOW");
    await_submitted(1);

    signal.emit(asio::cancellation_type::partial);

    const Error error = error_in([&] { slow.get(); });
    EXPECT_EQ(error.code, Errc::cancelled);
    EXPECT_EQ(error.effect, Effect::unknown);
    EXPECT_EQ(cluster.node(1).open_sessions(), 1U) << "it drains";
    cluster.node(1).release();
    while (pool.nodes().front().idle == 0) std::this_thread::yield();
    EXPECT_EQ(pool.execute("INSERT").status, "INSERT 0 1") << "and its late answer reached nobody";
    EXPECT_EQ(cluster.node(1).sessions_so_far(), 1U);
}

TEST_F(Cancelling, terminal_closes_the_connection) {
    Pool pool = pool_of(1);
    auto slow = start(pool, "SLOW");
    await_submitted(1);

    signal.emit(asio::cancellation_type::terminal);

    const Error error = error_in([&] { slow.get(); });
    EXPECT_EQ(error.code, Errc::cancelled);
    EXPECT_EQ(error.effect, Effect::unknown);
    EXPECT_EQ(cluster.node(1).open_sessions(), 0U);
    EXPECT_EQ(pool.execute("INSERT").affected_rows, 1U);
}

TEST_F(Cancelling, a_call_that_is_over_does_not_mind) {
    Pool pool = pool_of(1);
    auto quick = start(pool, "INSERT");
    EXPECT_EQ(quick.get().affected_rows, 1U);

    signal.emit(asio::cancellation_type::terminal);

    EXPECT_EQ(pool.execute("INSERT").affected_rows, 1U);
    EXPECT_EQ(cluster.node(1).sessions_so_far(), 1U);
}

TEST_F(Cancelling, the_handler_does_not_run_inside_the_signal) {
    Pool pool = pool_of(1);
    asio::io_context context;
    bool called = false;
    pool.async_execute(
        {"SLOW"},
        asio::bind_cancellation_slot(
            signal.slot(), asio::bind_executor(context.get_executor(),
                                               [&](std::exception_ptr, const ExecuteResult&) { called = true; })));
    await_submitted(1);

    signal.emit(asio::cancellation_type::terminal);
    EXPECT_FALSE(called);

    context.run();
    EXPECT_TRUE(called);
}

TEST_F(Cancelling, a_stop_token_frees_a_synchronous_caller_in_the_middle) {
    Pool pool = pool_of(1);
    std::stop_source source;
    std::thread stopper{[&] {
        await_submitted(1);
        source.request_stop();
    }};

    const Error error = error_in([&] { pool.execute(Statement{"SLOW"}.with({.stop = source.get_token()})); });

    stopper.join();
    EXPECT_EQ(error.code, Errc::cancelled);
    EXPECT_EQ(error.effect, Effect::unknown);
    EXPECT_EQ(pool.execute("INSERT").affected_rows, 1U);
}

TEST_F(Cancelling, a_stop_token_frees_a_synchronous_caller_in_the_queue) {
    Pool pool = pool_of(1);
    auto slow = pool.async_execute({"SLOW"}, asio::use_future);
    await_submitted(1);
    std::stop_source source;
    std::promise<Error> ended;
    std::thread waiting{[&] {
        ended.set_value(error_in([&] { pool.execute(Statement{"INSERT"}.with({.stop = source.get_token()})); }));
    }};

    source.request_stop();

    const Error error = ended.get_future().get();
    waiting.join();
    EXPECT_EQ(error.code, Errc::cancelled);
    EXPECT_EQ(error.effect, Effect::none);
    cluster.node(1).release();
    slow.get();
    EXPECT_EQ(cluster.node(1).executions_of("INSERT"), 0U);
}

TEST_F(Cancelling, a_stop_token_that_was_stopped_before_sends_nothing) {
    Pool pool = pool_of(1);
    std::stop_source source;
    source.request_stop();

    EXPECT_EQ(error_in([&] { pool.execute(Statement{"INSERT"}.with({.stop = source.get_token()})); }).code,
              Errc::cancelled);
    auto future = pool.async_execute(Statement{"INSERT"}.with({.stop = source.get_token()}), asio::use_future);
    EXPECT_EQ(error_in([&] { future.get(); }).code, Errc::cancelled);
    EXPECT_TRUE(cluster.node(1).submitted().empty());
}

TEST_F(Cancelling, a_stop_token_works_for_asynchronous_calls_too) {
    Pool pool = pool_of(1);
    std::stop_source source;
    auto slow = pool.async_execute(Statement{"SLOW"}.with({.stop = source.get_token()}), asio::use_future);
    await_submitted(1);

    source.request_stop();

    const Error error = error_in([&] { slow.get(); });
    EXPECT_EQ(error.code, Errc::cancelled);
    EXPECT_EQ(error.effect, Effect::unknown);
}

TEST_F(Cancelling, a_stop_token_nobody_stops_costs_nothing) {
    Pool pool = pool_of(1);
    const std::stop_source source;

    EXPECT_EQ(pool.execute(Statement{"INSERT"}.with({.stop = source.get_token()})).affected_rows, 1U);
}

TEST_F(Cancelling, a_reply_that_was_given_up_never_reaches_another_call) {
    cluster.node(1).answer_once("LATE", testing::hanging(testing::done_answer("LATE 7", 7)));
    Pool pool = pool_of(1);
    auto given_up = start(pool, "LATE");
    await_submitted(1);
    signal.emit(asio::cancellation_type::partial);
    EXPECT_EQ(error_in([&] { given_up.get(); }).code, Errc::cancelled);

    auto next = pool.async_execute({"INSERT"}, asio::use_future);
    cluster.node(1).release();

    EXPECT_EQ(next.get().status, "INSERT 0 1");
    for (int i = 0; i < 5; ++i) EXPECT_EQ(pool.execute("INSERT").status, "INSERT 0 1");
}

TEST_F(Cancelling, a_definition_out_of_time_says_how_to_repeat_it) {
    Pool pool = pool_of(1);

    const Error error = error_in([&] { pool.execute(Statement{"CREATE TABLE"}.with({.timeout = 10ms})); });

    EXPECT_EQ(error.code, Errc::deadline_exceeded);
    EXPECT_EQ(error.effect, Effect::unknown);
    EXPECT_THAT(error.text, HasSubstr("IF NOT EXISTS"));
    EXPECT_THAT(error.text, HasSubstr("OPTION (TIMEOUT"));
    EXPECT_THAT(error_in([&] { pool.execute(Statement{"SELECT SLOW"}.with({.timeout = 10ms})); }).text,
                ::testing::Not(HasSubstr("EXISTS")));
}

}  // namespace
}  // namespace picoxx
