// The descriptors of a client: none goes to child processes, and a process that has none left gets errors, not silence.
#include "fake_cluster.hpp"
#include "io/poll_shell.hpp"
#include "process_state.hpp"
#include "toy_task.hpp"

#include <picoxx/client.hpp>
#include <picoxx/testing/error_in.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace picoxx {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::error_in;

TEST(Descriptors, none_goes_to_child_processes) {
    FakeCluster cluster{1};
    cluster.node(1).answer("SLOW", testing::hanging(testing::done_answer("SELECT 0")));
    const std::size_t before = inherited_descriptors();
    Pool pool{PoolOptions{.dsn = FakeCluster::dsn(), .max_size = 4}, cluster.components()};
    std::vector<std::future<ExecuteResult>> calls;
    for (int i = 0; i < 4; ++i) calls.push_back(pool.async_execute({"SLOW"}, asio::use_future));
    while (cluster.node(1).submitted().size() < 4) std::this_thread::yield();
    const EventDescriptor event;

    EXPECT_EQ(inherited_descriptors(), before);

    EXPECT_NE(event.descriptor(), no_socket);
    cluster.node(1).release();
    for (auto& call : calls) call.get();
}

// The children have no more threads than this one, so they may go on with the client.

class WithoutDescriptors : public ::testing::Test {
protected:
    void SetUp() override {
#if defined(__has_feature)
#    if __has_feature(undefined_behavior_sanitizer)
        GTEST_SKIP()
            << "UBSan looks at an object's type through a pipe of its own, and takes one it cannot look at for damaged";
#    endif
#endif
    }
};

TEST_F(WithoutDescriptors, a_stop_token_frees_a_synchronous_caller) {
    EXPECT_TRUE(holds_in_child([] {
        FakeCluster cluster{1};
        cluster.node(1).answer("SLOW", testing::hanging(testing::done_answer("SELECT 0")));
        Pool pool{PoolOptions{.dsn = FakeCluster::dsn(), .max_size = 1}, cluster.components()};
        pool.execute("INSERT");
        allow_no_more_descriptors();
        const std::size_t sent = cluster.node(1).submitted().size();
        std::stop_source stop;
        std::thread stopper{[&] {
            while (cluster.node(1).submitted().size() == sent) std::this_thread::yield();
            stop.request_stop();
        }};
        const Error error = error_in([&] { pool.execute(Statement{"SLOW"}.with({.stop = stop.get_token()})); });
        stopper.join();
        return error.code == Errc::cancelled;
    }));
}

TEST_F(WithoutDescriptors, terminating_ends_a_synchronous_call) {
    EXPECT_TRUE(holds_in_child([] {
        allow_no_more_descriptors();
        FakeCluster cluster{1};  // whose sessions have no socket, so that nothing ever happens there
        Pool pool{PoolOptions{.dsn = FakeCluster::dsn()}, cluster.components()};
        std::thread terminating{[&] {
            while (cluster.node(1).sessions_so_far() == 0) std::this_thread::yield();
            pool.terminate();
        }};
        const Error error = error_in([&] { pool.execute("INSERT"); });
        terminating.join();
        return error.code == Errc::closed;
    }));
}

TEST_F(WithoutDescriptors, who_waits_for_io_or_turn_goes_on_with_his_turn) {
    EXPECT_TRUE(holds_in_child([] {
        FakeCluster cluster{1};
        ConnectOptions options;
        options.endpoint = FakeCluster::endpoint(1);
        const std::unique_ptr<Session> session = *cluster.transport().open(options);
        cluster.node(1).hang_logins();
        session->advance(Interest::write);
        allow_no_more_descriptors();
        std::mutex client;
        const EventDescriptor terminated;
        PollShell shell{client, terminated};
        ToyTask task{[&](const Wakeup& wakeup, TimePoint now) {
            return wakeup.kind == Wakeup::Kind::start ? for_io_or_turn(*session, now + 20s) : Await{};
        }};
        std::thread waking{[&] {
            while (task.steps == 0) std::this_thread::yield();
            const std::lock_guard lock{client};
            task.wake();
        }};
        shell.run(task, {});
        waking.join();
        return task.wakeups.back() == Wakeup::Kind::turn;
    }));
}

TEST_F(WithoutDescriptors, an_asynchronous_call_says_that_there_is_no_event_loop_and_the_client_can_go) {
    EXPECT_TRUE(holds_in_child([] {
        FakeCluster cluster{1};
        Pool pool{PoolOptions{.dsn = FakeCluster::dsn(), .max_size = 1}, cluster.components()};
        pool.execute("INSERT");
        allow_no_more_descriptors();
        const Error error = error_in([&] { pool.async_execute({"INSERT"}, asio::use_future).get(); });
        return error.code == Errc::connect_failed && error.text.find("event loop") != std::string::npos;
    }));
}

TEST_F(WithoutDescriptors, asynchronous_calls_look_at_their_sockets_from_time_to_time) {
    EXPECT_TRUE(holds_in_child([] {
        FakeCluster cluster{1};
        asio::io_context context;
        Pool pool{context.get_executor(), PoolOptions{.dsn = FakeCluster::dsn(), .max_size = 1}, cluster.components()};
        pool.execute("INSERT");  // leaves a connection that no event loop watches yet
        allow_no_more_descriptors();
        auto future = pool.async_execute({"INSERT"}, asio::use_future);
        while (future.wait_for(0s) != std::future_status::ready) context.run_one();
        return future.get().affected_rows == 1U;
    }));
}

}  // namespace
}  // namespace picoxx
