// What it costs to find the owner of a statement's rows.
//
//   picoxx_route_cost                     measures, and prints the table
//   picoxx_route_cost --gates             the same; fails where it costs too much
//   picoxx_route_cost --only CASE NUMBER  does so many and nothing else, for a profiler
#include "callgrind.hpp"
#include "process_counts.hpp"
#include "program.hpp"
#include "spread.hpp"

#include <picoxx/picodata/bucket_id.hpp>
#include <picoxx/picodata/picodata_router.hpp>
#include <picoxx/testing/fake_discovery_context.hpp>

#include <array>
#include <bit>
#include <chrono>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::benchmark {
namespace {

constexpr std::size_t few = 900;  // less than what makes a router look again
constexpr std::size_t rounds = 50;

struct Case {
    std::string_view name;
    std::string_view what;
    double instructions_allowed;
};
// The aims are 300, 400 and 100 for `route`.
constexpr std::array cases{
    Case{"integer", "route, a key of one integer", 440}, Case{"pair", "route, a key of an integer and a text", 650},
    Case{"unroutable", "route, a statement without a key", 165}, Case{"bucket", "bucket_id of an integer", 100},
    Case{"bucket_pair", "bucket_id of an integer and a text", 240}};

std::array<std::byte, 8> big_endian(std::uint64_t value) {
    if constexpr (std::endian::native == std::endian::little) value = __builtin_bswap64(value);
    return std::bit_cast<std::array<std::byte, 8>>(value);
}

/// A router that has learned.
class Routes {
public:
    explicit Routes(std::string_view name) : name_{name} {
        if (!is_pair()) parameters_ = std::span{both_}.first(1);
        for (const Case& known : cases) is_known_ = is_known_ || known.name == name;
        if (!is_known_) throw std::runtime_error{"there is no case " + std::string{name}};
        testing::FakeDiscoveryContext server;
        server.answer("_pico_bucket",
                      testing::rows_answer(
                          {{"map", oid::json}},
                          {{R"([{"bucket_id_start":1,"bucket_id_end":1500,"current_replicaset_uuid":"a"},)"
                            R"({"bucket_id_start":1501,"bucket_id_end":3000,"current_replicaset_uuid":"b"}])"}}));
        server.answer("EXPLAIN", [&](std::string_view, std::span<const Parameter>) {
            const std::string bucket = is_pair() ? std::to_string(bucket_id(3000, id_, text))
                                                 : std::to_string(bucket_id(3000, id_));
            return testing::rows_answer({{"EXPLAIN", oid::text}},
                                        {{name_ == "unroutable" ? "buckets = any" : "buckets = [" + bucket + ']'}});
        });
        Topology topology;
        topology.nodes.resize(1);
        topology.nodes[0].tier = "default";
        router_->on_topology(topology);
        server.run(*router_);
        for (int i = 0; i < 4; ++i) {
            static_cast<void>(route());
            server.run(*router_);
        }
        const bool is_routed = route() == StatementRouter::Route::owner;
        const bool may_be_routed = name_ != "unroutable";
        if (is_routed != may_be_routed) throw std::runtime_error{"it has learned something else"};
    }

    /// A sum, so that nobody leaves the calls out.
    std::uint64_t make(std::size_t number) {
        std::uint64_t sum = 0;
        if (name_ == "bucket") {
            for (std::size_t i = 0; i < number; ++i) sum += bucket_id(3000, static_cast<std::int64_t>(i * 1'000));
        } else if (name_ == "bucket_pair") {
            for (std::size_t i = 0; i < number; ++i)
                sum += bucket_id(3000, static_cast<std::int64_t>(i * 1'000), std::string_view{text});
        } else {
            for (std::size_t i = 0; i < number; ++i) sum += static_cast<std::uint64_t>(route()) + 1;
        }
        return sum;
    }

private:
    static constexpr const char* text = "a town's name";

    [[nodiscard]] bool is_pair() const noexcept { return name_ == "pair"; }
    StatementRouter::Route route() {
        bytes_ = big_endian(static_cast<std::uint64_t>(id_ += 1'000));
        RouteHint hint;
        return router_->route("SELECT item, amount FROM warehouse WHERE id = $1", parameters_, hint);
    }

    std::array<std::byte, 8> bytes_{};
    const std::array<Parameter, 2> both_{
        Parameter{oid::int8, Format::binary, bytes_},
        Parameter{oid::inferred, Format::text, std::as_bytes(std::span{text, std::char_traits<char>::length(text)})}};
    std::span<const Parameter> parameters_{both_};
    std::string name_;
    bool is_known_ = false;
    std::int64_t id_ = 0;
    std::shared_ptr<StatementRouter> router_ = picodata_router();
};

double instructions_of(std::string_view name) {
    const auto all = [&](std::size_t number) {
        return instructions_of_this_program({"--only", std::string{name}, std::to_string(number)});
    };
    return (all(few) - all(few / 2)) / (few - few / 2);
}

int measure(bool checks) {
    if (checks && !optimised) {
        std::cout << "skipped: the gates are for optimised builds\n";
        return skipped;
    }
    std::cout << std::fixed
              << "| | instructions | limit | allocations | ns: median (min..max) |\n|---|---|---|---|---|\n";
    bool good = true;
    std::uint64_t sum = 0;
    for (const Case& one : cases) {
        std::vector<double> nanoseconds;
        std::size_t allocations = 0;
        for (std::size_t round = 0; round < rounds; ++round) {
            Routes routes{one.name};
            sum += routes.make(10);
            const std::size_t before = process_counts().allocations;
            const auto start = std::chrono::steady_clock::now();
            sum += routes.make(few / 2);
            const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
            allocations += process_counts().allocations - before;
            nanoseconds.push_back(taken.count() / (few / 2));
        }
        const double instructions = instructions_of(one.name);
        const Spread spread = spread_of(nanoseconds);
        std::cout << "| " << one.what << " | " << std::setprecision(0) << instructions << " | "
                  << one.instructions_allowed << " | " << std::setprecision(2)
                  << static_cast<double>(allocations) / (rounds * few / 2) << " | " << std::setprecision(1)
                  << spread.median << " (" << spread.min << ".." << spread.max << ") |\n";
        if (checks && (instructions > one.instructions_allowed || allocations > 0)) {
            std::cout << "OVER THE LIMIT: " << one.what << '\n';
            good = false;
        }
    }
    if (sum == 0) throw std::runtime_error{"nothing was done"};
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run(const std::vector<std::string>& arguments) {
    if (arguments.size() == 3 && arguments[0] == "--only") {
        static_cast<void>(Routes{arguments[1]}.make(std::stoul(arguments[2])));
        return EXIT_SUCCESS;
    }
    if (arguments.empty()) return measure(false);
    if (arguments.size() == 1 && arguments[0] == "--gates") return measure(true);
    std::cerr << "usage: picoxx_route_cost [--gates | --only CASE NUMBER]\n";
    return 2;
}

}  // namespace
}  // namespace picoxx::benchmark

int main(int count, char** values) {
    return picoxx::benchmark::run_program("picoxx_route_cost", count, values, &picoxx::benchmark::run);
}
