#pragma once

#include <algorithm>
#include <vector>

namespace picoxx::benchmark {

struct Spread {
    double median = 0;
    double min = 0;
    double max = 0;
};

/// @pre !values.empty()
[[nodiscard]] inline Spread spread_of(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t upper = values.size() / 2;
    const std::size_t lower = (values.size() - 1) / 2;
    return {.median = (values[lower] + values[upper]) / 2, .min = values.front(), .max = values.back()};
}

}  // namespace picoxx::benchmark
