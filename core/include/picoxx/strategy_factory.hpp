#pragma once

#include <picoxx/detail/config_pairs.hpp>

#include <picoxx/port/balance_strategy.hpp>
#include <picoxx/port/plugin.hpp>
#include <picoxx/port/plugin_config.hpp>
#include <picoxx/port/result.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace picoxx {

/// Options of a strategy: flat, key and value.
using StrategyConfig = std::map<std::string, std::string>;

/// Makes strategies that options and DSNs may name; one for each client.
class StrategyFactory {
public:
    using Made = Result<std::shared_ptr<BalanceStrategy>>;

    StrategyFactory() = default;
    /// A function of the options. It may throw.
    template <class Function>
    requires(!std::is_same_v<std::decay_t<Function>, StrategyFactory> &&
             std::is_invocable_v<Function&, const StrategyConfig&>)
        StrategyFactory(Function function)  // NOLINT(google-explicit-constructor)
        : make_{[function = std::move(function)](const StrategyConfig& config) mutable -> Made {
              if constexpr (std::is_convertible_v<decltype(function(config)), Made>) {
                  return function(config);
              } else {
                  return std::shared_ptr<BalanceStrategy>{function(config)};
              }
          }} {}
    /// A function without options, such as `&random`; any option is refused.
    template <class Function>
    requires std::is_invocable_r_v<std::shared_ptr<BalanceStrategy>, Function&> StrategyFactory(
        Function function)  // NOLINT(google-explicit-constructor)
        : make_{[function = std::move(function)](const StrategyConfig& config) mutable -> Made {
              if (!config.empty()) return unknown_option(config.begin()->first);
              return std::shared_ptr<BalanceStrategy>{function()};
          }} {}

    /// Makes a class out of options as a plugin does: see sdk::create. `name` stands in its errors.
    template <class Strategy>
    [[nodiscard]] static StrategyFactory of(std::string name) {
        return [name = std::move(name)](const StrategyConfig& config) -> Made {
            const std::vector<picoxx_kv> pairs = detail::config_pairs(config);
            Result<std::unique_ptr<Strategy>> made = sdk::create<Strategy>(sdk::Config{pairs});
            if (made.ok()) return std::shared_ptr<BalanceStrategy>{*std::move(made)};
            return make_error(made.error().code, std::string{"cannot create "} + BalanceStrategy::interface_id + " \"" +
                                                     name + "\": " + made.error().text);
        };
    }

    /// Errors: `plugin_bad_config` for an option that is unknown or makes no sense; `plugin_create_failed` for all
    /// else.
    [[nodiscard]] Made operator()(const StrategyConfig& config = {}) const;

private:
    [[nodiscard]] static Error unknown_option(const std::string& key);

    std::function<Made(const StrategyConfig&)> make_;
};

}  // namespace picoxx
