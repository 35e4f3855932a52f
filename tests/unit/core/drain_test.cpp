#include "call/drain.hpp"

#include "fake_cluster.hpp"

#include <picoxx/testing/session_driver.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace picoxx {
namespace {

using namespace std::chrono_literals;

TimePoint at(std::chrono::milliseconds time) { return TimePoint{} + 1h + time; }

class DrainTest : public ::testing::Test {
protected:
    DrainTest() {
        cluster.node(1).answer(
            "SELECT 1", testing::hanging(testing::rows_answer({{"col_1", oid::int8}}, {{testing::int8_cell(1)}})));
    }

    Acquisition acquire() {
        AcquireRequest request;
        return core.with_engine([&](Engine& engine) { return engine.acquire(request, at(0ms)); });
    }
    // A connection that a call left behind while it waited for the answer to SELECT 1.
    std::unique_ptr<Connection> abandoned() {
        return left_behind([](Connection& connection) {
            connection.exchange().start(connection.session(), StatementView{"SELECT 1"}, nullptr);
        });
    }
    std::unique_ptr<Connection> left_behind(const std::function<void(Connection&)>& after) {
        const Acquisition place = acquire();
        EXPECT_EQ(place.kind, Acquisition::Kind::dial);
        ConnectOptions options;
        options.endpoint = FakeCluster::endpoint(1);
        auto session = cluster.transport().open(options);
        EXPECT_TRUE(testing::drive_to_ready(**session));
        auto connection = std::make_unique<Connection>(*place.node, *std::move(session), "127.0.0.1", 10);
        after(*connection);
        return core.with_engine([&](Engine& engine) {
            engine.dial_succeeded(*place.node, TimePoint{});
            return engine.abandon(std::move(connection), at(0ms));
        });
    }

    FakeCluster cluster{1};
    ClientCore core{*make_settings(PoolOptions{.dsn = FakeCluster::dsn(), .max_size = 1}, cluster.components()), 42};
};

TEST_F(DrainTest, the_connection_comes_back_without_the_rows_that_nobody_wanted) {
    Drain drain{core, abandoned()};
    EXPECT_EQ(drain.resume(Wakeup{}, at(0ms)).kind, Await::Kind::io);

    cluster.node(1).release();
    EXPECT_EQ(drain.resume(Wakeup{Wakeup::Kind::ready, Interest::read}, at(1ms)).kind, Await::Kind::finished);

    const Acquisition again = acquire();
    ASSERT_EQ(again.kind, Acquisition::Kind::use);
    EXPECT_EQ(again.connection->exchange().take_outcome().rows, nullptr);
}

TEST_F(DrainTest, one_that_is_asked_comes_back_if_it_answers) {
    Drain drain{core, left_behind([](Connection&) {}), Drain::Begins::asking};
    EXPECT_EQ(drain.resume(Wakeup{}, at(0ms)).kind, Await::Kind::io);
    ASSERT_FALSE(cluster.node(1).submitted().empty());
    EXPECT_EQ(cluster.node(1).submitted().back().sql, "SELECT 1");
    EXPECT_EQ(core.with_engine([](Engine& engine) { return engine.idle(); }), 0U) << "nobody gets it before";

    cluster.node(1).release();
    EXPECT_EQ(drain.resume(Wakeup{Wakeup::Kind::ready, Interest::read}, at(1ms)).kind, Await::Kind::finished);

    EXPECT_EQ(acquire().kind, Acquisition::Kind::use);
}

TEST_F(DrainTest, one_that_is_asked_and_does_not_answer_is_closed) {
    Drain drain{core, left_behind([](Connection&) {}), Drain::Begins::asking};
    static_cast<void>(drain.resume(Wakeup{}, at(0ms)));
    static_cast<void>(drain.resume(Wakeup{Wakeup::Kind::expired}, at(250ms)));
    EXPECT_EQ(drain.resume(Wakeup{Wakeup::Kind::expired}, at(2s)).kind, Await::Kind::finished);
    EXPECT_EQ(cluster.node(1).open_sessions(), 0U);
}

TEST_F(DrainTest, one_that_is_asked_and_has_ended_is_closed_at_once) {
    Drain drain{core, left_behind([this](Connection&) { cluster.node(1).kill(); }), Drain::Begins::asking};
    EXPECT_EQ(drain.resume(Wakeup{}, at(0ms)).kind, Await::Kind::finished);
    EXPECT_EQ(core.with_engine([](Engine& engine) { return engine.open(); }), 0U);
}

TEST_F(DrainTest, the_connection_is_closed_when_its_time_is_over) {
    Drain drain{core, abandoned()};
    EXPECT_EQ(drain.resume(Wakeup{}, at(0ms)).until, at(250ms));
    EXPECT_EQ(core.with_engine([](Engine& engine) { return engine.open(); }), 1U) << "until then it keeps its place";
    const Await waiting = drain.resume(Wakeup{Wakeup::Kind::expired}, at(250ms));

    EXPECT_EQ(core.with_engine([](Engine& engine) { return engine.open(); }), 0U);
    EXPECT_EQ(waiting.until, at(2s));
    EXPECT_EQ(drain.resume(Wakeup{Wakeup::Kind::expired}, waiting.until).kind, Await::Kind::finished);

    EXPECT_EQ(cluster.node(1).open_sessions(), 0U);
    EXPECT_EQ(acquire().kind, Acquisition::Kind::dial);
}

}  // namespace
}  // namespace picoxx
