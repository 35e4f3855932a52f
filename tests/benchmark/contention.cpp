// What sharing costs: eight threads on one client of eight connections, and eight threads with a connection of libpq
// each, all to the same plain PostgreSQL, which it starts. Reported, not checked: it depends on the machine's cores.
//
//   picoxx_contention             measures, and prints the table
//   picoxx_contention --rounds N  the same with so many rounds
#include "faces.hpp"
#include "spread.hpp"

#include <picoxx/picoxx.hpp>
#include <picoxx/testing/plain_postgres.hpp>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iomanip>
#include <iostream>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace picoxx::benchmark {
namespace {

constexpr std::size_t threads = 8;
constexpr std::size_t requests_a_thread = 500;
constexpr std::size_t rounds = 40;

/// Microseconds for each request of all, while so many threads make them at the same time.
double in_threads(const std::function<void(std::size_t thread)>& work) {
    std::exception_ptr failure;
    std::mutex mutex;
    std::barrier start{static_cast<std::ptrdiff_t>(threads + 1)};
    std::vector<std::thread> running;
    for (std::size_t thread = 0; thread < threads; ++thread) {
        running.emplace_back([&, thread] {
            start.arrive_and_wait();
            try {
                work(thread);
            } catch (...) {
                const std::lock_guard lock{mutex};
                failure = std::current_exception();
            }
        });
    }
    start.arrive_and_wait();
    const auto begun = std::chrono::steady_clock::now();
    for (std::thread& thread : running) thread.join();
    const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - begun;
    if (failure) std::rethrow_exception(failure);
    return taken.count() / static_cast<double>(threads * requests_a_thread);
}

void ask(Client& client) {
    for (std::size_t i = 0; i < requests_a_thread; ++i) {
        const auto number = static_cast<std::int64_t>(i);
        if (client.fetch("select $1::int8", number).front().get<std::int64_t>(0) != number) {
            throw std::runtime_error{"the server answered another number"};
        }
    }
}

void report(std::size_t times) {
    const testing::PlainPostgres server;
    const std::string dsn = "postgresql://trusted@127.0.0.1:" + std::to_string(server.options().endpoint.port) +
                            "/postgres?sslmode=disable";
    std::vector<std::unique_ptr<Face>> libpq;
    for (std::size_t i = 0; i < threads; ++i) libpq.push_back(make_face("libpq", dsn));
    Client client{ClientOptions{.dsn = dsn, .pool_size = threads, .enable_discovery = false}};

    std::vector<double> by_libpq, by_client, ratios;
    for (std::size_t round = 0; round <= times; ++round) {
        const double first = in_threads([&](std::size_t thread) { libpq[thread]->run(requests_a_thread); });
        const double second = in_threads([&](std::size_t) { ask(client); });
        if (round == 0) continue;  // statements were prepared
        by_libpq.push_back(first);
        by_client.push_back(second);
        ratios.push_back(second / first);
    }
    const auto row = [](const char* what, const Spread& time, const Spread& ratio) {
        std::cout << "| " << what << " | " << std::setprecision(1) << time.median << " (" << time.min << ".."
                  << time.max << ") | " << std::setprecision(2) << ratio.median << " (" << ratio.min << ".."
                  << ratio.max << ") |\n";
    };
    std::cout << std::fixed << "| " << threads
              << " threads | µs a request: median (min..max) | of libpq's time: median (min..max) |\n|---|---|---|\n";
    row("a connection of libpq each", spread_of(by_libpq), {1, 1, 1});
    row("one client of eight connections", spread_of(by_client), spread_of(ratios));
}

}  // namespace
}  // namespace picoxx::benchmark

int main(int count, char** values) {
    const std::vector<std::string> arguments{values + 1, values + count};
    try {
        if (arguments.empty()) {
            picoxx::benchmark::report(picoxx::benchmark::rounds);
        } else if (arguments.size() == 2 && arguments[0] == "--rounds") {
            picoxx::benchmark::report(std::max(1UL, std::stoul(arguments[1])));
        } else {
            std::cerr << "usage: picoxx_contention [--rounds NUMBER]\n";
            return 2;
        }
        return EXIT_SUCCESS;
    } catch (const std::exception& failure) {
        std::cerr << "picoxx_contention: " << failure.what() << '\n';
        return EXIT_FAILURE;
    }
}
