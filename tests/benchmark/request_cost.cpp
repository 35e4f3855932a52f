// What one prepared request costs by libpq itself and by each face of picoxx, all against the same plain PostgreSQL,
// which it starts.
//
//   picoxx_request_cost                          measures, and prints the tables
//   picoxx_request_cost --rounds NUMBER          the same with so many rounds
//   picoxx_request_cost --gates                  the same with few rounds; fails where a count is over its limit
//   picoxx_request_cost --only FACE DSN NUMBER   makes so many requests and nothing else, for a profiler
#include "cost.hpp"
#include "faces.hpp"
#include "gates.hpp"
#include "instructions.hpp"
#include "process_counts.hpp"
#include "program.hpp"
#include "report.hpp"
#include "spread.hpp"

#include <picoxx/testing/plain_postgres.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <sched.h>

namespace picoxx::benchmark {
namespace {

constexpr std::size_t warm_up_requests = 200;
constexpr std::size_t requests_per_chunk = 250;
constexpr std::size_t rounds_for_report = 120;
constexpr std::size_t rounds_for_gates = 20;

constexpr double fewest_calls = 2;  // nobody asks and hears the answer by less

// What starts later is pinned too: PostgreSQL, and the threads of clients.
void pin_to_one_core() {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &cores);
    if (::sched_setaffinity(0, sizeof cores, &cores) != 0) throw std::runtime_error{"cannot be pinned to one core"};
}

/// One face, and what its chunks took so far.
struct Series {
    std::unique_ptr<Face> face{};
    std::vector<double> microseconds{};
    std::vector<double> ratios{};
    std::vector<ProcessCounts> counts{};

    void measure_chunk() {
        const ProcessCounts before = process_counts();
        const auto start = std::chrono::steady_clock::now();
        face->run(requests_per_chunk);
        const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - start;
        ProcessCounts after = process_counts();
        for (std::size_t place = 0; place < after.calls.size(); ++place) after.calls[place] -= before.calls[place];
        after.allocations -= before.allocations;
        microseconds.push_back(taken.count() / requests_per_chunk);
        counts.push_back(after);
    }

    template <class Count>
    [[nodiscard]] double median(Count count) const {
        std::vector<double> each;
        for (const ProcessCounts& chunk : counts)
            each.push_back(static_cast<double>(count(chunk)) / requests_per_chunk);
        return spread_of(std::move(each)).median;
    }
};

// Each round starts with another face, so that none always follows the same.
std::vector<Series> run_rounds(const std::string& dsn, std::size_t rounds) {
    std::vector<Series> all;
    for (const std::string_view name : face_names) all.push_back({.face = make_face(name, dsn)});
    for (const Series& series : all) series.face->run(warm_up_requests);
    for (std::size_t round = 0; round < rounds; ++round) {
        for (std::size_t turn = 0; turn < all.size(); ++turn) all[(round + turn) % all.size()].measure_chunk();
        for (Series& series : all) series.ratios.push_back(series.microseconds.back() / all[0].microseconds.back());
    }
    return all;
}

std::vector<Cost> measure(std::size_t rounds) {
    pin_to_one_core();
    const testing::PlainPostgres server;
    const std::string dsn = "postgresql://trusted@127.0.0.1:" + std::to_string(server.options().endpoint.port) +
                            "/postgres?sslmode=disable";
    std::vector<Cost> costs;
    for (const Series& series : run_rounds(dsn, rounds)) {
        Cost cost{.face = face_names[costs.size()]};
        cost.microseconds = spread_of(series.microseconds);
        cost.ratio = spread_of(series.ratios);
        for (std::size_t place = 0; place < cost.calls.size(); ++place) {
            cost.calls[place] = series.median([&](const ProcessCounts& chunk) { return chunk.calls[place]; });
        }
        cost.system_calls = series.median([](const ProcessCounts& chunk) { return chunk.system_calls(); });
        cost.allocations = series.median([](const ProcessCounts& chunk) { return chunk.allocations; });
        if (cost.system_calls < fewest_calls) throw std::runtime_error{"not all system calls are counted"};
        costs.push_back(cost);
    }
    for (Cost& cost : costs) cost.instructions = instructions_per_request(cost.face, dsn);
    return costs;
}

int check_gates() {
    if constexpr (!optimised) {
        std::cout << "skipped: the gates are for optimised builds\n";
        return skipped;
    }
    const std::vector<Cost> costs = measure(rounds_for_gates);
    write_report(std::cout, costs);
    const std::vector<std::string> lines = exceeded(gates, costs);
    for (const std::string& line : lines) std::cout << "OVER THE LIMIT: " << line << '\n';
    return lines.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run(const std::vector<std::string>& arguments) {
    const std::string_view first = arguments.empty() ? std::string_view{} : arguments[0];
    if (first == only_argument && arguments.size() == 4) {
        make_face(arguments[1], arguments[2])->run(std::stoul(arguments[3]));
    } else if (first == "--gates" && arguments.size() == 1) {
        return check_gates();
    } else if (first == "--rounds" && arguments.size() == 2) {
        write_report(std::cout, measure(std::max(1UL, std::stoul(arguments[1]))));
    } else if (arguments.empty()) {
        write_report(std::cout, measure(rounds_for_report));
    } else {
        std::cerr << "usage: picoxx_request_cost [--rounds NUMBER | --gates | --only FACE DSN NUMBER]\n";
        return 2;
    }
    return EXIT_SUCCESS;
}

}  // namespace
}  // namespace picoxx::benchmark

int main(int count, char** values) {
    return picoxx::benchmark::run_program("picoxx_request_cost", count, values, &picoxx::benchmark::run);
}
