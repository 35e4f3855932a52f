#include "settings/settings.hpp"

#include "dsn/dsn.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>
#include <utility>

namespace picoxx {
namespace {

using std::chrono::milliseconds;

Error invalid(std::string text) { return make_error(Errc::invalid_argument, std::move(text)); }

Status check_positive(milliseconds value, const char* name) {
    if (value > milliseconds{0}) return {};
    return invalid(std::string{"option "} + name + " must be greater than 0, it is " + std::to_string(value.count()) +
                   " ms");
}

Status check_at_least_a_second(const std::optional<milliseconds>& value, const char* name) {
    if (!value || *value == milliseconds{0} || *value >= std::chrono::seconds{1}) return {};
    return invalid(std::string{"option "} + name + " must be at least 1000 ms, or 0 for none; it is " +
                   std::to_string(value->count()) + " ms");
}

// 0 is none.
Duration time_or_none(milliseconds time) {
    return time == milliseconds{0} ? Duration::max() : later(TimePoint{}, time) - TimePoint{};
}

Status check_size(std::size_t value, std::size_t smallest, std::size_t largest, const char* name) {
    if (value >= smallest && value <= largest) return {};
    return invalid(std::string{"option "} + name + " must be from " + std::to_string(smallest) + " to " +
                   std::to_string(largest) + ", it is " + std::to_string(value));
}

// The parameters of a DSN, taken out one by one; what is left is unknown.
class DsnParameters {
public:
    explicit DsnParameters(std::map<std::string, std::string> parameters) : parameters_{std::move(parameters)} {}

    bool take(const char* key, std::string& value) {
        known_ += (known_.empty() ? "" : ", ") + std::string{key};
        auto found = parameters_.extract(key);
        if (found.empty()) return false;
        value = std::move(found.mapped());
        return true;
    }

    // All that begin with `prefix`, which is cut off.
    std::map<std::string, std::string> take_all(const std::string& prefix) {
        known_ += (known_.empty() ? "" : ", ") + prefix + "<option>";
        std::map<std::string, std::string> taken;
        auto place = parameters_.lower_bound(prefix);
        while (place != parameters_.end() && place->first.compare(0, prefix.size(), prefix) == 0) {
            taken.emplace(place->first.substr(prefix.size()), std::move(place->second));
            place = parameters_.erase(place);
        }
        return taken;
    }

    void take_number(const char* key, std::size_t smallest, std::size_t largest, std::size_t& number) {
        std::string text;
        if (!take(key, text)) return;
        std::size_t value = 0;
        const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (failure != std::errc{} || end != text.data() + text.size() || value < smallest || value > largest) {
            refuse("DSN parameter \"" + std::string{key} + "\" must be a whole number from " +
                   std::to_string(smallest) + " to " + std::to_string(largest) + ", it is \"" + text + '"');
            return;
        }
        number = value;
    }

    void take_seconds(const char* key, std::optional<milliseconds>& time) {
        constexpr std::size_t longest = 31'536'000;  // a year
        std::size_t seconds = longest + 1;
        take_number(key, 0, longest, seconds);
        if (seconds <= longest) time = std::chrono::seconds{seconds};
    }

    void refuse(std::string text) {
        if (status_.ok()) status_ = invalid(std::move(text));
    }

    Status finish() {
        if (status_.ok() && !parameters_.empty()) {
            refuse("unknown DSN parameter \"" + parameters_.begin()->first + "\"; known are " + known_);
        }
        return std::move(status_);
    }

private:
    std::map<std::string, std::string> parameters_;
    std::string known_;
    Status status_;
};

void read_tls(DsnParameters& parameters, std::optional<TlsOptions>& tls, bool given_as_option) {
    TlsOptions read;
    std::string mode;
    bool any = false;
    if (parameters.take("sslmode", mode)) {
        any = true;
        constexpr std::pair<const char*, TlsMode> modes[] = {
            {"disable", TlsMode::disable}, {"allow", TlsMode::allow},         {"prefer", TlsMode::prefer},
            {"require", TlsMode::require}, {"verify-ca", TlsMode::verify_ca}, {"verify-full", TlsMode::verify_full}};
        const auto* const found = std::find_if(std::begin(modes), std::end(modes),
                                               [&](const auto& row) { return mode == row.first; });
        if (found == std::end(modes)) {
            parameters.refuse(
                "DSN parameter \"sslmode\" must be disable, allow, prefer, require, verify-ca or verify-full, it is "
                "\"" +
                mode + '"');
        } else {
            read.mode = found->second;
        }
    }
    any = parameters.take("sslrootcert", read.root_certificate) || any;
    any = parameters.take("sslcert", read.certificate) || any;
    any = parameters.take("sslkey", read.key) || any;
    any = parameters.take("sslpassword", read.key_password) || any;
    any = parameters.take("sslcrl", read.revocation_list) || any;
    any = parameters.take("ssl_min_protocol_version", read.minimum_protocol) || any;
    if (any && given_as_option) {
        parameters.refuse("TLS is set both in the DSN and in the options; use one of the two");
    } else if (any) {
        tls = std::move(read);
    }
}

void read_routing(DsnParameters& parameters, Routing& routing) {
    std::string mode;
    if (!parameters.take("routing", mode)) return;
    if (mode == "automatic") {
        routing = Routing::automatic;
    } else if (mode == "off") {
        routing = Routing::off;
    } else {
        parameters.refuse(R"(DSN parameter "routing" must be automatic or off, it is ")" + mode + '"');
    }
}

bool is_option_word(std::string_view word) noexcept {
    return !word.empty() && word.find_first_of(",=") == std::string_view::npos;
}

// Picodata understands `key=value,key=value` and closes the connection on anything else, so that is refused here.
Result<std::string> server_options(const std::string& from_dsn, const std::map<std::string, std::string>& options) {
    for (std::string_view left = from_dsn; !left.empty();) {
        const std::size_t end = left.find(',');
        const std::string_view pair = left.substr(0, end);
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos || !is_option_word(pair.substr(0, equals)) ||
            !is_option_word(pair.substr(equals + 1)) || end == left.size() - 1) {
            return invalid("DSN parameter \"options\" must be of the form key=value,key=value");
        }
        left.remove_prefix(end == std::string_view::npos ? left.size() : end + 1);
    }
    std::string text = from_dsn;
    for (const auto& [key, value] : options) {
        if (!is_option_word(key) || !is_option_word(value)) {
            return invalid("server option \"" + key + "\": key and value must not be empty nor hold , or =");
        }
        if (!text.empty()) text += ',';
        text.append(key).append("=").append(value);
    }
    return text;
}

// 42999 in place of an answer by an old plan: asked for unless the user decided about it.
std::string wished_options(const std::string& sent) {
    constexpr std::string_view key = "pico_stmt_invalidation=";
    const bool decided = sent.compare(0, key.size(), key) == 0 ||
                         sent.find(',' + std::string{key}) != std::string::npos;
    return decided ? "" : std::string{key} + "true";
}

// What a DSN says of the strategy stands above the options: a name, and the options of the strategy as
// `balance.<option>`.
Result<StrategyChoice> strategy_choice(StrategyChoice choice, std::string name_in_dsn, StrategyConfig options_in_dsn) {
    if (choice.strategy() != nullptr) {
        if (options_in_dsn.empty()) return choice;
        return invalid("DSN parameter \"balance." + options_in_dsn.begin()->first +
                       "\" is for a strategy chosen by name, but balance_strategy is an object");
    }
    if (name_in_dsn.empty()) {
        name_in_dsn = choice.name();
        for (const auto& [key, value] : choice.options()) options_in_dsn.emplace(key, value);
    }
    return StrategyChoice{std::move(name_in_dsn), std::move(options_in_dsn)};
}

Status check(const Options& options, const Components& components) {
    if (components.transport == nullptr)
        return invalid(
            "a transport is required; link picoxx::libpq and pass libpq_transport(), or load the plugin libpq");
    if (*options.enable_discovery && components.discovery == nullptr) {
        return invalid(
            "discovery is enabled, but there is no discovery source; pass or load one, or set enable_discovery to "
            "false");
    }
    const Timeouts& timeouts = options.timeouts;
    if (options.pool_size && options.max_size) {
        return invalid("options pool_size and max_size are two names of one thing; give one of them");
    }
    Status checks[] = {check_size(options.pool_size.value_or(1), 1, 100'000, "pool_size"),
                       check_size(options.max_size.value_or(1), 1, 100'000, "max_size"),
                       check_positive(timeouts.connect, "timeouts.connect"),
                       check_positive(timeouts.acquire, "timeouts.acquire"),
                       check_positive(timeouts.statement.value_or(milliseconds{1}), "timeouts.statement"),
                       check_positive(timeouts.drain, "timeouts.drain"),
                       check_at_least_a_second(options.max_lifetime, "max_lifetime"),
                       check_at_least_a_second(options.idle_time, "idle_time"),
                       check_positive(options.discovery.timeout, "discovery.timeout")};
    for (Status& status : checks) {
        if (!status.ok()) return std::move(status);
    }
    if (options.discovery.interval && *options.discovery.interval < milliseconds{100}) {
        return invalid("option discovery.interval must be at least 100 ms, it is " +
                       std::to_string(options.discovery.interval->count()) + " ms");
    }
    const auto wait = options.routing.wait;
    if (wait < std::chrono::microseconds{0} || wait > std::chrono::seconds{1}) {
        return invalid("option routing.wait must be from 0 to 1000000 us, it is " + std::to_string(wait.count()) +
                       " us");
    }
    for (const auto& [advertised, reachable] : options.discovery.address_map) {
        for (const std::string& address : {advertised, reachable}) {
            if (!parse_endpoint(address).ok() || address.find(':') == std::string::npos) {
                return invalid("option discovery.address_map: \"" + address + "\" is not host:port");
            }
        }
    }
    const KeepaliveOptions& keepalive = options.connection.keepalive;
    if (keepalive.idle.count() < 1 || keepalive.interval.count() < 1 || keepalive.count < 1) {
        return invalid("options connection.keepalive: idle, interval and count must be at least 1");
    }
    constexpr milliseconds longest{std::numeric_limits<int>::max()};  // that the system can be told
    if (keepalive.tcp_user_timeout < milliseconds{0} || keepalive.tcp_user_timeout > longest) {
        return invalid("option connection.keepalive.tcp_user_timeout must be from 0 to " +
                       std::to_string(longest.count()) + " ms, it is " +
                       std::to_string(keepalive.tcp_user_timeout.count()) + " ms");
    }
    return {};
}

}  // namespace

Result<Settings> make_settings(Options options, Components components, DiscoveryDefault discovery) {
    if (!options.enable_discovery) options.enable_discovery = discovery == DiscoveryDefault::on;
    if (Status status = check(options, components); !status.ok()) return std::move(status).error();
    Result<Dsn> parsed = parse_dsn(options.dsn);
    if (!parsed.ok()) return std::move(parsed).error();
    Dsn dsn = *std::move(parsed);

    Settings settings;
    DsnParameters parameters{std::move(dsn.parameters)};
    std::string strategy_name;
    std::string dsn_server_options;
    std::string application_name = options.connection.application_name;
    constexpr std::size_t default_size = 10;
    std::size_t max_size = options.pool_size.value_or(options.max_size.value_or(default_size));
    std::size_t connect_seconds = 0;
    read_tls(parameters, options.connection.tls, options.connection.tls.has_value());
    parameters.take("application_name", application_name);
    parameters.take("options", dsn_server_options);
    parameters.take("balance", strategy_name);
    StrategyConfig strategy_options = parameters.take_all("balance.");
    parameters.take_number("pool_size", 1, 100'000, max_size);
    parameters.take_number("connect_timeout", 1, 3'600, connect_seconds);
    parameters.take_number("min_idle", 0, 100'000, options.min_idle);
    read_routing(parameters, options.routing.mode);
    parameters.take_seconds("max_lifetime", options.max_lifetime);
    parameters.take_seconds("idle_time", options.idle_time);
    if (Status status = parameters.finish(); !status.ok()) return std::move(status).error();
    if (options.max_per_node > max_size) {
        return invalid("option max_per_node (" + std::to_string(options.max_per_node) +
                       ") is greater than pool_size or max_size (" + std::to_string(max_size) + ')');
    }
    if (options.min_idle > max_size) {
        return invalid("option min_idle (" + std::to_string(options.min_idle) +
                       ") is greater than pool_size or max_size (" + std::to_string(max_size) + ')');
    }

    Result<StrategyChoice> choice = strategy_choice(std::move(options.balance_strategy), std::move(strategy_name),
                                                    std::move(strategy_options));
    if (!choice.ok()) return std::move(choice).error();
    Result<SelectedStrategy> strategy = select_strategy(*choice, components.strategies, components.default_strategy);
    if (!strategy.ok()) return std::move(strategy).error();
    Result<std::string> sent_options = server_options(dsn_server_options, options.connection.server_options);
    if (!sent_options.ok()) return std::move(sent_options).error();

    settings.seeds = std::move(dsn.hosts);
    settings.connect.user = std::move(dsn.user);
    settings.connect.password = std::move(dsn.password);
    settings.password_provider = std::move(options.connection.password_provider);
    settings.logins = std::make_shared<LoginGuard>(settings.password_provider ? LoginGuard::Password::changing
                                                                              : LoginGuard::Password::fixed);
    settings.connect.database = std::move(dsn.database);
    settings.connect.application_name = std::move(application_name);
    // What the environment says there (PGOPTIONS) would be overruled.
    const bool environment_decides = options.connection.environment == Environment::used && sent_options->empty();
    settings.wished_options = std::make_shared<WishedOptions>(environment_decides ? "" : wished_options(*sent_options));
    settings.connect.server_options = *std::move(sent_options);
    settings.connect.tls = options.connection.tls.value_or(TlsOptions{});
    settings.connect.keepalive = options.connection.keepalive;
    settings.connect.environment = options.connection.environment;
    settings.connect.extra.assign(options.connection.transport_parameters.begin(),
                                  options.connection.transport_parameters.end());
    settings.max_size = max_size;
    settings.max_per_node = options.max_per_node == 0 ? max_size : options.max_per_node;
    settings.min_idle = options.min_idle;
    settings.max_lifetime = time_or_none(options.max_lifetime.value_or(std::chrono::minutes{30}));
    const milliseconds usual_idle_time = *options.enable_discovery ? std::chrono::minutes{10} : milliseconds{0};
    settings.idle_time = time_or_none(options.idle_time.value_or(usual_idle_time));
    settings.max_waiters = options.max_waiters;
    settings.statement_cache_size = options.statement_cache_size;
    settings.enable_discovery = *options.enable_discovery;
    settings.transaction_statements = options.transaction_statements;
    settings.timeouts = options.timeouts;
    if (connect_seconds > 0) settings.timeouts.connect = std::chrono::seconds{connect_seconds};
    settings.discovery = std::move(options.discovery);
    settings.log = std::move(options.log);
    settings.transport = std::move(components.transport);
    settings.strategy = *std::move(strategy);
    settings.strategies = std::move(components.strategies);
    settings.default_strategy = std::move(components.default_strategy);
    settings.discovery_source = std::move(components.discovery);
    const bool routes = settings.enable_discovery && options.routing.mode == Routing::automatic;
    if (routes && components.router) settings.router = components.router();
    settings.owner_wait = options.routing.wait;
    return settings;
}

}  // namespace picoxx
