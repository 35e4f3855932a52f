#include "topology/refresh_schedule.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <set>

namespace picoxx {
namespace {

using namespace std::chrono_literals;

TimePoint at(Duration time) { return TimePoint{} + 1h + time; }

TEST(RefreshSchedule, looks_once_an_interval_which_is_drawn_anew_each_time) {
    RefreshSchedule schedule{5s};
    std::set<TimePoint> seen;
    for (std::uint64_t random = 0; random < 1000; ++random) {
        schedule.looked(true, at(0s), random * 0x9e3779b97f4a7c15U);
        EXPECT_GE(schedule.next(), at(4500ms));
        EXPECT_LE(schedule.next(), at(5500ms));
        seen.insert(schedule.next());
    }
    EXPECT_GT(seen.size(), 500U) << "clients that were started together do not ask together";
}

TEST(RefreshSchedule, without_an_interval_only_a_doubt_brings_a_look) {
    RefreshSchedule schedule{std::nullopt};
    schedule.looked(true, at(0s), 7);
    EXPECT_EQ(schedule.next(), no_deadline);

    schedule.wanted(at(10s));
    EXPECT_EQ(schedule.next(), at(10s)) << "at once";
}

TEST(RefreshSchedule, doubts_that_follow_each_other_share_a_look) {
    RefreshSchedule schedule{5s};
    schedule.looked(true, at(0s), 7);

    schedule.wanted(at(1ms));

    EXPECT_GE(schedule.next(), at(225ms));
    EXPECT_LE(schedule.next(), at(275ms));
}

TEST(RefreshSchedule, a_look_that_failed_is_repeated_with_growing_pauses_even_without_an_interval) {
    RefreshSchedule schedule{std::nullopt};
    Duration shortest{};
    for (int failures = 1; failures <= 12; ++failures) {
        schedule.looked(false, at(0s), 0);
        const Duration pause = schedule.next() - at(0s);
        EXPECT_GE(pause, shortest);
        EXPECT_LE(pause, 10s);
        shortest = pause;
    }
    EXPECT_GE(shortest, 5s);
    schedule.looked(true, at(0s), 0);
    EXPECT_EQ(schedule.next(), no_deadline);
}

TEST(RefreshSchedule, an_interval_beyond_the_clock_never_comes) {
    RefreshSchedule schedule{std::chrono::milliseconds::max()};
    schedule.looked(true, at(0s), ~std::uint64_t{0});
    EXPECT_EQ(schedule.next(), no_deadline);
}

}  // namespace
}  // namespace picoxx
