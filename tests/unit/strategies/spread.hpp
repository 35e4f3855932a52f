#pragma once

#include <picoxx/port/balance_strategy.hpp>

#include <algorithm>
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace picoxx::testing {

/// Nodes `n0`, `n1`, ... The candidates point into `names`.
struct Nodes {
    explicit Nodes(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) names.push_back("n" + std::to_string(i));
        for (const std::string& name : names) {
            Candidate candidate;
            candidate.id = name;
            candidate.name = name;
            candidates.push_back(candidate);
        }
    }
    std::vector<std::string> names;
    std::vector<Candidate> candidates;
};

/// How often each candidate is picked when `threads` threads pick `picks_each` times each, all at
/// once.
inline std::vector<std::size_t> spread(BalanceStrategy& strategy, std::span<const Candidate> candidates,
                                       std::size_t threads, std::size_t picks_each, std::uint64_t seed = 1) {
    std::vector<std::vector<std::size_t>> counts(threads, std::vector<std::size_t>(candidates.size()));
    std::barrier start{static_cast<std::ptrdiff_t>(threads)};
    std::vector<std::thread> running;
    for (std::size_t i = 0; i < threads; ++i) {
        running.emplace_back([&, i] {
            std::mt19937_64 random{seed + i};
            start.arrive_and_wait();
            for (std::size_t n = 0; n < picks_each; ++n) {
                PickContext context;
                context.random = random();
                ++counts[i].at(strategy.pick(candidates, context));
            }
        });
    }
    for (std::thread& thread : running) thread.join();

    std::vector<std::size_t> total(candidates.size());
    for (const auto& of_thread : counts) {
        std::transform(of_thread.begin(), of_thread.end(), total.begin(), total.begin(), std::plus<>{});
    }
    return total;
}

/// The distance from an even spread; under one it exceeds `chi_square_limit` once in a thousand
/// runs.
inline double chi_square(const std::vector<std::size_t>& counts) {
    double sum = 0;
    for (const std::size_t count : counts) sum += static_cast<double>(count);
    const double expected = sum / static_cast<double>(counts.size());
    double distance = 0;
    for (const std::size_t count : counts) {
        const double difference = static_cast<double>(count) - expected;
        distance += difference * difference / expected;
    }
    return distance;
}

/// Degrees of freedom 1 to 6, p = 0.001.
inline double chi_square_limit(std::size_t cells) {
    constexpr double limits[] = {0, 10.83, 13.82, 16.27, 18.47, 20.52, 22.46};
    return limits[cells - 1];
}

}  // namespace picoxx::testing
