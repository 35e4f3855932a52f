#include "settings/strategy_selection.hpp"

#include <utility>

namespace picoxx {

Result<SelectedStrategy> select_strategy(const StrategyChoice& choice, const StrategyFactories& factories,
                                         const std::string& default_name) {
    if (choice.strategy() != nullptr) return SelectedStrategy{choice.strategy(), "custom"};
    const std::string& name = choice.name().empty() ? default_name : choice.name();
    if (name.empty()) {
        return make_error(
            Errc::invalid_argument,
            "option balance_strategy is required: the default, round_robin, is neither linked in nor loaded");
    }
    const auto found = factories.find(name);
    if (found == factories.end()) {
        std::string known;
        for (const auto& [other, factory] : factories) known += (known.empty() ? "" : ", ") + other;
        return make_error(Errc::invalid_argument, "there is no balance strategy \"" + name + "\"; known are " +
                                                      (known.empty() ? "none" : known));
    }
    StrategyFactory::Made made = found->second(choice.options());
    if (!made.ok()) {
        Error error = std::move(made).error();
        if (error.text.find('"' + name + '"') == std::string::npos) {
            error.text = "balance strategy \"" + name + "\": " + error.text;
        }
        return error;
    }
    return SelectedStrategy{*std::move(made), name};
}

}  // namespace picoxx
