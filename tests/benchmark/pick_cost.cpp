// What one pick of round_robin costs, linked in and loaded as a plugin.
//
//   picoxx_pick_cost PLUGIN                      measures, and prints the table
//   picoxx_pick_cost --gates PLUGIN              the same; fails where the plugin's pick costs too much more
//   picoxx_pick_cost --only WAY PLUGIN NUMBER    makes so many picks and nothing else, for a profiler; WAY: linked or
// loaded
#include "callgrind.hpp"
#include "process_counts.hpp"
#include "program.hpp"
#include "spread.hpp"

#include <picoxx/plugin_registry.hpp>
#include <picoxx/strategies/round_robin.hpp>

#include <picoxx/port/balance_strategy.hpp>

#include <array>
#include <chrono>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::benchmark {
namespace {

constexpr double more_instructions_allowed = 8;

constexpr std::size_t few_picks = 1'000;
constexpr std::size_t many_picks = 11'000;
constexpr std::size_t rounds = 200;

constexpr std::array<std::string_view, 2> ways{"linked", "loaded"};

std::shared_ptr<BalanceStrategy> make_strategy(std::string_view way, const std::string& plugin) {
    if (way == "linked") return round_robin();
    if (way != "loaded") throw std::runtime_error{"there is no way " + std::string{way}};
    PluginRegistry registry{{.path_check = PathCheck::off, .installed_plugins = InstalledPlugins::ignored}};
    registry.load_file(std::filesystem::absolute(plugin));
    return registry.make<BalanceStrategy>("round_robin");
}

/// Eight nodes, and a strategy to choose among them.
class Picks {
public:
    Picks(std::string_view way, const std::string& plugin)
        : way_{way}, strategy_{make_strategy(way, plugin)}, candidates_(8) {}

    [[nodiscard]] std::string_view way() const noexcept { return way_; }

    /// The sum of the indexes, so that nobody leaves the calls out.
    std::size_t make(std::size_t number) {
        BalanceStrategy& strategy = *strategy_;
        std::size_t sum = 0;
        for (std::size_t i = 0; i < number; ++i) sum += strategy.pick(candidates_, context_);
        return sum;
    }

private:
    std::string_view way_;
    std::shared_ptr<BalanceStrategy> strategy_;
    std::vector<Candidate> candidates_;
    PickContext context_;
};

/// What one pick costs.
struct PickCost {
    std::string_view way;
    double instructions = 0;
    double allocations = 0;
    Spread nanoseconds;
};

double instructions_per_pick(std::string_view way, const std::string& plugin) {
    const auto all = [&](std::size_t picks) {
        return instructions_of_this_program({"--only", std::string{way}, plugin, std::to_string(picks)});
    };
    return (all(many_picks) - all(few_picks)) / (many_picks - few_picks);
}

std::vector<PickCost> measure(const std::string& plugin) {
    std::array<Picks, ways.size()> all{Picks{ways[0], plugin}, Picks{ways[1], plugin}};
    std::array<std::vector<double>, ways.size()> nanoseconds;
    std::array<std::size_t, ways.size()> allocations{};
    std::size_t sum = 0;
    for (Picks& picks : all) sum += picks.make(few_picks);
    for (std::size_t round = 0; round < rounds; ++round) {
        for (std::size_t turn = 0; turn < all.size(); ++turn) {
            const std::size_t which = (round + turn) % all.size();
            const std::size_t before = process_counts().allocations;
            const auto start = std::chrono::steady_clock::now();
            sum += all[which].make(many_picks);
            const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
            allocations[which] += process_counts().allocations - before;
            nanoseconds[which].push_back(taken.count() / many_picks);
        }
    }
    if (sum == 0) throw std::runtime_error{"round_robin always chose the first node"};

    std::vector<PickCost> costs;
    for (std::size_t which = 0; which < all.size(); ++which) {
        costs.push_back({.way = all[which].way(),
                         .instructions = instructions_per_pick(all[which].way(), plugin),
                         .allocations = static_cast<double>(allocations[which]) / (rounds * many_picks),
                         .nanoseconds = spread_of(nanoseconds[which])});
    }
    return costs;
}

void write_report(std::ostream& out, const std::vector<PickCost>& costs) {
    out << std::fixed
        << "| round_robin | instructions | allocations | ns a pick: median (min..max) |\n|---|---|---|---|\n";
    for (const PickCost& cost : costs) {
        out << "| " << cost.way << " | " << std::setprecision(1) << cost.instructions << " | " << std::setprecision(2)
            << cost.allocations << " | " << std::setprecision(1) << cost.nanoseconds.median << " ("
            << cost.nanoseconds.min << ".." << cost.nanoseconds.max << ") |\n";
    }
}

int check_gates(const std::string& plugin) {
    if constexpr (!optimised) {
        std::cout << "skipped: the gates are for optimised builds\n";
        return skipped;
    }
    const std::vector<PickCost> costs = measure(plugin);
    write_report(std::cout, costs);
    const double more = costs[1].instructions - costs[0].instructions;
    bool good = true;
    if (more > more_instructions_allowed) {
        std::cout << "OVER THE LIMIT: " << more << " instructions more through the plugin, more than "
                  << more_instructions_allowed << '\n';
        good = false;
    }
    for (const PickCost& cost : costs) {
        if (cost.allocations == 0) continue;
        std::cout << "OVER THE LIMIT: a pick allocates, " << cost.way << '\n';
        good = false;
    }
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run(const std::vector<std::string>& arguments) {
    if (arguments.size() == 4 && arguments[0] == "--only") {
        (void)Picks{arguments[1], arguments[2]}.make(std::stoul(arguments[3]));
        return EXIT_SUCCESS;
    }
    if (arguments.size() == 2 && arguments[0] == "--gates") return check_gates(arguments[1]);
    if (arguments.size() == 1 && !arguments[0].starts_with('-')) {
        write_report(std::cout, measure(arguments[0]));
        return EXIT_SUCCESS;
    }
    std::cerr << "usage: picoxx_pick_cost [--gates] PLUGIN | --only linked|loaded PLUGIN NUMBER\n";
    return 2;
}

}  // namespace
}  // namespace picoxx::benchmark

int main(int count, char** values) {
    return picoxx::benchmark::run_program("picoxx_pick_cost", count, values, &picoxx::benchmark::run);
}
