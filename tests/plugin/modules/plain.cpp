// A plugin without exceptions and RTTI; its component says by a value that it cannot be made.
#include "first_strategy.hpp"

#include <memory>
#include <string>

class Plain final : public picoxx::BalanceStrategy {
public:
    static picoxx::Result<std::unique_ptr<Plain>> create(const picoxx::sdk::Config& config) {
        if (config.get_bool("fail", false)) {
            return picoxx::make_error(picoxx::Errc::connect_failed, "cannot reach the weather service");
        }
        return std::make_unique<Plain>();
    }
    std::size_t pick(std::span<const picoxx::Candidate> candidates, const picoxx::PickContext&) noexcept override {
        return candidates.size() - 1;
    }
};

PICOXX_PLUGIN("plain", "1.0.0", picoxx::sdk::component<picoxx::BalanceStrategy, Plain>("last", "the last node"));
