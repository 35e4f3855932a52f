// The observer of the simulator notices each promise that is broken.
#include "promises.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace picoxx::simulation {
namespace {

using namespace std::chrono_literals;

class PromisesTest : public ::testing::Test {
protected:
    [[nodiscard]] std::string broken() const { return promises.broken().value_or(""); }
    void call(std::uint64_t statement, Idempotence idempotence = Idempotence::no) {
        promises.called(statement, {true, idempotence, world.now() + 1s});
    }
    void wait(Duration time) { world.run(world.now() + time); }
    void fails(std::uint64_t statement, Effect effect) {
        promises.ended(statement, make_error(Errc::connection_lost, "lost", effect), nullptr);
    }

    World world{1};
    Promises promises{world, Limits{2, 1, 1, 3}};
};

TEST_F(PromisesTest, what_was_executed_has_not_effect_none) {
    call(1);
    promises.sending(1);
    promises.executed(1);
    fails(1, Effect::none);
    EXPECT_NE(broken(), "");
}

TEST_F(PromisesTest, what_is_executed_later_had_not_effect_none) {
    call(1);
    promises.sending(1);
    fails(1, Effect::none);
    EXPECT_EQ(broken(), "");
    promises.executed(1);
    EXPECT_NE(broken(), "");
}

TEST_F(PromisesTest, what_is_in_doubt_is_not_sent_again) {
    call(1);
    promises.sending(1);
    promises.sending(1);
    EXPECT_NE(broken(), "");
}

TEST_F(PromisesTest, what_was_refused_may_be_sent_again) {
    call(1);
    promises.sending(1);
    promises.answered(1, false);
    promises.sending(1);
    EXPECT_EQ(broken(), "");
}

TEST_F(PromisesTest, what_is_idempotent_is_executed_twice_at_most) {
    call(1, Idempotence::yes);
    for (int i = 0; i < 2; ++i) promises.executed(1);
    EXPECT_EQ(broken(), "");
    promises.executed(1);
    EXPECT_NE(broken(), "");
}

TEST_F(PromisesTest, an_answer_belongs_to_its_call) {
    call(1);
    promises.executed(1);
    const std::uint64_t answer = 2;
    promises.ended(1, Error{}, &answer);
    EXPECT_NE(broken(), "");
}

TEST_F(PromisesTest, a_call_ends_once) {
    call(1);
    fails(1, Effect::none);
    fails(1, Effect::none);
    EXPECT_NE(broken(), "");
}

TEST_F(PromisesTest, a_call_ends_by_its_deadline) {
    call(1);
    wait(1001ms);
    promises.settled({});
    EXPECT_EQ(broken(), "");
    wait(1us);
    promises.settled({});
    EXPECT_NE(broken(), "");
}

TEST_F(PromisesTest, whom_a_leap_of_time_makes_late_ends_right_after_it) {
    call(1);
    world.leap(1min);
    wait(1ms);
    promises.settled({});
    EXPECT_EQ(broken(), "");
    wait(1us);
    promises.settled({});
    EXPECT_NE(broken(), "");
}

TEST_F(PromisesTest, nothing_is_sent_after_its_deadline) {
    call(1);
    wait(2s);
    promises.sending(1);
    EXPECT_NE(broken(), "");
}

TEST_F(PromisesTest, nothing_is_sent_after_the_end_of_the_client) {
    call(1);
    promises.client_is_quiet();
    wait(2ms);
    promises.sending(1);
    EXPECT_NE(broken(), "");
}

TEST_F(PromisesTest, the_limits_are_kept) {
    promises.settled({.open = 2, .most_at_a_node = 1, .draining = 1});
    EXPECT_EQ(broken(), "");
    for (const PoolFigures& figures :
         {PoolFigures{.open = 3}, PoolFigures{.most_at_a_node = 2}, PoolFigures{.draining = 2}}) {
        Promises strict{world, Limits{2, 1, 1, 3}};
        strict.settled(figures);
        EXPECT_TRUE(strict.broken());
    }
}

TEST_F(PromisesTest, the_pool_knows_of_each_session_but_one) {
    promises.session_opened();
    promises.settled({});
    EXPECT_EQ(broken(), "");
    promises.session_opened();
    promises.settled({});
    EXPECT_NE(broken(), "");
}

TEST_F(PromisesTest, nobody_waits_while_a_connection_is_idle) {
    promises.settled({.open = 1, .idle = 1, .waiting = 1});
    EXPECT_NE(broken(), "");
}

TEST_F(PromisesTest, four_refused_logins_in_a_row_are_too_many) {
    for (int i = 0; i < 3; ++i) promises.login_refused("i1");
    promises.login_accepted("i1");
    for (int i = 0; i < 3; ++i) promises.login_refused("i1");
    EXPECT_EQ(broken(), "");
    promises.login_refused("i1");
    EXPECT_NE(broken(), "");
}

TEST_F(PromisesTest, connects_in_a_second_are_bounded) {
    for (int i = 0; i < 3; ++i) promises.dialled("i1");
    wait(1s);
    for (int i = 0; i < 3; ++i) promises.dialled("i1");
    EXPECT_EQ(broken(), "");
    promises.dialled("i1");
    EXPECT_NE(broken(), "");
}

TEST_F(PromisesTest, whoever_calls_long_after_all_is_well_is_served) {
    promises.healed(10s);
    call(1);
    fails(1, Effect::none);
    EXPECT_EQ(broken(), "");
    wait(10s);
    call(2);
    fails(2, Effect::none);
    EXPECT_NE(broken(), "");
}

TEST_F(PromisesTest, at_the_end_nothing_is_left) {
    promises.all_is_over({}, 0);
    EXPECT_EQ(broken(), "");
    promises.socket_opened();
    promises.all_is_over({}, 0);
    EXPECT_NE(broken(), "");
}

}  // namespace
}  // namespace picoxx::simulation
