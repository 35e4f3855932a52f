#include <picoxx/port/balance_strategy.hpp>
#include <picoxx/port/plugin.hpp>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using picoxx::BalanceStrategy;
using picoxx::Candidate;
using picoxx::PickContext;

class WithNew final : public BalanceStrategy {
public:
    std::size_t pick(std::span<const Candidate> candidates, const PickContext&) noexcept override {
        const std::string copy(candidates[0].id.size() + 100, 'x');
        return copy.size() > 1'000'000 ? npos : 0;
    }
};

class WithMalloc final : public BalanceStrategy {
public:
    std::size_t pick(std::span<const Candidate>, const PickContext&) noexcept override {
        void* volatile memory = std::malloc(10);  // volatile: the compiler must not see through it
        std::free(memory);
        return 0;
    }
};

class OutOfRange final : public BalanceStrategy {
public:
    std::size_t pick(std::span<const Candidate> candidates, const PickContext&) noexcept override {
        return candidates.size() == 3 ? 9'999 : 0;
    }
};

// Serves the thread that came first.
class ForOneThread final : public BalanceStrategy {
public:
    std::size_t pick(std::span<const Candidate> candidates, const PickContext&) noexcept override {
        std::thread::id first{};
        const bool is_first = first_.compare_exchange_strong(first, std::this_thread::get_id());
        return is_first || first == std::this_thread::get_id() ? 0 : candidates.size();
    }

private:
    std::atomic<std::thread::id> first_{};
};

class ThrowsWhenMade final : public BalanceStrategy {
public:
    ThrowsWhenMade() { throw std::runtime_error{"cannot reach the weather service"}; }
    std::size_t pick(std::span<const Candidate>, const PickContext&) noexcept override { return 0; }
};

class NeedsZone final : public BalanceStrategy {
public:
    static picoxx::Result<std::unique_ptr<NeedsZone>> create(const picoxx::sdk::Config& config) {
        if (!config.get("zone")) return picoxx::make_error(picoxx::Errc::plugin_bad_config, "zone is missing");
        return std::make_unique<NeedsZone>();
    }
    std::size_t pick(std::span<const Candidate>, const PickContext&) noexcept override { return 0; }
};

class First final : public BalanceStrategy {
public:
    std::size_t pick(std::span<const Candidate>, const PickContext&) noexcept override { return 0; }
};

// A component as the SDK would not make it.
constexpr picoxx_component takes_any_option() {
    picoxx_component component = picoxx::sdk::component<BalanceStrategy, First>("takes_any_option", "the first node");
    component.create = [](const picoxx_create_args*, picoxx_error*) -> void* {
        return static_cast<BalanceStrategy*>(new First);
    };
    return component;
}

constexpr picoxx_component of_another_port() {
    picoxx_component component = picoxx::sdk::component<BalanceStrategy, First>("of_another_port", "the first node");
    component.interface_id = "picoxx.weather";
    return component;
}

}  // namespace

PICOXX_PLUGIN("against_the_contract", "1.0.0",
              picoxx::sdk::component<BalanceStrategy, WithNew>("with_new", "allocates"),
              picoxx::sdk::component<BalanceStrategy, WithMalloc>("with_malloc", "allocates past operator new"),
              picoxx::sdk::component<BalanceStrategy, OutOfRange>("out_of_range", "a node that is not there"),
              picoxx::sdk::component<BalanceStrategy, ForOneThread>("for_one_thread", "knows one thread"),
              picoxx::sdk::component<BalanceStrategy, ThrowsWhenMade>("throws_when_made", "is never made"),
              picoxx::sdk::component<BalanceStrategy, NeedsZone>("needs_zone", "has an option it needs"),
              takes_any_option(), of_another_port());
