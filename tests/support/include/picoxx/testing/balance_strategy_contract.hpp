#pragma once

#include <picoxx/testing/balance_strategy_checks.hpp>

#include <picoxx/port/balance_strategy.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>

namespace picoxx::testing {

struct BalanceStrategyContractParam {
    std::string name;
    MakeBalanceStrategy make;
};

inline std::ostream& operator<<(std::ostream& out, const BalanceStrategyContractParam& param) {
    return out << param.name;
}

/// What every BalanceStrategy obeys: balance_strategy_checks.hpp, as tests. Include it in one source file of a test
/// program, which also links `picoxx::allocation_counter`. Use: `INSTANTIATE_TEST_SUITE_P(mine,
/// BalanceStrategyContract, ::testing::Values(BalanceStrategyContractParam{...}));`
class BalanceStrategyContract : public ::testing::TestWithParam<BalanceStrategyContractParam> {
protected:
    void SetUp() override { ASSERT_NE(GetParam().make(), nullptr); }

    static void expect_good(std::string (*check)(const MakeBalanceStrategy&)) {
        EXPECT_EQ(check(GetParam().make), std::string{});
    }
};

TEST_P(BalanceStrategyContract, chooses_a_candidate_or_none) {
    expect_good(&balance_strategy_checks::chooses_a_candidate_or_none);
}

TEST_P(BalanceStrategyContract, copes_with_the_ends_of_the_generator) {
    expect_good(&balance_strategy_checks::copes_with_the_ends_of_the_generator);
}

TEST_P(BalanceStrategyContract, copes_with_candidates_that_appear_and_vanish) {
    expect_good(&balance_strategy_checks::copes_with_candidates_that_appear_and_vanish);
}

TEST_P(BalanceStrategyContract, does_not_keep_views_beyond_the_call) {
    expect_good(&balance_strategy_checks::does_not_keep_views_beyond_the_call);
}

TEST_P(BalanceStrategyContract, allocates_nothing) { expect_good(&balance_strategy_checks::allocates_nothing); }

TEST_P(BalanceStrategyContract, may_be_asked_from_many_threads_at_once) {
    expect_good(&balance_strategy_checks::may_be_asked_from_many_threads_at_once);
}

TEST_P(BalanceStrategyContract, can_be_asked_by_a_second_instance_at_the_same_time) {
    expect_good(&balance_strategy_checks::can_be_asked_by_a_second_instance_at_the_same_time);
}

}  // namespace picoxx::testing
