#include "topology/router_watch.hpp"

#include "fake_cluster.hpp"
#include "settings/settings.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace picoxx {
namespace {

using namespace std::chrono_literals;

TimePoint at(Duration time) { return TimePoint{} + 1h + time; }

/// Asks one question whenever it may.
class Asking final : public StatementRouter {
public:
    Route route(CStringView, std::span<const Parameter>, RouteHint&) noexcept override { return Route::anywhere; }
    void on_notice(const Notice&) noexcept override {}
    void on_invalidated(CStringView) noexcept override {}
    void on_topology(const Topology&) noexcept override {}
    void refresh(DiscoveryContext& context) noexcept override {
        ++asked;
        context.query("SELECT 1", {}, *new Answer{*this, context});
    }

    int asked = 0;
    int answered = 0;
    int failed = 0;

private:
    struct Answer final : ResponseSink {
        Answer(Asking& asking, DiscoveryContext& of) noexcept : router{asking}, context{of} {}
        void on_notice(const Notice&) noexcept override {}
        void on_described(std::span<const Oid>, std::span<const Column>) noexcept override {}
        Flow on_rows(std::unique_ptr<RowBlock>) noexcept override { return Flow::go_on; }
        void on_result(std::unique_ptr<RowBlock>, const CommandTag&) noexcept override {
            const std::unique_ptr<Answer> self{this};
            ++router.answered;
            context.publish({});
        }
        void on_error(Error error) noexcept override {
            const std::unique_ptr<Answer> self{this};
            ++router.failed;
            context.fail(std::move(error));
        }
        Asking& router;
        DiscoveryContext& context;
    };
};

class RouterWatchTest : public ::testing::Test {
protected:
    struct CountingWaker final : Waker {
        void wake() noexcept override { ++woken; }
        int woken = 0;
    };

    RouterWatchTest() {
        Components components = cluster.components();
        components.router = [this] { return router; };
        core.emplace(
            *make_settings(Options{.dsn = FakeCluster::dsn(), .enable_discovery = true}, std::move(components)), 42);
        watch.emplace(*core);
        watch->set_waker(waker);
    }
    // Until it waits for its time or a call.
    Await drive(Wakeup wakeup, Duration time) {
        Await await = watch->resume(wakeup, at(time));
        while (await.hears_io())
            await = watch->resume(Wakeup{Wakeup::Kind::ready, await.session->interest()}, at(time));
        return await;
    }
    Await want(Duration time) {
        core->want_routes();
        return drive(Wakeup{Wakeup::Kind::turn}, time);
    }
    [[nodiscard]] std::size_t logins() { return cluster.transport().opened().size(); }

    FakeCluster cluster{1};
    std::shared_ptr<Asking> router = std::make_shared<Asking>();
    CountingWaker waker;
    std::optional<ClientCore> core;
    std::optional<RouterWatch> watch;
};

TEST_F(RouterWatchTest, asks_when_it_is_wanted_over_one_connection) {
    EXPECT_EQ(drive(Wakeup{}, 0s).until, no_deadline) << "nobody wants anything";
    EXPECT_EQ(router->asked, 0);
    for (int i = 1; i <= 5; ++i) {
        core->want_routes();
        EXPECT_EQ(waker.woken, i);
        EXPECT_EQ(drive(Wakeup{Wakeup::Kind::turn}, i * 1s).until, no_deadline);
        EXPECT_EQ(router->answered, i);
    }
    EXPECT_EQ(logins(), 1U);
}

TEST_F(RouterWatchTest, asks_many_times_at_once_and_few_a_second_in_the_long_run) {
    static_cast<void>(drive(Wakeup{}, 0s));
    Duration now{};
    int at_once = 0;
    for (; at_once < 1'000; ++at_once) {
        if (want(now).until != no_deadline) break;
    }
    EXPECT_GE(at_once, 30);
    EXPECT_LE(at_once, 200);
    const int before = router->asked;
    for (; now < 60s; now += 50ms) static_cast<void>(want(now));
    EXPECT_LE(router->asked - before, 60 * 4 + 1);
    EXPECT_GE(router->asked - before, 60 * 4 - 10);
}

TEST_F(RouterWatchTest, tries_again_later_where_no_node_answers) {
    static_cast<void>(drive(Wakeup{}, 0s));
    cluster.node(1).refuse();
    Await await = want(1s);
    EXPECT_EQ(router->asked, 0);
    ASSERT_NE(await.until, no_deadline);
    EXPECT_GE(await.until, at(2s));

    cluster.node(1).accept();
    for (int i = 0; i < 20 && router->answered == 0 && await.until != no_deadline; ++i)
        await = drive(Wakeup{Wakeup::Kind::expired}, await.until - at(0s));
    EXPECT_EQ(router->answered, 1) << "unasked";
}

TEST_F(RouterWatchTest, makes_a_new_connection_where_the_old_one_ended_but_not_before_others) {
    static_cast<void>(drive(Wakeup{}, 0s));
    static_cast<void>(want(1s));
    cluster.node(1).lose_sessions();
    const Await await = want(2s);
    EXPECT_EQ(router->answered, 1);
    EXPECT_EQ(await.until, at(3s));
    static_cast<void>(drive(Wakeup{Wakeup::Kind::expired}, 3s));
    EXPECT_EQ(router->answered, 2);
    EXPECT_EQ(logins(), 2U);
}

TEST_F(RouterWatchTest, gives_a_question_up_that_is_not_answered) {
    static_cast<void>(drive(Wakeup{}, 0s));
    cluster.node(1).answer("SELECT 1", testing::hanging(testing::done_answer("SELECT 1", 1)));
    core->want_routes();
    Await await = watch->resume(Wakeup{Wakeup::Kind::turn}, at(1s));
    while (await.hears_io() && router->asked == 0)
        await = watch->resume(Wakeup{Wakeup::Kind::ready, await.session->interest()}, at(1s));
    ASSERT_TRUE(await.hears_io());
    await = watch->resume(Wakeup{Wakeup::Kind::expired}, await.until);
    EXPECT_EQ(router->failed, 1) << "its sink hears of it";
    EXPECT_FALSE(await.hears_io());
}

TEST_F(RouterWatchTest, ends_with_the_client) {
    static_cast<void>(drive(Wakeup{}, 0s));
    static_cast<void>(want(1s));
    core->close();
    EXPECT_EQ(drive(Wakeup{Wakeup::Kind::cancelled}, 2s).kind, Await::Kind::finished);
    core->want_routes();
    EXPECT_EQ(waker.woken, 1) << "nobody listens any more";
}

}  // namespace
}  // namespace picoxx
