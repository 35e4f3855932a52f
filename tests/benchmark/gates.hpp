#pragma once

#include "cost.hpp"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::benchmark {

/// The most that a face may cost over libpq, per request.
struct Gate {
    std::string_view face{};
    std::string_view count{};
    double Cost::*cost = nullptr;
    double limit = 0;
};

inline constexpr std::array gates{
    Gate{.face = "synchronous", .count = "instructions", .cost = &Cost::instructions, .limit = 3'000},
    Gate{.face = "synchronous", .count = "system calls", .cost = &Cost::system_calls, .limit = 0},
    Gate{.face = "synchronous", .count = "allocations", .cost = &Cost::allocations, .limit = 2},
    Gate{.face = "coroutine", .count = "instructions", .cost = &Cost::instructions, .limit = 6'000},
    Gate{.face = "coroutine", .count = "system calls", .cost = &Cost::system_calls, .limit = 2},
    Gate{.face = "coroutine", .count = "allocations", .cost = &Cost::allocations, .limit = 3},
};

/// What a gate is about: the cost of its face over that of libpq.
/// @pre `costs` has its face, and libpq first
[[nodiscard]] double over_libpq(const Gate& gate, std::span<const Cost> costs);

/// A line for each gate that is exceeded, naming face, count, limit and what was measured.
[[nodiscard]] std::vector<std::string> exceeded(std::span<const Gate> checked, std::span<const Cost> costs);

}  // namespace picoxx::benchmark
