// Execution contexts that end before the client, or before its calls: nothing is left of either, and nothing of the
// context is touched.
#include "fake_cluster.hpp"
#include "process_state.hpp"
#include "toy_task.hpp"

#include <picoxx/client.hpp>
#include <picoxx/testing/error_in.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

namespace picoxx {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::error_in;

class ContextEnd : public ::testing::Test {
protected:
    ContextEnd() {
        cluster.node(1).answer("SLOW", testing::hanging(testing::done_answer("SELECT 0")));
        cluster.discovery().then_publish(FakeCluster::topology({1}, 1));
    }
    std::shared_ptr<Client> client_on(const asio::any_io_executor& executor, std::size_t pool_size = 4) {
        return std::make_shared<Client>(
            executor,
            ClientOptions{.dsn = FakeCluster::dsn(), .pool_size = pool_size, .discovery = {.interval = 100ms}},
            cluster.components());
    }
    // What is left of so many rounds is seen in the sums.
    void expect_nothing_left_by(const std::function<void()>& round) {
        round();  // what the process makes once
        const std::size_t descriptors = open_descriptors().size();
        const std::size_t threads = threads_of_process();
        for (int i = 0; i < 20; ++i) round();
        EXPECT_EQ(open_descriptors().size(), descriptors);
        EXPECT_EQ(threads_of_process(), threads);
        EXPECT_EQ(cluster.node(1).open_sessions(), 0U);
    }
    void await_submitted(std::size_t count) {
        while (cluster.node(1).submitted().size() < count) std::this_thread::yield();
    }

    FakeCluster cluster{1};
};

asio::awaitable<void> call(std::shared_ptr<Client> client, std::string sql) {
    co_await client->async_execute({std::move(sql)});
}

TEST_F(ContextEnd, an_io_context_that_never_ran_leaves_nothing) {
    expect_nothing_left_by([&] {
        asio::io_context context;
        auto client = client_on(context.get_executor());
        for (int i = 0; i < 2; ++i) asio::co_spawn(context, call(client, "SELECT 1"), asio::detached);
    });
}

TEST_F(ContextEnd, an_io_context_that_stops_in_the_middle_of_calls_leaves_nothing) {
    for (const std::size_t handlers : {1U, 2U, 5U, 10U, 20U, 40U}) {
        expect_nothing_left_by([&] {
            asio::io_context context;
            auto client = client_on(context.get_executor(), 1);
            asio::co_spawn(context, call(client, "SELECT 1"), asio::detached);
            asio::co_spawn(context, call(client, "SLOW"), asio::detached);
            asio::co_spawn(context, call(client, "INSERT"), asio::detached);
            client.reset();
            for (std::size_t i = 0; i < handlers; ++i) context.poll_one();
        });
    }
}

TEST_F(ContextEnd, a_name_that_is_looked_up_leaves_nothing) {
    asio::io_context context;
    auto shell = AsioShell::make(context.get_executor());
    ResolveRequest request;
    request.host = "localhost";
    std::weak_ptr<AsioShell> watched = shell;
    auto ended = std::make_unique<asio::io_context>();
    auto other = AsioShell::make(ended->get_executor());
    auto job = std::make_shared<ToyJob>(
        [&](const Wakeup&, TimePoint now) { return Await::for_name(request, now + 20s); });
    other->start(job);

    ended.reset();

    EXPECT_EQ(job.use_count(), 1) << "nobody else refers to it";
    EXPECT_FALSE(job->over);
}

// Whoever wakes a job holds a reference to it, under the client's lock: what the job does when it is destroyed must not
// need that lock.
TEST_F(ContextEnd, a_task_lets_go_of_the_client_before_its_last_reference_goes) {
    auto context = std::make_unique<asio::io_context>();
    auto shell = AsioShell::make(context->get_executor());
    auto job = std::make_shared<ToyJob>([](const Wakeup&, TimePoint now) { return Await::for_turn(now + 20s); });
    shell->start(job);

    context.reset();

    EXPECT_EQ(job->toy.times_let_go, 1U);
    EXPECT_EQ(job.use_count(), 1) << "the one that wakes it";
    EXPECT_FALSE(job->over);
    job->toy.wake();
    EXPECT_EQ(job.use_count(), 1) << "it is not kept by what comes too late";
}

TEST_F(ContextEnd, while_its_waiting_calls_are_being_served_leaves_nothing) {
    expect_nothing_left_by([&] {
        std::optional<asio::io_context> context{std::in_place};
        auto client = client_on(context->get_executor(), 1);
        std::atomic<std::size_t> served{0};
        // Each of its calls gives the one connection to a call that waits in the context.
        std::thread synchronous{[&] {
            while (error_in([&] { client->execute("INSERT"); }).code == Errc::ok) ++served;
        }};
        for (int i = 0; i < 8; ++i) asio::co_spawn(*context, call(client, "INSERT"), asio::detached);
        while (served < 3) context->poll();
        for (int i = 0; i < 8; ++i) asio::co_spawn(*context, call(client, "INSERT"), asio::detached);
        context->poll();
        context.reset();
        synchronous.join();
    });
}

TEST_F(ContextEnd, a_thread_pool_leaves_nothing) {
    expect_nothing_left_by([&] {
        asio::thread_pool pool{2};
        auto client = client_on(pool.get_executor(), 2);
        const std::size_t before = cluster.node(1).submitted().size();
        for (int i = 0; i < 3; ++i) asio::co_spawn(pool, call(client, "SLOW"), asio::detached);
        client.reset();
        await_submitted(before + 1);
    });
}

TEST_F(ContextEnd, handlers_are_destroyed_not_called) {
    auto watched = std::make_shared<int>(0);
    bool called = false;
    std::optional<asio::io_context> context{std::in_place};
    auto client = client_on(context->get_executor());
    client->async_execute({"SLOW"}, [&, watched](const std::exception_ptr&, const ExecuteResult&) { called = true; });
    while (cluster.node(1).submitted().empty()) context->run_one();

    context.reset();

    EXPECT_EQ(watched.use_count(), 1);
    EXPECT_FALSE(called);
    EXPECT_EQ(cluster.node(1).open_sessions(), 0U);
}

TEST_F(ContextEnd, a_client_that_is_left_is_closed) {
    std::optional<asio::io_context> context{std::in_place};
    auto client = client_on(context->get_executor());
    asio::co_spawn(*context, call(client, "INSERT"), asio::detached);
    while (cluster.node(1).executions_of("INSERT") == 0) context->run_one();
    const std::size_t sent = cluster.node(1).submitted().size();

    context.reset();

    EXPECT_EQ(error_in([&] { client->execute("INSERT"); }).code, Errc::closed);
    EXPECT_EQ(error_in([&] { client->connect(); }).code, Errc::closed);
    EXPECT_EQ(error_in([&] { client->refresh_topology(); }).code, Errc::closed);
    EXPECT_EQ(error_in([&] { client->async_execute({"INSERT"}, asio::use_future).get(); }).code, Errc::closed);
    EXPECT_EQ(error_in([&] { client->async_connect(asio::use_future).get(); }).code, Errc::closed);
    EXPECT_EQ(error_in([&] { client->async_ping(asio::use_future).get(); }).code, Errc::closed);
    std::promise<Error> heard;  // by a handler without an executor of its own
    client->async_execute({"INSERT"}, [&](const std::exception_ptr& failure, const ExecuteResult&) {
        heard.set_value(error_of(failure));
    });
    EXPECT_EQ(heard.get_future().get().code, Errc::closed);
    EXPECT_TRUE(client->close());
    EXPECT_TRUE(client->async_close(1s, asio::use_future).get());
    client->terminate();
    EXPECT_EQ(client->nodes().size(), 1U);
    client.reset();
    EXPECT_EQ(cluster.node(1).submitted().size(), sent);
    EXPECT_EQ(cluster.node(1).open_sessions(), 0U);
}

TEST_F(ContextEnd, a_client_that_had_done_nothing_yet_is_closed_too) {
    std::optional<asio::io_context> context{std::in_place};
    auto client = client_on(context->get_executor());
    context.reset();
    EXPECT_EQ(error_in([&] { client->execute("INSERT"); }).code, Errc::closed);
    EXPECT_EQ(error_in([&] { client->async_ping(asio::use_future).get(); }).code, Errc::closed);
}

// A strand is destroyed with the service it belongs to.
TEST_F(ContextEnd, a_client_on_a_strand_outlives_its_context) {
    std::optional<asio::io_context> context{std::in_place};
    auto client = client_on(asio::make_strand(*context));
    auto idle = client_on(asio::make_strand(*context));
    asio::co_spawn(*context, call(client, "SLOW"), asio::detached);
    while (cluster.node(1).submitted().empty()) context->run_one();
    context.reset();
    EXPECT_EQ(error_in([&] { client->execute("INSERT"); }).code, Errc::closed);
    EXPECT_EQ(error_in([&] { idle->execute("INSERT"); }).code, Errc::closed);
}

TEST_F(ContextEnd, a_synchronous_call_goes_on_to_its_end_and_its_connection_is_closed) {
    std::optional<asio::io_context> context{std::in_place};
    auto client = client_on(context->get_executor(), 1);
    std::promise<ExecuteResult> ended;
    std::thread synchronous{[&] { ended.set_value(client->execute("SLOW")); }};
    await_submitted(1);
    // Waits behind it, and is destroyed while it waits.
    asio::co_spawn(*context, call(client, "INSERT"), asio::detached);
    context->poll();

    context.reset();

    cluster.node(1).release();
    EXPECT_EQ(ended.get_future().get().status, "SELECT 0");
    synchronous.join();
    EXPECT_EQ(cluster.node(1).open_sessions(), 0U);
    EXPECT_EQ(cluster.node(1).executions_of("INSERT"), 0U);
}

TEST_F(ContextEnd, asking_a_destroyed_call_to_end_does_nothing) {
    std::optional<asio::io_context> context{std::in_place};
    auto client = client_on(context->get_executor());
    std::stop_source stop;
    asio::cancellation_signal signal;
    client->async_execute(
        Statement{"SLOW"}.with({.stop = stop.get_token()}),
        asio::bind_cancellation_slot(signal.slot(), [](const std::exception_ptr&, const ExecuteResult&) { FAIL(); }));
    while (cluster.node(1).submitted().empty()) context->run_one();
    context.reset();
    stop.request_stop();
    signal.emit(asio::cancellation_type::terminal);
    EXPECT_EQ(cluster.node(1).open_sessions(), 0U);
}

TEST_F(ContextEnd, of_one_of_two_clients_is_nothing_to_the_other) {
    asio::io_context lasting;
    auto other = client_on(lasting.get_executor());
    {
        asio::io_context context;
        auto client = client_on(context.get_executor());
        asio::co_spawn(context, call(client, "SLOW"), asio::detached);
        context.poll();
    }
    EXPECT_EQ(other->execute("INSERT").affected_rows, 1U);
    auto future = other->async_ping(asio::use_future);
    while (future.wait_for(0s) != std::future_status::ready) lasting.run_one();
    future.get();
}

TEST_F(ContextEnd, in_a_forked_child_leaves_the_parents_sessions_alone) {
    std::optional<asio::io_context> context{std::in_place};
    auto client = client_on(context->get_executor());
    asio::co_spawn(*context, call(client, "SLOW"), asio::detached);
    while (cluster.node(1).submitted().empty()) context->run_one();
    const std::size_t open = cluster.node(1).open_sessions();

    EXPECT_TRUE(holds_in_child([&] {
        context.reset();
        client.reset();
        return cluster.node(1).open_sessions() == open;
    }));
}

}  // namespace
}  // namespace picoxx
