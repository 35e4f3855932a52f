// [plugin]
#include <picoxx/port/balance_strategy.hpp>
#include <picoxx/port/plugin.hpp>

// One node while it serves: the one at `start`, counted from 0.
class Sticky final : public picoxx::BalanceStrategy {
public:
    explicit Sticky(const picoxx::sdk::Config& config) : start_{config.get_uint("start", 0)} {}

    std::size_t pick(std::span<const picoxx::Candidate> candidates,
                     const picoxx::PickContext& context) noexcept override {
        return (start_ + context.attempt) % candidates.size();
    }

private:
    const std::size_t start_;
};

PICOXX_PLUGIN("sticky", "1.0.0",
              picoxx::sdk::component<picoxx::BalanceStrategy, Sticky>("sticky", "one node while it serves"));
// [plugin]
