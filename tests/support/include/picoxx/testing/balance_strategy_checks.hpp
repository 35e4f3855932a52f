#pragma once

#include <picoxx/testing/allocation_counter.hpp>

#include <picoxx/port/balance_strategy.hpp>

#include <array>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace picoxx::testing {

/// How to make the strategy to check; each call makes another one.
using MakeBalanceStrategy = std::function<std::shared_ptr<BalanceStrategy>()>;

/// What every BalanceStrategy obeys, free of any test framework: the contract suite and picoxx-plugin-check make these
/// same checks.
struct BalanceStrategyCheck {
    std::string_view name;
    /// What is wrong, or nothing.
    std::string (*run)(const MakeBalanceStrategy& make);
};

/// Nodes for a strategy to choose among.
class CandidateSource {
public:
    static constexpr std::size_t most_nodes = 64;

    CandidateSource() {
        for (std::size_t i = 0; i < most_nodes; ++i) ids_.push_back("node-" + std::to_string(i));
    }

    /// `count` nodes with whatever figures may occur. Lifetime of their texts: this object's.
    /// @pre count <= most_nodes
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

    [[nodiscard]] static PickContext context(std::mt19937_64& random) {
        PickContext context;
        context.random = random();
        context.now = TimePoint{std::chrono::milliseconds{random() % 1'000'000}};
        context.attempt = static_cast<std::uint32_t>(random() % 3);
        return context;
    }

private:
    std::vector<std::string> ids_;
};

namespace balance_strategy_checks {

/// Nothing where `strategy` chooses one of `nodes` or none.
inline std::string wrong_choice(BalanceStrategy& strategy, std::span<const Candidate> nodes,
                                const PickContext& context) {
    const std::size_t index = strategy.pick(nodes, context);
    if (index < nodes.size() || index == BalanceStrategy::npos) return {};
    return "returned " + std::to_string(index) + " for " + std::to_string(nodes.size()) + " nodes";
}

inline std::string chooses_a_candidate_or_none(const MakeBalanceStrategy& make) {
    const CandidateSource source;
    const auto strategy = make();
    std::mt19937_64 random{1};
    for (std::size_t count = 1; count <= CandidateSource::most_nodes; ++count) {
        const auto nodes = source.candidates(count, count);
        for (int i = 0; i < 200; ++i) {
            if (std::string wrong = wrong_choice(*strategy, nodes, CandidateSource::context(random)); !wrong.empty())
                return wrong;
        }
    }
    return {};
}

inline std::string copes_with_the_ends_of_the_generator(const MakeBalanceStrategy& make) {
    const CandidateSource source;
    const auto strategy = make();
    for (std::size_t count = 1; count <= CandidateSource::most_nodes; ++count) {
        for (const std::uint64_t random : {std::uint64_t{0}, ~std::uint64_t{0}}) {
            PickContext context;
            context.random = random;
            if (std::string wrong = wrong_choice(*strategy, source.candidates(count, 3), context); !wrong.empty())
                return wrong;
        }
    }
    return {};
}

inline std::string copes_with_candidates_that_appear_and_vanish(const MakeBalanceStrategy& make) {
    const CandidateSource source;
    const auto strategy = make();
    std::mt19937_64 random{2};
    for (int i = 0; i < 2'000; ++i) {
        const std::size_t count = 1 + random() % CandidateSource::most_nodes;
        const auto nodes = source.candidates(count, random());
        if (std::string wrong = wrong_choice(*strategy, nodes, CandidateSource::context(random)); !wrong.empty())
            return wrong;
    }
    return {};
}

/// Shows what is wrong under AddressSanitizer.
inline std::string does_not_keep_views_beyond_the_call(const MakeBalanceStrategy& make) {
    const auto strategy = make();
    std::mt19937_64 random{4};
    for (int i = 0; i < 200; ++i) {
        // a fresh heap block for each call, gone before the next
        const auto id = std::make_unique<std::string>("node-with-an-id-that-is-long-enough-to-be-allocated");
        auto nodes = std::make_unique<std::vector<Candidate>>(3);
        for (Candidate& node : *nodes) node.id = *id;
        if (std::string wrong = wrong_choice(*strategy, *nodes, CandidateSource::context(random)); !wrong.empty())
            return wrong;
    }
    return {};
}

/// By allocations_of_this_thread(). Not counted is the first pick among so many nodes.
inline std::string allocates_nothing(const MakeBalanceStrategy& make) {
    constexpr std::size_t picks = 1'000;
    const CandidateSource source;
    const auto strategy = make();
    std::mt19937_64 random{3};
    for (const std::size_t count : {1U, 3U, 64U}) {
        const auto nodes = source.candidates(count, count);
        (void)strategy->pick(nodes, CandidateSource::context(random));

        const std::size_t before = allocations_of_this_thread();
        for (std::size_t i = 0; i < picks; ++i) (void)strategy->pick(nodes, CandidateSource::context(random));
        const std::size_t allocations = allocations_of_this_thread() - before;
        if (allocations == 0) continue;
        return std::to_string(allocations) + " allocations in " + std::to_string(picks) + " picks among " +
               std::to_string(count) + " nodes";
    }
    return {};
}

inline std::string may_be_asked_from_many_threads_at_once(const MakeBalanceStrategy& make) {
    constexpr std::size_t threads = 8;
    const CandidateSource source;
    const auto strategy = make();
    std::barrier start{static_cast<std::ptrdiff_t>(threads)};
    std::vector<std::string> wrong(threads);
    std::vector<std::thread> running;
    for (std::size_t thread = 0; thread < threads; ++thread) {
        running.emplace_back([&, thread] {
            std::mt19937_64 random{thread};
            const auto nodes = source.candidates(1 + thread % 5, thread);
            start.arrive_and_wait();
            for (int i = 0; i < 2'000 && wrong[thread].empty(); ++i) {
                wrong[thread] = wrong_choice(*strategy, nodes, CandidateSource::context(random));
            }
        });
    }
    for (std::thread& thread : running) thread.join();
    for (std::string& of_thread : wrong) {
        if (!of_thread.empty()) return std::move(of_thread);
    }
    return {};
}

inline std::string can_be_asked_by_a_second_instance_at_the_same_time(const MakeBalanceStrategy& make) {
    const CandidateSource source;
    const auto strategy = make();
    const auto other = make();
    if (other == nullptr) return "there is no second instance";
    std::mt19937_64 random{5};
    const auto nodes = source.candidates(5, 5);
    for (int i = 0; i < 100; ++i) {
        for (BalanceStrategy* const asked : {strategy.get(), other.get()}) {
            if (std::string wrong = wrong_choice(*asked, nodes, CandidateSource::context(random)); !wrong.empty())
                return wrong;
        }
    }
    return {};
}

}  // namespace balance_strategy_checks

/// All of them. A program that makes them links `picoxx::allocation_counter`, or defines allocations_of_this_thread()
/// itself.
inline constexpr std::array all_balance_strategy_checks{
    BalanceStrategyCheck{"chooses_a_candidate_or_none", &balance_strategy_checks::chooses_a_candidate_or_none},
    BalanceStrategyCheck{"copes_with_the_ends_of_the_generator",
                         &balance_strategy_checks::copes_with_the_ends_of_the_generator},
    BalanceStrategyCheck{"copes_with_candidates_that_appear_and_vanish",
                         &balance_strategy_checks::copes_with_candidates_that_appear_and_vanish},
    BalanceStrategyCheck{"does_not_keep_views_beyond_the_call",
                         &balance_strategy_checks::does_not_keep_views_beyond_the_call},
    BalanceStrategyCheck{"allocates_nothing", &balance_strategy_checks::allocates_nothing},
    BalanceStrategyCheck{"may_be_asked_from_many_threads_at_once",
                         &balance_strategy_checks::may_be_asked_from_many_threads_at_once},
    BalanceStrategyCheck{"can_be_asked_by_a_second_instance_at_the_same_time",
                         &balance_strategy_checks::can_be_asked_by_a_second_instance_at_the_same_time},
};

}  // namespace picoxx::testing
