#include "first_strategy.hpp"

extern "C" int picoxx_test_dependency();

class Dependent final : public picoxx::BalanceStrategy {
public:
    std::size_t pick(std::span<const picoxx::Candidate>, const picoxx::PickContext&) noexcept override {
        return static_cast<std::size_t>(picoxx_test_dependency());
    }
};

PICOXX_PLUGIN("missing_dependency", "1.0.0",
              picoxx::sdk::component<picoxx::BalanceStrategy, Dependent>("dependent", "none"));
