#include "checks.hpp"

#include <picoxx/testing/balance_strategy_checks.hpp>

#include <picoxx/port/balance_strategy.hpp>
#include <picoxx/port/discovery_source.hpp>
#include <picoxx/port/log_sink.hpp>
#include <picoxx/port/statement_router.hpp>
#include <picoxx/port/transport.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace picoxx::plugin_check {
namespace {

/// Writes the line of each check of one component, and remembers whether one failed.
class Report {
public:
    Report(const ComponentInfo& component, std::ostream& out)
        : subject_{component.interface_id + '/' + component.name}, out_{out} {}

    /// @param wrong empty where it is passed
    void check(std::string_view name, std::string_view wrong) {
        line(name, wrong.empty() ? "ok" : "FAILED " + std::string{wrong});
        passed_ = passed_ && wrong.empty();
    }
    void line(std::string_view name, std::string_view text) {
        // what comes next may end the process
        out_ << subject_ << ": " << name << ": " << text << std::endl;
    }
    [[nodiscard]] bool passed() const noexcept { return passed_; }

private:
    std::string subject_;
    std::ostream& out_;
    bool passed_ = true;
};

template <class Port>
std::string accepts_unknown_options(const PluginRegistry& registry, const ComponentInfo& component,
                                    PluginConfig options) {
    options["picoxx_no_such_option"] = "1";
    const Result<std::shared_ptr<Port>> made = registry.try_make<Port>(component.name, options);
    if (made.ok()) return "it was made with the option picoxx_no_such_option";
    if (made.error().code == Errc::plugin_bad_config) return {};
    return "expected plugin_bad_config, got " + std::string{to_string(made.error().code)} + ": " + made.error().text;
}

// The best of some rounds: what else ran on the machine only adds to it.
double nanoseconds_per_pick(BalanceStrategy& strategy) {
    constexpr int rounds = 20;
    constexpr int picks = 5'000;
    const testing::CandidateSource source;
    const auto nodes = source.candidates(8, 8);
    std::mt19937_64 random{6};
    PickContext context = testing::CandidateSource::context(random);
    double best = HUGE_VAL;
    for (int round = 0; round < rounds; ++round) {
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < picks; ++i) {
            ++context.random;
            (void)strategy.pick(nodes, context);
        }
        const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
        best = std::min(best, taken.count() / picks);
    }
    return best;
}

void check_strategy(const PluginRegistry& registry, const ComponentInfo& component, const PluginConfig& options,
                    Report& report) {
    // It was made before; one that can be made only once is named by the check it ends.
    const auto make = [&] { return registry.make<BalanceStrategy>(component.name, options); };
    for (const testing::BalanceStrategyCheck& check : testing::all_balance_strategy_checks) {
        try {
            report.check(check.name, check.run(make));
        } catch (const Exception& failure) {
            report.check(check.name, failure.error().text);
        }
    }
    if (!report.passed()) return;
    const double tenths = std::round(nanoseconds_per_pick(*make()) * 10);
    const auto whole = static_cast<std::int64_t>(tenths);
    report.line("time of a pick among 8 nodes", std::to_string(whole / 10) + '.' + std::to_string(whole % 10) + " ns");
}

template <class Port>
bool check_as(const PluginRegistry& registry, const ComponentInfo& component, const PluginConfig& options,
              std::ostream& out) {
    Report report{component, out};
    Result<std::shared_ptr<Port>> made = registry.try_make<Port>(component.name, options);
    report.check("is_made", made.ok() ? std::string{} : made.error().text);
    if (!made.ok()) return false;
    report.check("refuses_unknown_options", accepts_unknown_options<Port>(registry, component, options));
    if constexpr (std::is_same_v<Port, BalanceStrategy>) check_strategy(registry, component, options, report);
    made->reset();
    report.check("is_destroyed", {});
    return report.passed();
}

struct Known {
    std::string_view interface_id;
    bool (*check)(const PluginRegistry&, const ComponentInfo&, const PluginConfig&, std::ostream&);
};

template <class... Port>
constexpr std::array<Known, sizeof...(Port)> known_of() {
    return {Known{Port::interface_id, &check_as<Port>}...};
}
constexpr auto known_ports = known_of<BalanceStrategy, Transport, DiscoverySource, StatementRouter, LogSink>();

}  // namespace

bool check_component(const PluginRegistry& registry, const ComponentInfo& component, const PluginConfig& options,
                     std::ostream& out) {
    for (const Known& known : known_ports) {
        if (known.interface_id == component.interface_id) return known.check(registry, component, options, out);
    }
    Report{component, out}.check("is_of_a_known_port", "this picoxx has no port of that name");
    return false;
}

}  // namespace picoxx::plugin_check
