// The contract that every strategy passes, and what this one adds.
#include "same_zone.hpp"

#include <picoxx/testing/balance_strategy_contract.hpp>

#include <array>

namespace picoxx::testing {
namespace {

// [contract]
INSTANTIATE_TEST_SUITE_P(same_zone, BalanceStrategyContract,
                         ::testing::Values(BalanceStrategyContractParam{"same_zone",
                                                                        [] { return same_zone("here"); }}));
// [contract]

TEST(SameZone, the_node_of_the_own_zone_is_chosen) {
    std::array<Candidate, 3> nodes{};
    nodes[0].zone = "there";
    nodes[1].zone = "here";

    EXPECT_EQ(same_zone("here")->pick(nodes, {}), 1U);
    EXPECT_EQ(same_zone("nowhere")->pick(nodes, {}), 0U);
}

}  // namespace
}  // namespace picoxx::testing
