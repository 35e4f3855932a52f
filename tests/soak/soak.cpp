// A long life in short: twenty threads call two clients of a development cluster that has all its faults, one after the
// other and beside each other. Prints each minute what the process holds and what callers met; fails where something
// grew, where a call ended later than its time, or where an account was locked.
//
//   picoxx_soak MINUTES [SEED]
#include "cluster_process.hpp"

#include <picoxx/picoxx.hpp>
#include <picoxx/testing/error_in.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace picoxx::soak {
namespace {

using namespace std::chrono_literals;
using testing::error_in;

constexpr std::size_t threads = 20;
constexpr unsigned nodes = 4;
constexpr std::size_t pool_size = 12;
constexpr auto statement_time = 2s;

// ---- what this process holds

struct Holdings {
    std::size_t kilobytes = 0;
    std::size_t descriptors = 0;
    std::size_t threads = 0;
};

Holdings holdings() {
    Holdings found;
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:")) found.kilobytes = std::stoul(line.substr(6));
        if (line.starts_with("Threads:")) found.threads = std::stoul(line.substr(8));
    }
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) ++found.descriptors;
    return found;
}

// ---- what callers meet

struct Met {
    std::mutex mutex;
    std::map<std::string, std::uint64_t> ends;
    Duration latest{};  // over its time

    void add(const Error& error, Duration over) {
        const std::lock_guard lock{mutex};
        ++ends[error ? std::string{to_string(error.code)} : "served"];
        latest = std::max(latest, over);
    }
};

void call_for_ever(BasicClient& client, Met& met, const std::atomic<bool>& stopped, std::uint32_t seed) {
    std::mt19937 random{seed};
    while (!stopped) {
        const auto time = random() % 8 == 0 ? std::chrono::milliseconds{1 + random() % 50}
                                            : std::chrono::milliseconds{statement_time};
        const int value = static_cast<int>(random() % 1000);
        const TimePoint begin = Clock::now();
        const Error error = error_in([&] {
            const int answer =
                client.fetch(Statement{"SELECT $1::int", value}.with({.timeout = time})).front().get<int>(0);
            if (answer != value) throw Exception{make_error(Errc::internal, "the answer is another one's")};
        });
        met.add(error, Clock::now() - begin - time);
        if (random() % 4 == 0) std::this_thread::sleep_for(std::chrono::milliseconds{random() % 20});
    }
}

// ---- faults

class Faults {
public:
    Faults(ClusterProcess& cluster, std::uint32_t seed) : cluster_{cluster}, random_{seed} {}

    /// One fault at one node, for a while; up to two at a time.
    void next() {
        end_those_over();
        if (lasting_.size() < 2) begin();
        std::this_thread::sleep_for(std::chrono::milliseconds{100 + draw(900)});
    }
    void heal() {
        for (const Lasting& one : lasting_) cluster_.command(one.end);
        lasting_.clear();
    }
    [[nodiscard]] std::uint64_t so_far() const noexcept { return so_far_; }

private:
    struct Lasting {
        TimePoint over;
        std::string node;
        std::string end;
    };

    std::uint32_t draw(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }

    void end_those_over() {
        const auto over = std::stable_partition(lasting_.begin(), lasting_.end(),
                                                [](const Lasting& one) { return one.over > Clock::now(); });
        for (auto one = over; one != lasting_.end(); ++one) cluster_.command(one->end);
        lasting_.erase(over, lasting_.end());
    }

    void begin() {
        const std::string node = cluster_.nodes()[draw(nodes)].name;
        const bool is_ill = std::any_of(lasting_.begin(), lasting_.end(),
                                        [&](const Lasting& one) { return one.node == node; });
        if (is_ill) return;
        ++so_far_;
        struct Pair {
            const char* begins;
            const char* ends;
        };
        constexpr std::array lasting{Pair{"pause", "resume"}, Pair{"refuse", "accept"}, Pair{"kill", "start"},
                                     Pair{"stop", "start"}, Pair{"slow", "slow"}};
        if (const std::uint32_t which = draw(10); which < lasting.size()) {
            const bool is_slow = std::string_view{"slow"} == lasting[which].begins;
            cluster_.command(lasting[which].begins + (' ' + node) +
                             (is_slow ? ' ' + std::to_string(5 + draw(400)) : std::string{}));
            const auto length = draw(6) == 0 ? std::chrono::milliseconds{8'000 + draw(20'000)}
                                             : std::chrono::milliseconds{200 + draw(4'000)};
            lasting_.push_back(
                {Clock::now() + length, node, lasting[which].ends + (' ' + node) + (is_slow ? " 0" : "")});
            return;
        }
        const std::array at_once{"drop_sessions " + node, "cut " + node + ' ' + std::to_string(1 + draw(2'000)),
                                 "fail_next " + node + " times=3 it was told to fail", "stale_statements " + node,
                                 "switch_master " + node};
        cluster_.command(at_once[draw(at_once.size())]);
    }

    ClusterProcess& cluster_;
    std::mt19937 random_;
    std::vector<Lasting> lasting_;
    std::uint64_t so_far_ = 0;
};

// ---- its course

std::string seeds(const ClusterProcess& cluster) {
    std::string hosts;
    for (const auto& node : cluster.nodes()) hosts += (hosts.empty() ? "" : ",") + node.address;
    return "postgresql://soak:Passw0rd@" + hosts + "/?sslmode=disable";
}

void print(std::chrono::minutes minute, const Holdings& held, Met& met, ClusterProcess& cluster, const Faults& faults) {
    std::cout << minute.count() << " min: " << held.kilobytes << " kB, " << held.descriptors << " descriptors, "
              << held.threads << " threads; " << faults.so_far() << " faults;";
    {
        const std::lock_guard lock{met.mutex};
        for (const auto& [end, count] : met.ends) std::cout << ' ' << count << ' ' << end;
        std::cout << ", latest " << std::chrono::duration_cast<std::chrono::milliseconds>(met.latest).count() << " ms";
    }
    for (const auto& node : cluster.stats()) {
        std::cout << "; " << node.name << ' ' << node.sessions << " sessions, " << node.logins << " logins, "
                  << node.failed_logins << " failed";
    }
    std::cout << std::endl;
}

// By somebody else, at the node alone.
bool may_log_in(const ClusterProcess::Node& node) {
    const Error error = error_in([&] {
        Pool pool{{.dsn = "postgresql://soak:Passw0rd@" + node.address + "/?sslmode=disable"}};
        pool.connect({.deadline = 30s});
    });
    if (error) std::cout << node.name << ": " << describe(error) << '\n';
    return !error;
}

bool grew(const char* what, std::size_t before, std::size_t after, std::size_t allowed) {
    if (after <= before + allowed) return false;
    std::cout << what << " grew from " << before << " to " << after << '\n';
    return true;
}

int run(std::chrono::minutes length, std::uint32_t seed) {
    ClusterProcess cluster{nodes};
    cluster.command("sql CREATE USER \"soak\" WITH PASSWORD 'Passw0rd' USING scram-sha256");
    Met met;
    std::atomic<bool> stopped{false};
    Client found{{.dsn = seeds(cluster), .pool_size = pool_size, .max_lifetime = 20s, .discovery = {.interval = 2s}}};
    Pool direct{{.dsn = seeds(cluster), .max_size = pool_size, .min_idle = 2}};
    std::vector<std::thread> callers;
    for (std::size_t i = 0; i < threads; ++i) {
        BasicClient& client = i % 2 == 0 ? static_cast<BasicClient&>(found) : direct;
        callers.emplace_back([&, i] { call_for_ever(client, met, stopped, seed + static_cast<std::uint32_t>(i)); });
    }
    Faults faults{cluster, seed};
    std::vector<Holdings> minutes;
    const TimePoint begin = Clock::now();
    while (minutes.size() < static_cast<std::size_t>(length.count())) {
        faults.next();
        const auto past = std::chrono::duration_cast<std::chrono::minutes>(Clock::now() - begin);
        if (static_cast<std::size_t>(past.count()) <= minutes.size()) continue;
        minutes.push_back(holdings());
        print(past, minutes.back(), met, cluster, faults);
    }
    faults.heal();
    stopped = true;
    for (std::thread& caller : callers) caller.join();
    print(length, holdings(), met, cluster, faults);

    const bool open_to_all = std::all_of(cluster.nodes().begin(), cluster.nodes().end(), may_log_in);
    // The first fifth is for caches to fill.
    const Holdings& early = minutes[minutes.size() / 5];
    const Holdings& late = minutes.back();
    const bool has_grown = grew("memory, kB,", early.kilobytes, late.kilobytes, 4'000) ||
                           grew("descriptors", early.descriptors, late.descriptors, 4 * pool_size) ||
                           grew("threads", early.threads, late.threads, 4);
    const bool late_calls = met.latest > 500ms;
    if (late_calls) std::cout << "a call ended too late\n";
    const bool passed = open_to_all && !has_grown && !late_calls;
    std::cout << (passed ? "passed" : "FAILED") << std::endl;
    return passed ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace picoxx::soak

int main(int count, char** arguments) {
    if (count < 2 || std::atol(arguments[1]) < 1) {
        std::cerr << "usage: picoxx_soak MINUTES [SEED]\n";
        return EXIT_FAILURE;
    }
    const auto seed = static_cast<std::uint32_t>(count > 2 ? std::stoul(arguments[2]) : std::random_device{}());
    std::cout << "seed " << seed << std::endl;
    return picoxx::soak::run(std::chrono::minutes{std::stol(arguments[1])}, seed);
}
