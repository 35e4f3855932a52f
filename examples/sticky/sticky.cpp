// A strategy that is a plugin: nothing but this file and its CMakeLists.txt.
// [plugin]
#include <picoxx/port/balance_strategy.hpp>
#include <picoxx/port/plugin.hpp>

#include <string>

namespace {

// One node for as long as it can serve: the one that the option `node` names, else the first by name.
class Sticky final : public picoxx::BalanceStrategy {
public:
    explicit Sticky(const picoxx::sdk::Config& config) : node_{config.get("node", "")} {}

    std::size_t pick(std::span<const picoxx::Candidate> candidates, const picoxx::PickContext&) noexcept override {
        std::size_t first = 0;
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            if (candidates[i].name == node_) return i;
            if (candidates[i].name < candidates[first].name) first = i;
        }
        return first;
    }

private:
    const std::string node_;
};

}  // namespace

PICOXX_PLUGIN("sticky", "1.0.0",
              picoxx::sdk::component<picoxx::BalanceStrategy, Sticky>("sticky", "one node while it can serve"));
// [plugin]
