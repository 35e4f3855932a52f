#include "report.hpp"

#include "gates.hpp"

#include <cmath>
#include <iomanip>
#include <sstream>
#include <string>

namespace picoxx::benchmark {
namespace {

std::string number(double value, int decimals) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(decimals) << value;
    return std::move(text).str();
}

std::string grouped(double value) {
    std::string digits = number(std::abs(value), 0);
    for (std::size_t place = digits.size(); place > 3; place -= 3) digits.insert(place - 3, " ");
    return (value < 0 ? "-" : "") + digits;
}

std::string spread(const Spread& values, int decimals) {
    return number(values.median, decimals) + " (" + number(values.min, decimals) + ".." + number(values.max, decimals) +
           ')';
}

}  // namespace

void write_report(std::ostream& out, std::span<const Cost> costs) {
    out << "| face | µs a request: median (min..max) | of libpq's time: median (min..max) | instructions | system "
           "calls | "
           "allocations |\n|---|---|---|---|---|---|\n";
    for (const Cost& cost : costs) {
        out << "| " << cost.face << " | " << spread(cost.microseconds, 1) << " | " << spread(cost.ratio, 2) << " | "
            << grouped(cost.instructions) << " | " << number(cost.system_calls, 2) << " | "
            << number(cost.allocations, 2) << " |\n";
    }

    out << "\n| face | system calls a request |\n|---|---|\n";
    for (const Cost& cost : costs) {
        out << "| " << cost.face << " |";
        for (std::size_t place = 0; place < cost.calls.size(); ++place) {
            if (cost.calls[place] < 0.005) continue;
            out << ' ' << ProcessCounts::names[place] << ' ' << number(cost.calls[place], 2);
        }
        out << " |\n";
    }

    out << "\n| over libpq | | now | limit |\n|---|---|---|---|\n";
    for (const Gate& gate : gates) {
        const bool fine = gate.cost != &Cost::instructions;
        const double over = over_libpq(gate, costs);
        out << "| " << gate.face << " | " << gate.count << " | " << (fine ? number(over, 2) : grouped(over)) << " | "
            << grouped(gate.limit) << " |\n";
    }
}

}  // namespace picoxx::benchmark
