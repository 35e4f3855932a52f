#include "topology/refresh_turns.hpp"

#include "fake_cluster.hpp"
#include "settings/settings.hpp"

#include <gtest/gtest.h>

namespace picoxx {
namespace {

using Turn = RefreshTurns::Turn;
using Need = RefreshTurns::Need;
using Ending = RefreshTurns::Ending;

class RefreshTurnsTest : public ::testing::Test {
protected:
    struct Caller final : Waker {
        explicit Caller(RefreshTurns& turns, Need need = Need::any) : turns_{turns}, wish{need} {}
        void wake() noexcept override { ++woken; }
        Turn take() { return turns_.take(wish, *this, error); }

        RefreshTurns& turns_;
        RefreshTurns::Wish wish;
        Error error;
        int woken = 0;
    };

    FakeCluster cluster{1};
    ClientCore core{*make_settings(PoolOptions{.dsn = FakeCluster::dsn()}, cluster.components()), 42};
    RefreshTurns turns{core};
};

TEST_F(RefreshTurnsTest, those_who_connect_meanwhile_share_the_look_under_way_and_its_error) {
    Caller first{turns};
    Caller second{turns};
    Caller third{turns};
    ASSERT_EQ(first.take(), Turn::mine);
    turns.asks();
    EXPECT_EQ(second.take(), Turn::wait);
    EXPECT_EQ(third.take(), Turn::wait);

    turns.end(Ending::shared, make_error(Errc::connect_failed, "nobody is there"));

    for (Caller* caller : {&second, &third}) {
        EXPECT_EQ(caller->woken, 1);
        EXPECT_EQ(caller->take(), Turn::served);
        EXPECT_EQ(caller->error.code, Errc::connect_failed);
    }
}

TEST_F(RefreshTurnsTest, who_wants_it_fresh_waits_for_a_look_that_had_not_asked_yet_and_many_share_that) {
    Caller first{turns, Need::fresh};
    Caller early{turns, Need::fresh};
    ASSERT_EQ(first.take(), Turn::mine);
    EXPECT_EQ(early.take(), Turn::wait) << "the question is not put yet: its answer serves";
    turns.asks();
    Caller late{turns, Need::fresh};
    Caller later{turns, Need::fresh};
    EXPECT_EQ(late.take(), Turn::wait);
    EXPECT_EQ(later.take(), Turn::wait);

    turns.end(Ending::shared, {});

    EXPECT_EQ(early.take(), Turn::served);
    EXPECT_EQ(late.take(), Turn::mine) << "what was asked before it came is no answer to it";
    EXPECT_EQ(later.take(), Turn::wait);
    turns.asks();
    turns.end(Ending::shared, {});
    EXPECT_EQ(later.take(), Turn::served);
}

TEST_F(RefreshTurnsTest, a_look_that_was_given_up_serves_nobody_and_another_takes_its_place) {
    Caller first{turns};
    Caller second{turns};
    ASSERT_EQ(first.take(), Turn::mine);
    ASSERT_EQ(second.take(), Turn::wait);

    turns.end(Ending::given_up, make_error(Errc::cancelled, "cancelled"));

    EXPECT_EQ(second.woken, 1);
    EXPECT_EQ(second.take(), Turn::mine);
}

TEST_F(RefreshTurnsTest, who_left_is_not_called) {
    Caller first{turns};
    Caller second{turns};
    ASSERT_EQ(first.take(), Turn::mine);
    ASSERT_EQ(second.take(), Turn::wait);
    turns.withdraw(second);

    turns.end(Ending::shared, {});

    EXPECT_EQ(second.woken, 0);
}

TEST_F(RefreshTurnsTest, the_end_of_the_client_ends_every_wait) {
    Caller first{turns};
    Caller second{turns};
    ASSERT_EQ(first.take(), Turn::mine);
    ASSERT_EQ(second.take(), Turn::wait);

    core.close();
    turns.close();

    EXPECT_EQ(second.woken, 1);
    EXPECT_EQ(second.take(), Turn::closed);
    turns.end(Ending::given_up, {});
}

}  // namespace
}  // namespace picoxx
