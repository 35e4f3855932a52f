#include <picoxx/port/balance_strategy.hpp>
#include <picoxx/port/plugin.hpp>

#include <cstdlib>

namespace {

// What no plugin may do: run code while it is loaded.
__attribute__((constructor)) void end_the_process() { std::abort(); }

class First final : public picoxx::BalanceStrategy {
public:
    std::size_t pick(std::span<const picoxx::Candidate>, const picoxx::PickContext&) noexcept override { return 0; }
};

}  // namespace

PICOXX_PLUGIN("ends_the_process", "1.0.0",
              picoxx::sdk::component<picoxx::BalanceStrategy, First>("first", "the first node"));
