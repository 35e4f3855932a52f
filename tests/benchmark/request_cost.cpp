// What one prepared request costs by libpq itself and by each face of picoxx, all against the same plain PostgreSQL, which it starts.
//
//   picoxx_request_cost                  measures, and prints the tables
//   picoxx_request_cost --gates          the same with fewer rounds; fails where a count is over its limit
//   picoxx_request_cost --rounds NUMBER  with so many rounds
#include "cost.hpp"
#include "faces.hpp"
#include "gates.hpp"
#include "instructions.hpp"
#include "process_counts.hpp"
#include "report.hpp"
#include "spread.hpp"

#include <picoxx/testing/plain_postgres.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
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
constexpr std::size_t requests_per_chunk = 500;
constexpr Repetition counted{.chunks = 5, .requests = 200};

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
        costs.push_back(cost);
    }
    for (Cost& cost : costs) cost.instructions = instructions_per_request(cost.face, dsn, counted);
    return costs;
}

int run(const std::vector<std::string>& arguments) {
    if (arguments.size() == 5 && arguments[0] == counted_requests_argument) {
        run_counted_requests(arguments[1], arguments[2], {std::stoul(arguments[3]), std::stoul(arguments[4])});
        return EXIT_SUCCESS;
    }
    const bool gated = arguments == std::vector<std::string>{"--gates"};
    std::size_t rounds = gated ? 12 : 60;
    if (arguments.size() == 2 && arguments[0] == "--rounds") {
        rounds = std::stoul(arguments[1]);
    } else if (!gated && !arguments.empty()) {
        std::cerr << "usage: picoxx_request_cost [--gates | --rounds NUMBER]\n";
        return 2;
    }
    const std::vector<Cost> costs = measure(std::max<std::size_t>(rounds, 1));
    write_report(std::cout, costs);
    if (!gated) return EXIT_SUCCESS;
    const std::vector<std::string> lines = exceeded(gates, costs);
    for (const std::string& line : lines) std::cout << "OVER THE LIMIT: " << line << '\n';
    return lines.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace picoxx::benchmark

int main(int count, char** values) {
    try {
        return picoxx::benchmark::run({values + 1, values + count});
    } catch (const std::exception& failure) {
        std::cerr << "picoxx_request_cost: " << failure.what() << '\n';
        return EXIT_FAILURE;
    }
}
