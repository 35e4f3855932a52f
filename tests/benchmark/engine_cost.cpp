// What it costs the engine that a call gets a connection and gives it back, for clusters, pools and queues of many
// sizes.
//
//   picoxx_engine_cost                   measures, and prints the table
//   picoxx_engine_cost --gates           only what the gates need; fails where one is exceeded
//   picoxx_engine_cost --only STRATEGY NODES CONNECTIONS PER_NODE IN_USE WAITERS STEPS     so many steps and nothing
// else, for a profiler
#include "callgrind.hpp"
#include "engine_load.hpp"
#include "process_counts.hpp"
#include "program.hpp"
#include "spread.hpp"

#include <array>
#include <chrono>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::benchmark {
namespace {

constexpr std::size_t few_steps = 1'000;
constexpr std::size_t many_steps = 5'000;
constexpr std::size_t rounds = 20;
constexpr std::size_t many_waiters = 10'000;

constexpr double more_for_a_thousand_nodes = 1.5;
constexpr double more_for_a_thousand_nodes_by_comparison = 3;  // for a strategy that looks at more than one candidate
constexpr double more_for_ten_thousand_waiters = 2;

constexpr std::array<std::string_view, 3> strategies{"round_robin", "random", "least_busy"};

/// A pool of a fixed size, or one that grows with the cluster.
enum class Pool : std::uint8_t { of_32, two_a_node };
constexpr std::array pools{Pool::of_32, Pool::two_a_node};
std::string_view name_of(Pool pool) { return pool == Pool::of_32 ? "32" : "two a node"; }

EngineShape shape(std::string_view strategy, Pool pool, std::size_t nodes, std::size_t waiters) {
    const bool fixed = pool == Pool::of_32;
    return {.strategy = strategy,
            .nodes = nodes,
            .connections = fixed ? 32 : 2 * nodes,
            .per_node = fixed ? 32U : 2U,
            .in_use = 0,
            .waiters = waiters};
}

EngineShape half_in_use(EngineShape shape) {
    shape.in_use = shape.connections / 2;
    return shape;
}

/// What a step costs: a connection taken and one given back.
struct StepCost {
    double instructions = 0;
    double allocations = 0;
    Spread nanoseconds{};
};

std::vector<std::string> arguments_of(const EngineShape& shape, std::size_t steps) {
    std::vector<std::string> arguments{"--only", std::string{shape.strategy}};
    for (const std::size_t number :
         {shape.nodes, shape.connections, shape.per_node, shape.in_use, shape.waiters, steps}) {
        arguments.push_back(std::to_string(number));
    }
    return arguments;
}

StepCost measure(const EngineShape& shape, std::size_t few = few_steps, std::size_t many = many_steps) {
    const auto all = [&](std::size_t steps) { return instructions_of_this_program(arguments_of(shape, steps)); };
    StepCost cost{.instructions = (all(many) - all(few)) / static_cast<double>(many - few)};

    EngineLoad load{shape};
    load.run(few);
    std::vector<double> nanoseconds, allocations;
    for (std::size_t round = 0; round < rounds; ++round) {
        const std::size_t before = process_counts().allocations;
        const auto start = std::chrono::steady_clock::now();
        load.run(few);
        const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
        allocations.push_back(static_cast<double>(process_counts().allocations - before) / static_cast<double>(few));
        nanoseconds.push_back(taken.count() / static_cast<double>(few));
    }
    // A full pool that lies unevenly moves now and then: that is a new connection.
    cost.allocations = spread_of(std::move(allocations)).median;
    cost.nanoseconds = spread_of(std::move(nanoseconds));
    return cost;
}

void write_heading(std::ostream& out) {
    out << std::fixed
        << "| strategy | pool | nodes | in use | waiting | instructions | allocations | ns: median (min..max) |\n"
           "|---|---|---|---|---|---|---|---|\n";
}

void write_row(std::ostream& out, Pool pool, const EngineShape& shape, const StepCost& cost) {
    out << "| " << shape.strategy << " | " << name_of(pool) << " | " << shape.nodes << " | "
        << (shape.waiters > 0 ? shape.connections : shape.in_use) << " | " << shape.waiters << " | "
        << std::setprecision(0) << cost.instructions << " | " << std::setprecision(2) << cost.allocations << " | "
        << std::setprecision(0) << cost.nanoseconds.median << " (" << cost.nanoseconds.min << ".."
        << cost.nanoseconds.max << ") |" << std::endl;
}

/// Collects what is over its limit.
class Gates {
public:
    void ratio(const std::string& what, double cost, double base, double limit) {
        if (cost > limit * base) fail(what, cost / base, " times the instructions", limit);
    }
    void no_allocation(const std::string& what, double allocations) {
        if (allocations > 0) fail(what, allocations, " allocations", 0);
    }
    [[nodiscard]] bool passed() const noexcept { return passed_; }

private:
    void fail(const std::string& what, double value, const char* unit, double limit) {
        std::cout << "OVER THE LIMIT: " << what << ": " << std::setprecision(2) << value << unit << ", more than "
                  << limit << '\n';
        passed_ = false;
    }
    bool passed_ = true;
};

int check_gates() {
    if constexpr (!optimised) {
        std::cout << "skipped: the gates are for optimised builds\n";
        return skipped;
    }
    Gates gates;
    write_heading(std::cout);
    for (const std::string_view strategy : strategies) {
        const double limit = strategy == "least_busy" ? more_for_a_thousand_nodes_by_comparison
                                                      : more_for_a_thousand_nodes;
        for (const Pool pool : pools) {
            const std::string what = std::string{strategy} + ", pool of " + std::string{name_of(pool)};
            double few_nodes = 0;
            for (const std::size_t nodes : {3U, 1'000U}) {
                const EngineShape alone = shape(strategy, pool, nodes, 0);
                const EngineShape queued = shape(strategy, pool, nodes, many_waiters);
                const StepCost cost = measure(alone);
                const StepCost with_waiters = measure(queued);
                write_row(std::cout, pool, alone, cost);
                write_row(std::cout, pool, queued, with_waiters);
                gates.no_allocation(what, cost.allocations);
                gates.no_allocation(what + ", with waiters", with_waiters.allocations);
                gates.ratio(what + ", with waiters", with_waiters.instructions, cost.instructions,
                            more_for_ten_thousand_waiters);
                if (nodes == 3) few_nodes = cost.instructions;
                gates.ratio(what + ", 1000 nodes", cost.instructions, few_nodes, limit);
            }
        }
    }
    return gates.passed() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int report(std::size_t few, std::size_t many) {
    write_heading(std::cout);
    for (const std::string_view strategy : strategies) {
        for (const Pool pool : pools) {
            for (const std::size_t nodes : {3U, 10U, 100U, 1'000U}) {
                const EngineShape alone = shape(strategy, pool, nodes, 0);
                for (const EngineShape& each :
                     {alone, half_in_use(alone), shape(strategy, pool, nodes, many_waiters)}) {
                    write_row(std::cout, pool, each, measure(each, few, many));
                }
            }
        }
    }
    return EXIT_SUCCESS;
}

int run(const std::vector<std::string>& arguments) {
    if (arguments.size() == 8 && arguments[0] == "--only") {
        const auto number = [&](std::size_t place) { return std::stoul(arguments[place]); };
        EngineLoad{{arguments[1], number(2), number(3), number(4), number(5), number(6)}}.run(number(7));
        return EXIT_SUCCESS;
    }
    if (arguments.size() == 1 && arguments[0] == "--gates") return check_gates();
    if (arguments.empty()) return report(few_steps, many_steps);
    if (arguments.size() == 3 && arguments[0] == "--steps") {
        return report(std::stoul(arguments[1]), std::stoul(arguments[2]));
    }
    std::cerr << "usage: picoxx_engine_cost [--gates | --steps FEW MANY | --only STRATEGY NODES CONNECTIONS PER_NODE "
                 "IN_USE WAITERS STEPS]\n";
    return 2;
}

}  // namespace
}  // namespace picoxx::benchmark

int main(int count, char** values) {
    return picoxx::benchmark::run_program("picoxx_engine_cost", count, values, &picoxx::benchmark::run);
}
