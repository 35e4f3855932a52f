#pragma once

#include "process_counts.hpp"
#include "spread.hpp"

#include <array>
#include <string_view>

namespace picoxx::benchmark {

/// What one request by one face costs.
struct Cost {
    std::string_view face{};
    Spread microseconds{};
    Spread ratio{};  ///< of the time to that of libpq in the same round
    double instructions = 0;
    std::array<double, ProcessCounts::names.size()> calls{};
    double system_calls = 0;
    double allocations = 0;
};

}  // namespace picoxx::benchmark
