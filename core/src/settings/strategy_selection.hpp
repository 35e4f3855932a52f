#pragma once

#include <picoxx/components.hpp>

#include <picoxx/port/balance_strategy.hpp>
#include <picoxx/port/result.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace picoxx {

using StrategyFactories = std::map<std::string, StrategyFactory, std::less<>>;

/// A strategy to be used, and what messages call it.
struct SelectedStrategy {
    std::shared_ptr<BalanceStrategy> strategy;
    std::string name;
};

/// Makes what `choice` stands for. @return `invalid_argument` naming the known ones where there is none of that name;
/// `plugin_bad_config` or `plugin_create_failed` where it cannot be made.
[[nodiscard]] Result<SelectedStrategy> select_strategy(const StrategyChoice& choice, const StrategyFactories& factories,
                                                       const std::string& default_name);

}  // namespace picoxx
