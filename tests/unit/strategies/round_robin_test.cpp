#include "spread.hpp"

#include <picoxx/strategies/round_robin.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace picoxx::testing {
namespace {

class RoundRobinSpread : public ::testing::TestWithParam<std::size_t> {};

TEST_P(RoundRobinSpread, gives_every_node_the_same_number_of_turns) {
    const std::size_t threads = GetParam();
    for (const std::size_t nodes : {1U, 2U, 3U, 7U}) {
        RoundRobin strategy;
        const Nodes cluster{nodes};

        const auto counts = spread(strategy, cluster.candidates, threads, 1'000);

        const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
        EXPECT_LE(*most - *least, 1U) << nodes << " nodes";
    }
}

INSTANTIATE_TEST_SUITE_P(threads, RoundRobinSpread, ::testing::Values(1, 2, 3, 8, 16, 33, 64));

TEST(RoundRobin, gives_a_node_in_doubt_one_statement_at_a_time) {
    RoundRobin strategy;
    std::vector<Candidate> candidates(3);
    candidates[1].recent_errors = 3;
    candidates[1].in_flight = 1;
    for (int i = 0; i < 9; ++i) EXPECT_NE(strategy.pick(candidates, {}), 1U);
    candidates[1].in_flight = 0;
    std::size_t chosen = 0;
    for (int i = 0; i < 9; ++i) chosen += strategy.pick(candidates, {}) == 1 ? 1U : 0U;
    EXPECT_EQ(chosen, 3U) << "it has its turns, to be found out";
    for (Candidate& candidate : candidates) {
        candidate.in_flight = 1;
        candidate.recent_errors = 3;
    }
    for (int i = 0; i < 9; ++i) EXPECT_LT(strategy.pick(candidates, {}), 3U) << "where all are, all serve";
}

TEST(RoundRobin, takes_the_nodes_in_their_order) {
    RoundRobin strategy;
    const Nodes cluster{3};

    const std::size_t first = strategy.pick(cluster.candidates, {});
    for (std::size_t turn = 1; turn < 7; ++turn) {
        EXPECT_EQ(strategy.pick(cluster.candidates, {}), (first + turn) % 3);
    }
}

TEST(RoundRobin, of_many_clients_not_all_begin_at_the_same_node) {
    const Nodes cluster{3};
    std::set<std::size_t> begun;
    for (int client = 0; client < 200; ++client) begun.insert(RoundRobin{}.pick(cluster.candidates, {}));
    EXPECT_EQ(begun.size(), 3U);
}

TEST(RoundRobin, stays_in_range_and_even_when_nodes_vanish_and_return) {
    RoundRobin strategy;
    const Nodes three{3};
    const Nodes one{1};
    std::map<std::size_t, int> counts;

    for (int round = 0; round < 300; ++round) {
        ++counts[strategy.pick(three.candidates, {})];
        EXPECT_EQ(strategy.pick(one.candidates, {}), 0U);
        EXPECT_LT(strategy.pick(std::span{three.candidates}.first(2), {}), 2U);
    }

    EXPECT_EQ(counts, (std::map<std::size_t, int>{{0, 100}, {1, 100}, {2, 100}}));
}

TEST(RoundRobin, serves_each_set_of_candidates_evenly_when_two_sets_of_different_size_alternate) {
    // given reads that may go anywhere and writes that go to leaders; on one counter reads would see n0 and n2 only
    RoundRobin strategy;
    const Nodes all{4};
    const std::vector<Candidate> leaders{all.candidates[0], all.candidates[2]};
    std::map<std::string, int> reads;
    std::map<std::string, int> writes;

    for (int round = 0; round < 400; ++round) {
        ++reads[all.names[strategy.pick(all.candidates, {})]];
        ++writes[std::string{leaders[strategy.pick(leaders, {})].name}];
    }
    EXPECT_EQ(reads, (std::map<std::string, int>{{"n0", 100}, {"n1", 100}, {"n2", 100}, {"n3", 100}}));
    EXPECT_EQ(writes, (std::map<std::string, int>{{"n0", 200}, {"n2", 200}}));
}

TEST(RoundRobin, a_failing_nodes_share_goes_to_the_others_alike) {
    // given three nodes of which the second refuses every statement
    RoundRobin strategy;
    const Nodes cluster{3};
    const std::vector<Candidate> rest{cluster.candidates[0], cluster.candidates[2]};
    std::mt19937_64 random{7};
    std::map<std::string, std::size_t> served;

    // when each refused statement is tried once more
    for (int statement = 0; statement < 9'000; ++statement) {
        std::size_t index = strategy.pick(cluster.candidates, {});
        if (index != 1) {
            ++served[cluster.names[index]];
            continue;
        }
        PickContext again;
        again.attempt = 1;
        again.random = random();
        index = strategy.pick(rest, again);
        ++served[std::string{rest.at(index).name}];
    }

    // then the two that work serve half each
    EXPECT_EQ(served["n0"] + served["n2"], 9'000U);
    EXPECT_NEAR(static_cast<double>(served["n0"]), 4'500.0, 120.0);
}

TEST(RoundRobin, begins_where_its_option_says) {
    const picoxx_kv start{"start", 5, "4", 1};
    const sdk::Config config{std::span{&start, 1}};
    RoundRobin strategy{config};
    ASSERT_TRUE(config.finish().ok());
    const Nodes cluster{3};

    for (const std::size_t expected : {1U, 2U, 0U}) EXPECT_EQ(strategy.pick(cluster.candidates, {}), expected);
}

TEST(RoundRobin, is_what_the_factory_makes) { EXPECT_NE(dynamic_cast<RoundRobin*>(round_robin().get()), nullptr); }

}  // namespace
}  // namespace picoxx::testing
