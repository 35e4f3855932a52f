#include "first_strategy.hpp"

int nobody_defines_this(int);

class Undefined final : public picoxx::BalanceStrategy {
public:
    std::size_t pick(std::span<const picoxx::Candidate>, const picoxx::PickContext&) noexcept override {
        return static_cast<std::size_t>(nobody_defines_this(1));
    }
};

PICOXX_PLUGIN("undefined_symbol", "1.0.0",
              picoxx::sdk::component<picoxx::BalanceStrategy, Undefined>("undefined", "none"));
