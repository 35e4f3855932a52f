// A strategy can do what it likes: a candidate comes out, and the client says once what was wrong.
#include "pool/balancer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace picoxx {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TimePoint clock_now{};
TimePoint read_clock() noexcept { return clock_now; }

/// Answers `answer`, and takes `takes` for it.
class Misbehaving final : public BalanceStrategy {
public:
    std::size_t pick(std::span<const Candidate>, const PickContext&) noexcept override {
        ++picks;
        clock_now += takes;
        return answer;
    }
    std::size_t answer = 0;
    Duration takes{};
    std::size_t picks = 0;
};

class BalancerTest : public ::testing::Test {
protected:
    std::size_t pick() { return balancer.pick(candidates, {.random = random()}); }
    std::vector<std::string> warnings() {
        std::vector<std::string> said;
        while (balancer.has_warning()) said.push_back(balancer.take_warning());
        return said;
    }

    std::array<Candidate, 3> candidates;
    std::mt19937_64 random{1};
    std::shared_ptr<Misbehaving> strategy = std::make_shared<Misbehaving>();
    Balancer balancer{strategy, "sticky", &read_clock};
};

TEST_F(BalancerTest, a_good_answer_is_passed_on) {
    strategy->answer = 2;
    for (int i = 0; i < 1'000; ++i) EXPECT_EQ(pick(), 2U);
    EXPECT_FALSE(balancer.has_warning());
}

TEST_F(BalancerTest, an_index_out_of_range_is_counted_said_once_and_answered_in_turn) {
    strategy->answer = 9'999;

    EXPECT_EQ((std::set<std::size_t>{pick(), pick(), pick()}), (std::set<std::size_t>{0, 1, 2}));
    EXPECT_EQ(balancer.status().bad_picks, 3U);
    const auto said = warnings();
    ASSERT_EQ(said.size(), 1U);
    EXPECT_THAT(said[0],
                HasSubstr("balance strategy \"sticky\" returned 9999 for 3 endpoints; treated as no endpoint"));
}

TEST_F(BalancerTest, npos_is_an_answer_and_the_nodes_are_taken_in_turn) {
    strategy->answer = BalanceStrategy::npos;

    EXPECT_EQ((std::set<std::size_t>{pick(), pick(), pick()}), (std::set<std::size_t>{0, 1, 2}));
    EXPECT_EQ(balancer.status().bad_picks, 0U);
    EXPECT_FALSE(balancer.has_warning());
}

TEST_F(BalancerTest, a_slow_one_is_named_and_after_eight_slow_picks_put_aside) {
    strategy->takes = 3ms;
    for (std::uint32_t i = 0; i + 1 < Balancer::too_many_slow; ++i) EXPECT_EQ(pick(), 0U);
    EXPECT_FALSE(balancer.status().replaced);
    static_cast<void>(pick());

    EXPECT_TRUE(balancer.status().replaced);
    EXPECT_EQ(balancer.status().slow_picks, 8U);
    const auto said = warnings();
    ASSERT_EQ(said.size(), 2U);
    EXPECT_THAT(said[0], HasSubstr("\"sticky\" took 3000 us"));
    EXPECT_THAT(said[1], HasSubstr("\"sticky\" was slow 8 times in 64 picks"));

    EXPECT_EQ((std::set<std::size_t>{pick(), pick(), pick()}), (std::set<std::size_t>{0, 1, 2}));
    EXPECT_EQ(strategy->picks, 8U) << "it is not asked any more";
}

TEST_F(BalancerTest, fast_picks_in_between_do_not_hide_slow_ones) {
    for (int picks = 0; !balancer.status().replaced; ++picks) {
        ASSERT_LT(picks, 100'000);
        strategy->takes = picks % 8 == 7 ? 50ms : 0ms;
        static_cast<void>(pick());
    }
    EXPECT_EQ(balancer.status().slow_picks, 8U);
}

TEST_F(BalancerTest, no_rhythm_hides_slow_picks) {
    int picks = 0;
    for (; balancer.status().slow_picks < 2; ++picks) {
        ASSERT_LT(picks, 100'000);
        strategy->takes = picks % 64 == 1 ? 50ms : 0ms;
        static_cast<void>(pick());
    }
    EXPECT_FALSE(balancer.status().replaced);
}

TEST_F(BalancerTest, a_slow_pick_now_and_then_is_only_counted) {
    for (int i = 0; i < 20; ++i) {
        strategy->takes = 2ms;
        for (std::uint32_t k = 0; k < 1'000; ++k) {
            static_cast<void>(pick());
            if (balancer.status().slow_picks == static_cast<std::uint64_t>(i) + 1) strategy->takes = {};
        }
    }
    EXPECT_EQ(balancer.status().slow_picks, 20U);
    EXPECT_FALSE(balancer.status().replaced);
    EXPECT_EQ(warnings().size(), 1U);
}

TEST_F(BalancerTest, a_reset_gives_it_another_chance_and_may_warn_again) {
    strategy->takes = 1ms;
    for (int i = 0; i < 10; ++i) static_cast<void>(pick());
    EXPECT_EQ(warnings().size(), 2U);

    balancer.reset();
    EXPECT_EQ(balancer.status().slow_picks, 0U);
    strategy->answer = 1;
    EXPECT_EQ(pick(), 1U);
    EXPECT_EQ(warnings().size(), 1U);
}

TEST_F(BalancerTest, another_one_takes_over_and_the_old_one_is_handed_out) {
    strategy->takes = 1ms;
    for (int i = 0; i < 10; ++i) static_cast<void>(pick());
    const auto next = std::make_shared<Misbehaving>();
    next->answer = 1;

    EXPECT_EQ(balancer.set(next, "next"), strategy);
    EXPECT_EQ(pick(), 1U);
    EXPECT_EQ(balancer.status().strategy, "next");
    EXPECT_FALSE(balancer.status().replaced);
}

}  // namespace
}  // namespace picoxx
