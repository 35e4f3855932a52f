#include "call/next_step.hpp"

#include <gtest/gtest.h>

namespace picoxx {
namespace {

using namespace std::chrono_literals;
using Kind = Verdict::Kind;

NextStep after(Verdict verdict, Attempts attempts, Idempotence idempotence = Idempotence::no, Duration left = 1s) {
    return next_step(verdict, attempts, idempotence, left);
}
Attempts nth(std::uint32_t made) { return {.made = made, .refused = made, .in_doubt = 0}; }

TEST(NextStep, an_answer_ends_the_call_whatever_it_says) {
    for (const Effect effect : {Effect::none, Effect::unknown, Effect::partial}) {
        EXPECT_EQ(after({Kind::answered, effect}, nth(1), Idempotence::yes), NextStep::finish);
    }
}

TEST(NextStep, what_was_refused_before_it_ran_is_sent_again_on_the_same_connection_twice_at_most) {
    for (const Kind kind : {Kind::refused_stale, Kind::refused_full}) {
        EXPECT_EQ(after({kind, Effect::none}, nth(1)), NextStep::repeat_here);
        EXPECT_EQ(after({kind, Effect::none}, nth(2)), NextStep::repeat_here);
        EXPECT_EQ(after({kind, Effect::none}, nth(3)), NextStep::finish);
    }
}

TEST(NextStep, what_a_stuck_store_refused_goes_to_another_connection_twice_at_most) {
    EXPECT_EQ(after({Kind::refused_stuck, Effect::none}, nth(1)), NextStep::repeat_anywhere);
    EXPECT_EQ(after({Kind::refused_stuck, Effect::none}, nth(2)), NextStep::repeat_anywhere);
    EXPECT_EQ(after({Kind::refused_stuck, Effect::none}, nth(3)), NextStep::finish);
}

TEST(NextStep, what_was_lost_unsent_goes_elsewhere_three_times_at_most) {
    for (std::uint32_t made = 1; made < 4; ++made) {
        EXPECT_EQ(after({Kind::lost, Effect::none}, {.made = made}), NextStep::repeat_anywhere) << made;
    }
    EXPECT_EQ(after({Kind::lost, Effect::none}, {.made = 4}), NextStep::finish);
}

TEST(NextStep, what_is_in_doubt_is_not_repeated_unless_it_is_marked) {
    for (const Kind kind : {Kind::lost, Kind::lost_silently}) {
        for (const Effect effect : {Effect::unknown, Effect::partial}) {
            EXPECT_EQ(after({kind, effect}, {.made = 1, .in_doubt = 1}), NextStep::finish);
        }
    }
}

TEST(NextStep, what_is_marked_is_repeated_once_and_only_where_its_node_still_lives) {
    EXPECT_EQ(after({Kind::lost, Effect::unknown}, {.made = 1, .in_doubt = 1}, Idempotence::yes),
              NextStep::repeat_anywhere)
        << "the server said that it ends the connection, so it was not the statement";
    EXPECT_EQ(after({Kind::lost_silently, Effect::unknown}, {.made = 1, .in_doubt = 1}, Idempotence::yes),
              NextStep::repeat_if_the_node_lives);
    EXPECT_EQ(after({Kind::lost_silently, Effect::unknown}, {.made = 2, .in_doubt = 2}, Idempotence::yes),
              NextStep::finish);
    EXPECT_EQ(after({Kind::lost, Effect::unknown}, {.made = 2, .in_doubt = 2}, Idempotence::yes), NextStep::finish);
}

TEST(NextStep, nothing_follows_once_the_time_is_over) {
    for (const Kind kind : {Kind::refused_stale, Kind::refused_full, Kind::lost, Kind::lost_silently}) {
        EXPECT_EQ(after({kind, Effect::none}, nth(1), Idempotence::yes, 0s), NextStep::finish);
        EXPECT_EQ(after({kind, Effect::none}, nth(1), Idempotence::yes, -1s), NextStep::finish);
    }
}

// Whatever happens, in whatever order: the number of attempts is bounded, and what may have been executed is executed
// once more at most.
TEST(NextStep, no_history_is_endless_or_executes_twice_unmarked) {
    constexpr Verdict endings[] = {{Kind::refused_stale, Effect::none}, {Kind::refused_full, Effect::none},
                                   {Kind::refused_stuck, Effect::none}, {Kind::lost, Effect::none},
                                   {Kind::lost, Effect::unknown},       {Kind::lost_silently, Effect::unknown}};
    constexpr std::uint32_t longest = 6;
    for (const Idempotence idempotence : {Idempotence::no, Idempotence::yes}) {
        for (std::uint32_t history = 0; history < 46'656; ++history) {  // 6^6
            Attempts attempts;
            std::uint32_t rest = history;
            NextStep next = NextStep::repeat_here;
            while (next != NextStep::finish) {
                ASSERT_LT(attempts.made, longest) << "history " << history;
                const Verdict& verdict = endings[rest % 6];
                rest /= 6;
                ++attempts.made;
                if (verdict.kind != Kind::lost && verdict.kind != Kind::lost_silently) ++attempts.refused;
                if (verdict.effect != Effect::none) ++attempts.in_doubt;
                next = next_step(verdict, attempts, idempotence, 1s);
            }
            ASSERT_LE(attempts.in_doubt, idempotence == Idempotence::yes ? 2U : 1U) << "history " << history;
        }
    }
}

}  // namespace
}  // namespace picoxx
