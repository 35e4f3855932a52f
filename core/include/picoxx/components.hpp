#pragma once

#include <picoxx/strategy_factory.hpp>

#include <picoxx/port/balance_strategy.hpp>
#include <picoxx/port/discovery_source.hpp>
#include <picoxx/port/log_sink.hpp>
#include <picoxx/port/statement_router.hpp>
#include <picoxx/port/transport.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace picoxx {

/// Makes the router of one client; null: its statements are not routed.
using RouterFactory = std::function<std::shared_ptr<StatementRouter>()>;

/// The parts a client is made of. Who links only core and chosen adapters passes them to the client; who links
/// everything leaves it to `default_components()`.
struct Components {
    std::shared_ptr<Transport> transport;        ///< Required.
    std::shared_ptr<DiscoverySource> discovery;  ///< Required where discovery is enabled.
    RouterFactory router;                        ///< Used where discovery is enabled. Empty: no statement is routed.
    /// Strategies that options and DSNs may name.
    std::map<std::string, StrategyFactory, std::less<>> strategies;
    std::string default_strategy;  ///< Name of the one used where none is chosen.
};

/// libpq, Picodata discovery and routing, and the strategies round_robin (the default), random and least_busy. Defined
/// by the library picoxx::picoxx only.
[[nodiscard]] Components default_components();

/// Which strategy a client uses: an object, a function, or the name of a registered one, with options for it.
class StrategyChoice {
public:
    /// The default strategy of the components.
    StrategyChoice() = default;
    template <class Strategy>
    requires std::is_convertible_v<std::shared_ptr<Strategy>, std::shared_ptr<BalanceStrategy>> StrategyChoice(
        std::shared_ptr<Strategy> strategy)
    noexcept  // NOLINT(google-explicit-constructor)
        : strategy_{std::move(strategy)} {}
    StrategyChoice(std::string name) noexcept : name_{std::move(name)} {}  // NOLINT(google-explicit-constructor)
    /// A null pointer names no strategy that there is.
    StrategyChoice(const char* name)  // NOLINT(google-explicit-constructor)
        : name_{name != nullptr ? name : "(a null pointer)"} {}
    /// A registered strategy made from options of its own, such as {"round_robin", {{"start", "3"}}}. Unknown ones are
    /// refused.
    StrategyChoice(std::string name, StrategyConfig options) noexcept
        : name_{std::move(name)}, options_{std::move(options)} {}
    /// A function of the candidates, and of the PickContext if it wants it, that returns an index or
    /// `BalanceStrategy::npos`. It obeys the rules of BalanceStrategy::pick; an exception out of it counts as "no
    /// choice".
    template <class Function>
    requires(std::is_invocable_r_v<std::size_t, Function&, std::span<const Candidate>> ||
             std::is_invocable_r_v<std::size_t, Function&, std::span<const Candidate>, const PickContext&>)
        StrategyChoice(Function function)  // NOLINT(google-explicit-constructor)
        : strategy_{std::make_shared<FunctionStrategy<Function>>(std::move(function))} {}

    [[nodiscard]] const std::shared_ptr<BalanceStrategy>& strategy() const noexcept { return strategy_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const StrategyConfig& options() const noexcept { return options_; }

private:
    template <class Function>
    class FunctionStrategy final : public BalanceStrategy {
    public:
        explicit FunctionStrategy(Function function) : function_{std::move(function)} {}

        std::size_t pick(std::span<const Candidate> candidates, const PickContext& context) noexcept override {
            try {
                if constexpr (std::is_invocable_r_v<std::size_t, Function&, std::span<const Candidate>,
                                                    const PickContext&>) {
                    return function_(candidates, context);
                } else {
                    return function_(candidates);
                }
            } catch (...) {
                return npos;
            }
        }

    private:
        Function function_;
    };

    std::shared_ptr<BalanceStrategy> strategy_;
    std::string name_;
    StrategyConfig options_;
};

}  // namespace picoxx
