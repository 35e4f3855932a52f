#include <picoxx/strategies/least_busy.hpp>
#include <picoxx/strategies/random.hpp>
#include <picoxx/strategies/round_robin.hpp>
#include <picoxx/testing/balance_strategy_contract.hpp>

namespace picoxx::testing {
namespace {

// [shipped]
INSTANTIATE_TEST_SUITE_P(shipped, BalanceStrategyContract,
                         ::testing::Values(BalanceStrategyContractParam{"round_robin", &round_robin},
                                           BalanceStrategyContractParam{"random", [] { return picoxx::random(); }},
                                           BalanceStrategyContractParam{"least_busy", &least_busy}),
                         [](const auto& tested) { return tested.param.name; });
// [shipped]

TEST(AllocationCounter, counts) {
    const std::size_t before = allocations_of_this_thread();
    const auto number = std::make_unique<int>(1);
    const std::vector<int> numbers(100);
    EXPECT_EQ(allocations_of_this_thread() - before, 2U) << *number << numbers.size();
}

}  // namespace
}  // namespace picoxx::testing
