// A call driven by hand, over fake nodes: what becomes of it when connections end, when its time ends, and what is
// repeated.
#include "call/call.hpp"

#include "fake_cluster.hpp"
#include "settings/settings.hpp"

#include <picoxx/client.hpp>
#include <picoxx/testing/error_in.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace picoxx {
namespace {

using namespace std::chrono_literals;
using testing::error_in;
using ::testing::HasSubstr;

TimePoint at(Duration time) { return TimePoint{} + 1h + time; }

class CallTest : public ::testing::Test {
protected:
    struct IgnoringWaker final : Waker {
        void wake() noexcept override {}
    };

    // Drives the call while it waits for a session.
    Await drive(Call& call, Wakeup wakeup, Duration time) {
        Await await = call.resume(wakeup, at(time));
        while (await.hears_io()) await = call.resume(Wakeup{Wakeup::Kind::ready, await.session->interest()}, at(time));
        return await;
    }
    // A call's time ends while it logs in, right after `before`. Tasks for the background are counted and dropped.
    std::size_t tasks_after_a_dial_was_left(const std::function<void()>& before) {
        cluster.node(1).hang_logins();
        std::size_t tasks = 0;
        core.set_background([&](const std::unique_ptr<Task>&) { ++tasks; });
        const StatementView statement{"INSERT", nullptr, {.timeout = 100ms}};
        Call call{core, statement, Face::synchronous};
        call.set_waker(waker);
        EXPECT_TRUE(call.resume(Wakeup{}, at(0ms)).hears_io());
        before();
        EXPECT_EQ(call.resume(Wakeup{Wakeup::Kind::expired}, at(100ms)).kind, Await::Kind::finished);
        const Outcome outcome = call.take_outcome();
        EXPECT_TRUE(outcome.error != nullptr && outcome.error->code == Errc::deadline_exceeded);
        return tasks;
    }

    FakeCluster cluster{1};
    ClientCore core{*make_settings(Options{.dsn = FakeCluster::dsn(), .max_size = 1}, cluster.components()), 42};
    IgnoringWaker waker;
};

TEST_F(CallTest, whose_turn_comes_after_its_deadline_is_not_sent) {
    Acquisition taken;
    AcquireRequest holder;
    holder.waker = &waker;
    core.with_engine([&](Engine& engine) { taken = engine.acquire(holder, at(0s)); });
    ASSERT_EQ(taken.kind, Acquisition::Kind::dial) << "the only place is somebody's";
    const StatementView statement{"INSERT", nullptr, {.timeout = 100ms}};
    Call call{core, statement, Face::synchronous};
    call.set_waker(waker);
    ASSERT_EQ(drive(call, Wakeup{}, 0ms).kind, Await::Kind::turn);

    core.with_engine([&](Engine& engine) { engine.dial_cancelled(*taken.node, at(100ms)); });
    EXPECT_EQ(drive(call, Wakeup{Wakeup::Kind::turn}, 100ms).kind, Await::Kind::finished)
        << "granted in its last moment";

    const Outcome outcome = call.take_outcome();
    ASSERT_NE(outcome.error, nullptr);
    EXPECT_EQ(outcome.error->code, Errc::deadline_exceeded);
    EXPECT_EQ(outcome.error->effect, Effect::none);
    EXPECT_TRUE(cluster.node(1).executed().empty());
    EXPECT_EQ(core.with_engine([](Engine& engine) { return engine.busy(); }), 0U) << "the place is free again";
}

TEST_F(CallTest, whose_connection_is_made_after_its_deadline_is_not_sent_either) {
    const StatementView statement{"INSERT", nullptr, {.timeout = 100ms}};
    Call call{core, statement, Face::synchronous};
    call.set_waker(waker);
    Await await = call.resume(Wakeup{}, at(0ms));
    while (await.hears_io()) await = call.resume(Wakeup{Wakeup::Kind::ready, await.session->interest()}, at(100ms));
    EXPECT_EQ(await.kind, Await::Kind::finished);

    const Outcome outcome = call.take_outcome();
    ASSERT_NE(outcome.error, nullptr);
    EXPECT_EQ(outcome.error->code, Errc::deadline_exceeded);
    EXPECT_EQ(outcome.error->effect, Effect::none);
    EXPECT_TRUE(cluster.node(1).executed().empty());
}

TEST_F(CallTest, that_needs_another_connection_later_may_wait_for_it_as_long_as_for_the_first_one) {
    Acquiring acquiring{core, Face::synchronous};
    Await await = acquiring.start(waker, no_deadline, at(0ms));
    while (await.hears_io()) {
        await = acquiring.resume(Wakeup{Wakeup::Kind::ready, await.session->interest()}, at(0ms));
    }
    std::unique_ptr<Connection> connection = acquiring.take();
    ASSERT_NE(connection, nullptr);
    AcquireRequest holder;
    holder.waker = &waker;
    Acquisition taken = core.with_engine([&](Engine& engine) {
        engine.discard(std::move(connection), testing::connection_lost(Effect::none), at(6s));
        return engine.acquire(holder, at(6s));
    });
    ASSERT_EQ(taken.kind, Acquisition::Kind::dial) << "the only place is somebody's";

    await = acquiring.start(waker, no_deadline, at(6s));

    EXPECT_EQ(await.kind, Await::Kind::turn);
    EXPECT_EQ(await.until, at(6s) + core.settings().timeouts.acquire);
    acquiring.give_up();
    core.with_engine([&](Engine& engine) { engine.dial_cancelled(*taken.node, at(6s)); });
}

TEST_F(CallTest, a_dial_whose_caller_leaves_goes_on_without_it) {
    EXPECT_EQ(tasks_after_a_dial_was_left([] {}), 1U);
    EXPECT_EQ(core.with_engine([](Engine& engine) { return engine.busy(); }), 0U) << "the background was dropped";
}

TEST_F(CallTest, a_dial_whose_caller_leaves_when_the_client_is_closed_ends_with_it) {
    EXPECT_EQ(tasks_after_a_dial_was_left([this] { core.close(); }), 0U);
    EXPECT_EQ(core.with_engine([](Engine& engine) { return engine.busy(); }), 0U);
    EXPECT_EQ(cluster.node(1).open_sessions(), 0U);
}

// Takes the first node, and remembers what it was shown of it.
class Observing final : public BalanceStrategy {
public:
    std::size_t pick(std::span<const Candidate> candidates, const PickContext&) noexcept override {
        recent_errors = candidates.front().recent_errors;
        latency = candidates.front().latency;
        return 0;
    }
    std::uint32_t recent_errors = 0;
    std::chrono::nanoseconds latency{};
};

TEST_F(CallTest, whose_time_ends_counts_against_its_node_where_the_strategy_sees_it) {
    const auto strategy = std::make_shared<Observing>();
    Options options{.dsn = FakeCluster::dsn(), .balance_strategy = strategy, .max_size = 2};
    ClientCore observed{*make_settings(std::move(options), cluster.components()), 42};
    const StatementView quick{"INSERT", nullptr, {}};
    const auto execute_quickly = [&](Duration time) {
        Call call{observed, quick, Face::synchronous};
        call.set_waker(waker);
        EXPECT_EQ(drive(call, Wakeup{}, time).kind, Await::Kind::finished);
        EXPECT_EQ(call.take_outcome().error, nullptr);
    };
    execute_quickly(0ms);
    cluster.node(1).answer("SLOW", testing::hanging(testing::done_answer("SELECT 0")));
    const StatementView slow{"SLOW", nullptr, {.timeout = 800ms}};
    Call late{observed, slow, Face::synchronous};
    late.set_waker(waker);
    ASSERT_EQ(late.resume(Wakeup{}, at(0ms)).kind, Await::Kind::io);

    EXPECT_EQ(late.resume(Wakeup{Wakeup::Kind::expired}, at(800ms)).kind, Await::Kind::finished);
    ASSERT_EQ(late.take_outcome().error->code, Errc::deadline_exceeded);

    execute_quickly(801ms);
    EXPECT_EQ(strategy->recent_errors, 1U);
    EXPECT_GE(strategy->latency, 100ms) << "an eighth of what was waited for in vain";
    execute_quickly(802ms);
    EXPECT_EQ(strategy->recent_errors, 0U) << "it has answered since";
    EXPECT_LT(strategy->latency, 100ms);
}

// A node that each execution of the statement ends.
void make_poisonous(FakeCluster& cluster, std::size_t number, std::string_view sql) {
    cluster.node(number).respond([&cluster, number, sql = std::string{sql}](const testing::FakeSubmission& submission) {
        if (submission.kind == Command::Kind::execute && submission.sql == sql) {
            cluster.node(number).refuse();
            return testing::lost_answer();
        }
        return testing::done_answer("SELECT 0");
    });
}

TEST(Poison, a_statement_that_ends_its_node_is_not_carried_to_the_next_one) {
    FakeCluster cluster{3};
    for (std::size_t i = 1; i <= 3; ++i) make_poisonous(cluster, i, "SELECT poison");
    Pool pool{{.dsn = "postgresql://u:p@127.0.0.1:1001,127.0.0.1:1002,127.0.0.1:1003"}, cluster.components()};

    const Error error = error_in(
        [&] { pool.fetch(Statement{"SELECT poison"}.with({.idempotence = Idempotence::yes})); });

    EXPECT_EQ(error.code, Errc::connection_lost);
    EXPECT_EQ(error.effect, Effect::unknown);
    EXPECT_THAT(error.text, HasSubstr("its node takes no connection any more"));
    std::size_t executions = 0;
    for (std::size_t i = 1; i <= 3; ++i) {
        for (const auto& submission : cluster.node(i).submitted()) executions += submission.sql == "SELECT poison";
    }
    EXPECT_EQ(executions, 1U);
    EXPECT_NO_THROW(pool.fetch("SELECT 1")) << "the others serve";
}

TEST(Poison, a_marked_statement_is_repeated_where_its_node_lives_on) {
    FakeCluster cluster{2};
    for (std::size_t i = 1; i <= 2; ++i) cluster.node(i).answer_once("INSERT", testing::lost_answer());
    Pool pool{{.dsn = "postgresql://u:p@127.0.0.1:1001,127.0.0.1:1002"}, cluster.components()};

    EXPECT_EQ(pool.execute(Statement{"INSERT"}.with({.idempotence = Idempotence::yes})).affected_rows, 1U);

    EXPECT_EQ(cluster.node(1).executions_of("INSERT") + cluster.node(2).executions_of("INSERT"), 2U);
    const bool on_one_node = cluster.node(1).submitted().empty() || cluster.node(2).submitted().empty();
    EXPECT_TRUE(on_one_node) << "not carried to another node";
}

TEST(Call, whose_session_takes_nothing_any_more_goes_to_another_node) {
    FakeCluster cluster{2};
    Pool pool{{.dsn = "postgresql://u:p@127.0.0.1:1001,127.0.0.1:1002"}, cluster.components()};
    pool.connect({.min_ready = 2});
    pool.fetch("SELECT 1");
    pool.fetch("SELECT 1");

    cluster.node(2).kill();

    // Used a moment ago, so nobody looked whether it lives.
    for (int i = 0; i < 4; ++i) EXPECT_NO_THROW(pool.fetch("SELECT 1"));
}

TEST(Poison, nor_is_it_repeated_a_second_time) {
    FakeCluster cluster{1};
    cluster.node(1).answer("INSERT", testing::lost_answer());
    Pool pool{{.dsn = FakeCluster::dsn()}, cluster.components()};

    const Error error = error_in([&] { pool.execute(Statement{"INSERT"}.with({.idempotence = Idempotence::yes})); });

    EXPECT_EQ(error.code, Errc::connection_lost);
    EXPECT_EQ(cluster.node(1).submitted().size(), 2U);
}

}  // namespace
}  // namespace picoxx
