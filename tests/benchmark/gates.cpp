#include "gates.hpp"

#include <algorithm>
#include <sstream>

namespace picoxx::benchmark {
namespace {

// What happens once per chunk, and an answer that came in two parts, is no part of a request.
constexpr double part_of_a_chunk = 0.1;

}  // namespace

double over_libpq(const Gate& gate, std::span<const Cost> costs) {
    const auto found = std::find_if(costs.begin(), costs.end(),
                                    [&](const Cost& cost) { return cost.face == gate.face; });
    return *found.*gate.cost - costs.front().*gate.cost;
}

std::vector<std::string> exceeded(std::span<const Gate> checked, std::span<const Cost> costs) {
    std::vector<std::string> lines;
    for (const Gate& gate : checked) {
        const double over = over_libpq(gate, costs);
        if (over <= gate.limit + part_of_a_chunk) continue;
        std::ostringstream line;
        line << gate.face << ": " << over << ' ' << gate.count << " a request over libpq, more than " << gate.limit;
        lines.push_back(std::move(line).str());
    }
    return lines;
}

}  // namespace picoxx::benchmark
