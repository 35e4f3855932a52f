#include "spread.hpp"

#include <picoxx/strategies/random.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace picoxx::testing {
namespace {

class RandomSpread : public ::testing::TestWithParam<std::size_t> {};

TEST_P(RandomSpread, gives_every_node_its_share) {
    const std::size_t threads = GetParam();
    for (const std::size_t nodes : {2U, 3U, 7U}) {
        Random strategy;
        const Nodes cluster{nodes};

        const auto counts = spread(strategy, cluster.candidates, threads, 64'000 / threads, 42);

        EXPECT_LT(chi_square(counts), chi_square_limit(nodes)) << nodes << " nodes";
    }
}

INSTANTIATE_TEST_SUITE_P(threads, RandomSpread, ::testing::Values(1, 2, 3, 8, 16, 33, 64));

TEST(Random, stays_in_range_at_the_ends_of_the_generator) {
    Random strategy;
    const Nodes cluster{7};
    PickContext context;

    for (std::size_t count = 1; count <= 7; ++count) {
        const auto candidates = std::span{cluster.candidates}.first(count);
        context.random = 0;
        EXPECT_EQ(strategy.pick(candidates, context), 0U);
        context.random = std::numeric_limits<std::uint64_t>::max();
        EXPECT_EQ(strategy.pick(candidates, context), count - 1);
    }
}

TEST(Random, first_choice_is_not_always_the_first_node) {
    // picodata-go returns the previous draw, so a new client always begins with node 0
    const Nodes cluster{3};
    std::mt19937_64 random{3};
    std::vector<std::size_t> first_choices(3);

    for (int client = 0; client < 3'000; ++client) {
        Random strategy;
        PickContext context;
        context.random = random();
        ++first_choices.at(strategy.pick(cluster.candidates, context));
    }

    EXPECT_LT(chi_square(first_choices), chi_square_limit(3));
}

TEST(Random, stays_in_range_after_nodes_vanished) {
    // picodata-go applied a draw over seven nodes to the two that were left, and panicked
    Random strategy;
    const Nodes cluster{7};
    std::mt19937_64 random{5};

    for (int round = 0; round < 1'000; ++round) {
        PickContext context;
        context.random = random();
        EXPECT_LT(strategy.pick(cluster.candidates, context), 7U);
        EXPECT_LT(strategy.pick(std::span{cluster.candidates}.first(2), context), 2U);
    }
}

TEST(Random, is_what_the_factory_makes) { EXPECT_NE(dynamic_cast<Random*>(random().get()), nullptr); }

}  // namespace
}  // namespace picoxx::testing
