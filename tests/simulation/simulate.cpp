// Runs the whole client in a simulated cluster, and tells the first seed that breaks a promise.
//
//     simulate --seeds N [--from M]     runs N seeds, from M on (1 where it is not given)
//     simulate --seed N [--trace]       runs one, and prints what happened
//
// Exits with 1 where a promise is broken.
#include "scenario.hpp"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include <signal.h>
#include <unistd.h>

namespace {

using picoxx::TimePoint;
using picoxx::simulation::Report;
using picoxx::simulation::Scenario;

constexpr std::size_t last_events = 60;
constexpr unsigned patience = 20;  // seconds for one seed

struct Arguments {
    std::uint64_t from = 1;
    std::uint64_t seeds = 0;
    bool one = false;
    bool trace = false;
};

std::optional<Arguments> read(int count, char** texts) {
    Arguments arguments;
    for (int i = 1; i < count; ++i) {
        const std::string_view name{texts[i]};
        if (name == "--trace") {
            arguments.trace = true;
            continue;
        }
        if (++i == count) return std::nullopt;
        const std::string_view text{texts[i]};
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
        if (name == "--seeds") {
            arguments.seeds = number;
        } else if (name == "--from") {
            arguments.from = number;
        } else if (name == "--seed") {
            arguments.from = number;
            arguments.seeds = 1;
            arguments.one = true;
        } else {
            return std::nullopt;
        }
    }
    if (arguments.seeds == 0) return std::nullopt;
    return arguments;
}

std::string line(TimePoint time, const std::string& text) {
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
    char stamp[32];
    std::snprintf(stamp, sizeof stamp, "%12.6f  ", static_cast<double>(microseconds) / 1e6);
    return stamp + text + '\n';
}

// Where the client crashes or hangs, the seed is all there is to say.
char crashed[64];
void say_seed(int signal) {
    static_cast<void>(!write(STDOUT_FILENO, crashed, std::strlen(crashed)));
    struct sigaction usual {};
    usual.sa_handler = SIG_DFL;
    sigaction(signal, &usual, nullptr);
    raise(signal);
}

void run_under_watch(std::uint64_t seed) {
    std::snprintf(crashed, sizeof crashed, "seed %llu crashes, or hangs\n", static_cast<unsigned long long>(seed));
    alarm(patience);
}

void print(std::uint64_t seed, const Report& report) {
    std::printf(
        "seed %llu: %zu calls, %zu succeeded, %zu faults, %llu events, at most %zu connects a second, fingerprint "
        "%016llx\n",
        static_cast<unsigned long long>(seed), report.calls, report.succeeded, report.faults,
        static_cast<unsigned long long>(report.events), report.most_connects,
        static_cast<unsigned long long>(report.fingerprint));
    for (const auto& [code, count] : report.outcomes) {
        std::printf("  %zu x %s\n", count, std::string{to_string(code)}.c_str());
    }
    if (report.broken) std::printf("BROKEN: %s\n", report.broken->c_str());
}

// Once more, to tell how it came to that.
void explain(std::uint64_t seed) {
    std::deque<std::string> last;
    Scenario scenario{seed, [&](TimePoint time, const std::string& text) {
                          last.push_back(line(time, text));
                          if (last.size() > last_events) last.pop_front();
                      }};
    const Report report = scenario.run();
    for (const std::string& text : last) std::fputs(text.c_str(), stdout);
    print(seed, report);
}

int run_one(const Arguments& arguments) {
    Scenario::Listener listener;
    if (arguments.trace) {
        listener = [](TimePoint time, const std::string& text) { std::fputs(line(time, text).c_str(), stdout); };
    }
    Scenario scenario{arguments.from, std::move(listener)};
    const Report report = scenario.run();
    print(arguments.from, report);
    return report.broken ? 1 : 0;
}

int run_all(const Arguments& arguments) {
    const auto start = std::chrono::steady_clock::now();
    std::uint64_t calls = 0, faults = 0, events = 0;
    std::size_t most_connects = 0;
    for (std::uint64_t seed = arguments.from; seed < arguments.from + arguments.seeds; ++seed) {
        run_under_watch(seed);
        Scenario scenario{seed};
        const Report report = scenario.run();
        if (report.broken) {
            explain(seed);
            std::printf("seed %llu breaks a promise, after %llu that did not\n", static_cast<unsigned long long>(seed),
                        static_cast<unsigned long long>(seed - arguments.from));
            return 1;
        }
        calls += report.calls;
        faults += report.faults;
        events += report.events;
        most_connects = std::max(most_connects, report.most_connects);
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("%llu seeds in %.1f s: %llu calls, %llu faults, %llu events, at most %zu connects a second\n",
                static_cast<unsigned long long>(arguments.seeds), seconds, static_cast<unsigned long long>(calls),
                static_cast<unsigned long long>(faults), static_cast<unsigned long long>(events), most_connects);
    return 0;
}

}  // namespace

int main(int count, char** texts) {
    const std::optional<Arguments> arguments = read(count, texts);
    if (!arguments) {
        std::fputs("simulate --seeds N [--from M]\nsimulate --seed N [--trace]\n", stderr);
        return 2;
    }
    for (const int signal : {SIGSEGV, SIGABRT, SIGALRM, SIGBUS, SIGFPE}) {
        struct sigaction action {};
        action.sa_handler = say_seed;
        sigaction(signal, &action, nullptr);
    }
    return arguments->one ? run_one(*arguments) : run_all(*arguments);
}
