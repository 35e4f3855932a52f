#include "spread.hpp"

#include <picoxx/strategies/least_busy.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace picoxx::testing {
namespace {

Nodes busy(std::vector<std::uint32_t> in_flight) {
    Nodes nodes{in_flight.size()};
    for (std::size_t i = 0; i < in_flight.size(); ++i) {
        nodes.candidates[i].in_flight = in_flight[i];
    }
    return nodes;
}

class LeastBusySpread : public ::testing::TestWithParam<std::size_t> {};

TEST_P(LeastBusySpread, gives_equal_nodes_equal_shares) {
    const std::size_t threads = GetParam();
    for (const std::size_t nodes : {2U, 3U, 7U}) {
        LeastBusy strategy;
        const Nodes cluster{nodes};

        const auto counts = spread(strategy, cluster.candidates, threads, 64'000 / threads, 42);

        EXPECT_LT(chi_square(counts), chi_square_limit(nodes)) << nodes << " nodes";
    }
}

INSTANTIATE_TEST_SUITE_P(threads, LeastBusySpread, ::testing::Values(1, 2, 3, 8, 16, 33, 64));

TEST(LeastBusy, takes_the_node_with_the_fewest_statements_in_flight) {
    LeastBusy strategy;
    for (std::uint64_t random : {std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max()}) {
        PickContext context;
        context.random = random;
        EXPECT_EQ(strategy.pick(busy({3, 2, 1}).candidates, context), 2U);
        EXPECT_EQ(strategy.pick(busy({3, 0, 1}).candidates, context), 1U);
        EXPECT_EQ(strategy.pick(busy({0, 4, 1}).candidates, context), 0U);
        EXPECT_EQ(strategy.pick(busy({9}).candidates, context), 0U);
    }
}

TEST(LeastBusy, draws_among_equals_whatever_stands_between_them) {
    LeastBusy strategy;
    const Nodes cluster = busy({5, 1, 7, 7, 7, 1, 1});

    const auto counts = spread(strategy, cluster.candidates, 1, 60'000, 11);

    EXPECT_EQ(counts[0] + counts[2] + counts[3] + counts[4], 0U);
    EXPECT_LT(chi_square({counts[1], counts[5], counts[6]}), chi_square_limit(3));
}

TEST(LeastBusy, takes_the_one_free_node_of_as_many_as_it_compares) {
    LeastBusy strategy;
    std::vector<std::uint32_t> in_flight(32, 1);
    in_flight[17] = 0;

    for (std::uint64_t random = 0; random < 1'000; ++random) {
        EXPECT_EQ(strategy.pick(busy(in_flight).candidates, {.random = random << 32U}), 17U);
    }
}

TEST(LeastBusy, of_more_nodes_than_it_compares_gives_equal_ones_equal_shares) {
    LeastBusy strategy;
    const Nodes cluster{40};

    const auto counts = spread(strategy, cluster.candidates, 1, 64'000, 42);

    EXPECT_LT(chi_square(counts), 72.05) << "which an even spread over 40 exceeds once in a thousand runs";
}

TEST(LeastBusy, of_a_thousand_nodes_hardly_ever_takes_a_busy_one) {
    // given a thousand nodes of which every fifth is free
    LeastBusy strategy;
    std::vector<std::uint32_t> in_flight(1'000, 1);
    for (std::size_t i = 0; i < in_flight.size(); i += 5) in_flight[i] = 0;
    const Nodes cluster = busy(in_flight);

    const auto counts = spread(strategy, cluster.candidates, 1, 100'000, 7);

    std::size_t busy_taken = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) busy_taken += in_flight[i] * counts[i];
    EXPECT_LT(busy_taken, 200U) << "0.8 to the power of 32 is 0.0008, so 80 are expected";
    EXPECT_GT(busy_taken, 0U) << "or all were compared";
}

TEST(LeastBusy, of_many_nodes_chooses_the_same_for_the_same_random_number) {
    const Nodes cluster{1'000};
    for (std::uint64_t random :
         {std::uint64_t{1}, std::uint64_t{1} << 63U, std::numeric_limits<std::uint64_t>::max()}) {
        EXPECT_EQ(LeastBusy{}.pick(cluster.candidates, {.random = random}),
                  LeastBusy{}.pick(cluster.candidates, {.random = random}));
    }
}

TEST(LeastBusy, does_not_mind_limits_idle_sessions_or_few_errors) {
    LeastBusy strategy;
    Nodes cluster = busy({2, 1});
    cluster.candidates[0].idle = 5;
    cluster.candidates[0].max = 100;
    cluster.candidates[1].max = 1;
    cluster.candidates[1].recent_errors = 2;

    EXPECT_EQ(strategy.pick(cluster.candidates, {}), 1U);
}

TEST(LeastBusy, gives_a_node_in_doubt_one_statement_at_a_time) {
    LeastBusy strategy;
    std::vector<Candidate> candidates(2);
    candidates[0].in_flight = 1;
    candidates[0].recent_errors = 3;
    candidates[1].in_flight = 7;
    EXPECT_EQ(strategy.pick(candidates, {}), 1U);
    candidates[0].in_flight = 0;
    EXPECT_EQ(strategy.pick(candidates, {}), 0U) << "it is to be found out";
}

TEST(LeastBusy, keeps_nodes_level_while_statements_of_uneven_length_run) {
    // given four nodes, where a statement on the first lasts ten times as long
    LeastBusy strategy;
    Nodes cluster = busy({0, 0, 0, 0});
    std::mt19937_64 random{17};
    std::vector<std::vector<int>> ends(4);

    for (int now = 0; now < 10'000; ++now) {
        for (std::size_t node = 0; node < 4; ++node) {
            std::erase_if(ends[node], [now](int end) { return end <= now; });
            cluster.candidates[node].in_flight = static_cast<std::uint32_t>(ends[node].size());
        }
        PickContext context;
        context.random = random();
        const std::size_t node = strategy.pick(cluster.candidates, context);
        ends.at(node).push_back(now + (node == 0 ? 200 : 20));

        // then no node ever runs two more than another that could have taken it
        const auto fewest = std::min_element(
            cluster.candidates.begin(), cluster.candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.in_flight < b.in_flight; });
        ASSERT_LE(ends[node].size(), fewest->in_flight + 1U);
    }
}

TEST(LeastBusy, is_what_the_factory_makes) { EXPECT_NE(dynamic_cast<LeastBusy*>(least_busy().get()), nullptr); }

}  // namespace
}  // namespace picoxx::testing
