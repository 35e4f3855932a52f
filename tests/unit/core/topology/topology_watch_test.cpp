#include "topology/topology_watch.hpp"

#include "fake_cluster.hpp"
#include "settings/settings.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>

namespace picoxx {
namespace {

using namespace std::chrono_literals;

TimePoint at(Duration time) { return TimePoint{} + 1h + time; }

// The watch is driven by hand: a look needs nothing but to be resumed, since fakes answer at once.
class TopologyWatchTest : public ::testing::Test {
protected:
    struct CountingWaker final : Waker {
        void wake() noexcept override { ++woken; }
        int woken = 0;
    };

    void make(std::optional<std::chrono::milliseconds> interval) {
        cluster.discovery().then_publish(FakeCluster::topology({1}, 1));
        core.emplace(
            *make_settings(
                Options{.dsn = FakeCluster::dsn(), .enable_discovery = true, .discovery = {.interval = interval}},
                cluster.components()),
            42);
        turns.emplace(*core);
        watch.emplace(*core, *turns);
        watch->set_waker(waker);
    }
    // Until it waits for its time or a call.
    Await drive(Wakeup wakeup, Duration time) {
        Await await = watch->resume(wakeup, at(time));
        while (await.hears_io())
            await = watch->resume(Wakeup{Wakeup::Kind::ready, await.session->interest()}, at(time));
        return await;
    }
    [[nodiscard]] std::size_t looks() { return cluster.discovery().refreshes(); }
    void doubt() {
        core->with_engine([](Engine& engine) {
            AcquireRequest request;
            const Acquisition place = engine.acquire(request, at(0s));
            if (place.kind == Acquisition::Kind::dial) {
                engine.dial_failed(*place.node, make_error(Errc::connect_failed, "refused"), at(0s));
            }
        });
    }

    FakeCluster cluster{1};
    CountingWaker waker;
    std::optional<ClientCore> core;
    std::optional<RefreshTurns> turns;
    std::optional<TopologyWatch> watch;
};

TEST_F(TopologyWatchTest, looks_at_once_where_nothing_is_known_and_then_once_an_interval) {
    make(1s);

    const Await first = drive(Wakeup{}, 0s);
    EXPECT_EQ(looks(), 1U);
    EXPECT_GE(first.until, at(900ms));
    EXPECT_LE(first.until, at(1100ms));

    drive(Wakeup{Wakeup::Kind::expired}, 1100ms);
    EXPECT_EQ(looks(), 2U);
}

TEST_F(TopologyWatchTest, a_doubt_wakes_it_and_is_not_lost_without_an_interval) {
    make(std::nullopt);
    EXPECT_EQ(drive(Wakeup{}, 0s).until, no_deadline);
    ASSERT_EQ(looks(), 1U);

    doubt();
    EXPECT_EQ(waker.woken, 1);
    drive(Wakeup{Wakeup::Kind::turn}, 1s);

    EXPECT_EQ(looks(), 2U);
}

TEST_F(TopologyWatchTest, a_doubt_that_comes_while_another_looks_is_followed_by_a_look_of_its_own) {
    make(std::nullopt);
    drive(Wakeup{}, 0s);
    RefreshTurns::Wish wish;
    CountingWaker other;
    Error error;
    ASSERT_EQ(turns->take(wish, other, error), RefreshTurns::Turn::mine);
    turns->asks();

    doubt();
    drive(Wakeup{Wakeup::Kind::turn}, 1s);
    EXPECT_EQ(looks(), 1U) << "one looks at a time";
    turns->end(RefreshTurns::Ending::shared, {});
    const Await await = drive(Wakeup{Wakeup::Kind::turn}, 2s);
    drive(Wakeup{Wakeup::Kind::expired}, await.until - at(0s));

    EXPECT_EQ(looks(), 2U);
}

TEST_F(TopologyWatchTest, a_doubt_that_another_took_along_and_did_not_clear_is_looked_at) {
    make(std::nullopt);
    drive(Wakeup{}, 0s);
    doubt();
    cluster.discovery().ask_first("who are you");
    cluster.node(1).answer("who are you", testing::hanging(testing::done_answer("SELECT 0")));
    RefreshTurns::Wish wish;
    CountingWaker other;
    Error error;
    ASSERT_EQ(turns->take(wish, other, error), RefreshTurns::Turn::mine);
    {
        Refresh given_up{*core, *turns, other};
        static_cast<void>(given_up.resume(Wakeup{}, at(1s)));
    }
    const std::size_t before = looks();
    cluster.node(1).answer("who are you", testing::done_answer("SELECT 0"));

    drive(Wakeup{Wakeup::Kind::turn}, 2s);

    EXPECT_EQ(looks(), before + 1);
}

TEST_F(TopologyWatchTest, a_doubt_that_only_an_older_picture_answers_stays) {
    Topology newer = FakeCluster::topology({1}, 1);
    newer.nodes[0].incarnation = 5;
    cluster.discovery().then_publish(newer);
    cluster.discovery().then_publish(FakeCluster::topology({1}, 1));
    make(std::nullopt);
    drive(Wakeup{}, 0s);
    doubt();

    const Await await = drive(Wakeup{Wakeup::Kind::turn}, 1s);
    ASSERT_NE(await.until, no_deadline);
    const std::size_t before = looks();
    drive(Wakeup{Wakeup::Kind::expired}, await.until - at(0s));

    EXPECT_EQ(looks(), before + 1);
}

TEST_F(TopologyWatchTest, ends_when_the_client_is_closed_and_is_not_called_afterwards) {
    make(1s);
    drive(Wakeup{}, 0s);

    core->close();

    EXPECT_EQ(drive(Wakeup{Wakeup::Kind::turn}, 1ms).kind, Await::Kind::finished);
}

}  // namespace
}  // namespace picoxx
