#pragma once

#include <picoxx/testing/allocation_counter.hpp>

#include <picoxx/port/balance_strategy.hpp>

#include <gtest/gtest.h>

#include <barrier>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <ostream>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace picoxx::testing {

struct BalanceStrategyContractParam {
    std::string name;
    std::function<std::shared_ptr<BalanceStrategy>()> make;
};

inline std::ostream& operator<<(std::ostream& out, const BalanceStrategyContractParam& param) {
    return out << param.name;
}

/// What every BalanceStrategy obeys. Include it in one source file of a test program, which also links
/// `picoxx::allocation_counter`. Use:
/// `INSTANTIATE_TEST_SUITE_P(mine, BalanceStrategyContract, ::testing::Values(BalanceStrategyContractParam{...}));`
class BalanceStrategyContract : public ::testing::TestWithParam<BalanceStrategyContractParam> {
protected:
    static constexpr std::size_t most_nodes = 64;

    void SetUp() override {
        strategy_ = GetParam().make();
        ASSERT_NE(strategy_, nullptr);
        for (std::size_t i = 0; i < most_nodes; ++i) ids_.push_back("node-" + std::to_string(i));
    }

    /// `count` nodes with whatever figures may occur.
    [[nodiscard]] std::vector<Candidate> candidates(std::size_t count, std::uint64_t seed) const {
        std::mt19937_64 random{seed};
        const auto figure = [&random] {
            constexpr std::uint32_t extremes[] = {0, 1, 2, std::numeric_limits<std::uint32_t>::max()};
            return random() % 4 == 0 ? extremes[random() % 4] : static_cast<std::uint32_t>(random() % 32);
        };
        std::vector<Candidate> result(count);
        for (std::size_t i = 0; i < count; ++i) {
            Candidate& candidate = result[i];
            candidate.id = ids_[i];
            if (random() % 8 != 0) candidate.name = ids_[i];
            candidate.role = static_cast<NodeRole>(random() % 3);
            candidate.owns_bucket = random() % 2 == 0;
            candidate.in_flight = figure();
            candidate.idle = figure();
            candidate.open = figure();
            candidate.max = figure();
            candidate.recent_errors = figure();
            candidate.latency = std::chrono::nanoseconds{figure()};
        }
        return result;
    }

    static PickContext context(std::mt19937_64& random) {
        PickContext context;
        context.random = random();
        context.now = TimePoint{std::chrono::milliseconds{random() % 1'000'000}};
        context.attempt = static_cast<std::uint32_t>(random() % 3);
        return context;
    }

    static bool is_choice(std::size_t index, std::size_t count) {
        return index < count || index == BalanceStrategy::npos;
    }

    std::shared_ptr<BalanceStrategy> strategy_;
    std::vector<std::string> ids_;
};

TEST_P(BalanceStrategyContract, chooses_a_candidate_or_none) {
    std::mt19937_64 random{1};
    for (std::size_t count = 1; count <= most_nodes; ++count) {
        const auto nodes = candidates(count, count);
        for (int i = 0; i < 200; ++i) {
            ASSERT_PRED2(is_choice, strategy_->pick(nodes, context(random)), count);
        }
    }
}

TEST_P(BalanceStrategyContract, copes_with_the_ends_of_the_generator) {
    for (std::size_t count = 1; count <= most_nodes; ++count) {
        for (const std::uint64_t random : {std::uint64_t{0}, ~std::uint64_t{0}}) {
            PickContext context;
            context.random = random;
            ASSERT_PRED2(is_choice, strategy_->pick(candidates(count, 3), context), count);
        }
    }
}

TEST_P(BalanceStrategyContract, copes_with_candidates_that_appear_and_vanish) {
    std::mt19937_64 random{2};
    for (int i = 0; i < 2'000; ++i) {
        const std::size_t count = 1 + random() % most_nodes;
        ASSERT_PRED2(is_choice, strategy_->pick(candidates(count, random()), context(random)), count);
    }
}

TEST_P(BalanceStrategyContract, does_not_keep_views_beyond_the_call) {
    std::mt19937_64 random{4};
    for (int i = 0; i < 200; ++i) {
        // a fresh heap block for each call, gone before the next (for AddressSanitizer)
        const std::string id = "node-with-an-id-that-is-long-enough-to-be-allocated";
        auto nodes = std::make_unique<std::vector<Candidate>>(3);
        const auto copy = std::make_unique<std::string>(id);
        for (Candidate& node : *nodes) node.id = *copy;
        ASSERT_PRED2(is_choice, strategy_->pick(*nodes, context(random)), 3U);
    }
}

TEST_P(BalanceStrategyContract, allocates_nothing) {
    std::mt19937_64 random{3};
    for (const std::size_t count : {1U, 3U, 64U}) {
        const auto nodes = candidates(count, count);
        (void)strategy_->pick(nodes, context(random));

        const std::size_t before = allocations_of_this_thread();
        for (int i = 0; i < 1'000; ++i) (void)strategy_->pick(nodes, context(random));

        EXPECT_EQ(allocations_of_this_thread() - before, 0U) << count << " nodes";
    }
}

TEST_P(BalanceStrategyContract, may_be_asked_from_many_threads_at_once) {
    constexpr std::size_t threads = 8;
    std::barrier start{static_cast<std::ptrdiff_t>(threads)};
    std::vector<std::size_t> bad(threads);
    std::vector<std::thread> running;
    for (std::size_t thread = 0; thread < threads; ++thread) {
        running.emplace_back([&, thread] {
            std::mt19937_64 random{thread};
            const std::size_t count = 1 + thread % 5;
            const auto nodes = candidates(count, thread);
            start.arrive_and_wait();
            for (int i = 0; i < 2'000; ++i) {
                if (!is_choice(strategy_->pick(nodes, context(random)), count)) ++bad[thread];
            }
        });
    }
    for (std::thread& thread : running) thread.join();
    EXPECT_EQ(bad, std::vector<std::size_t>(threads));
}

TEST_P(BalanceStrategyContract, can_be_asked_by_a_second_instance_at_the_same_time) {
    std::mt19937_64 random{5};
    const std::shared_ptr<BalanceStrategy> other = GetParam().make();
    const auto nodes = candidates(5, 5);
    for (int i = 0; i < 100; ++i) {
        ASSERT_PRED2(is_choice, strategy_->pick(nodes, context(random)), 5U);
        ASSERT_PRED2(is_choice, other->pick(nodes, context(random)), 5U);
    }
}

}  // namespace picoxx::testing
