#pragma once

#include "settings/last_addresses.hpp"
#include "settings/login_guard.hpp"
#include "settings/strategy_selection.hpp"
#include "settings/wished_options.hpp"

#include <picoxx/options.hpp>

#include <picoxx/port/result.hpp>
#include <picoxx/port/time.hpp>
#include <picoxx/port/transport.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace picoxx {

/// What a client works by: options and DSN put together, checked, with all defaults filled in.
struct Settings {
    std::vector<Endpoint> seeds;
    ConnectOptions connect;  ///< Without endpoint and address.
    /// Server options that are asked for where the server knows them; shared by all dials of the client.
    std::shared_ptr<WishedOptions> wished_options;
    std::function<std::string()> password_provider;  ///< Asked at each dial; empty: the password in `connect`.
    /// What became of passwords; shared by all dials of the client.
    std::shared_ptr<LoginGuard> logins = std::make_shared<LoginGuard>();
    std::shared_ptr<LastAddresses> last_addresses = std::make_shared<LastAddresses>();  ///< Shared likewise.
    std::size_t max_size = 10;
    std::size_t max_per_node = 0;  ///< Already resolved: never 0, never above max_size.
    std::size_t min_idle = 0;
    Duration max_lifetime = Duration::max();  ///< The greatest: none.
    Duration idle_time = Duration::max();     ///< The same.
    std::size_t max_waiters = 0;
    std::size_t statement_cache_size = 0;
    bool enable_discovery = true;
    TransactionStatements transaction_statements = TransactionStatements::refused;
    Timeouts timeouts;
    DiscoveryOptions discovery;
    std::shared_ptr<LogSink> log;

    std::shared_ptr<Transport> transport;
    SelectedStrategy strategy;  ///< The one to begin with.
    StrategyFactories strategies;
    std::string default_strategy;
    std::shared_ptr<DiscoverySource> discovery_source;
    std::shared_ptr<StatementRouter> router;  ///< The client's own; null where it routes nothing.
    Duration owner_wait{0};                   ///< RoutingOptions::wait.
};

/// What an unset `enable_discovery` means.
enum class DiscoveryDefault : std::uint8_t { off, on };

/// @return `invalid_argument` naming the option or the part of the DSN, and the accepted range; never the password.
[[nodiscard]] Result<Settings> make_settings(Options options, Components components,
                                             DiscoveryDefault discovery = DiscoveryDefault::off);

}  // namespace picoxx
