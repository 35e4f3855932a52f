#include "connect_parameters.hpp"

#include "libpq_handles.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <new>

namespace picoxx::libpq {
namespace {

// Decided by ConnectOptions or by the driver: not to be given as an extra.
constexpr auto own_names = std::to_array<std::string_view>({
    "host",
    "hostaddr",
    "port",
    "user",
    "password",
    "dbname",
    "application_name",
    "fallback_application_name",
    "options",
    "client_encoding",
    "replication",
    "connect_timeout",
    "target_session_attrs",
    "load_balance_hosts",
    "service",
    "servicefile",
    "gssencmode",
    "sslmode",
    "sslnegotiation",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "sslpassword",
    "sslcrl",
    "ssl_min_protocol_version",
    "min_protocol_version",
    "max_protocol_version",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
});

// What an environment variable must not set, where neither ConnectOptions nor libpq's own default says something.
constexpr auto neutral_values = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"passfile", no_file},
    {"sslcert", no_file},
    {"sslkey", no_file},
    {"sslrootcert", no_file},
    {"sslcrl", no_file},
    {"sslcrldir", no_file},
    {"sslcertmode", "allow"},
    {"min_protocol_version", "3.0"},
    {"max_protocol_version", "3.0"},
    {"ssl_max_protocol_version", ""},
    {"connect_timeout", ""},
    {"requirepeer", ""},
    {"require_auth", "!sspi"},  // any but that; an empty list would allow none, from libpq 16 on
    {"gsslib", ""},
    // No variable sets these, but a service could.
    {"replication", ""},
    {"fallback_application_name", ""},
});

template <class Table>
const auto* find_name(const Table& table, std::string_view name) noexcept {
    const auto found = std::find_if(table.begin(), table.end(),
                                    [name](const auto& entry) { return entry.first == name; });
    return found == table.end() ? nullptr : &*found;
}

std::string_view to_text(TlsMode mode) noexcept {
    switch (mode) {
        case TlsMode::disable: return "disable";
        case TlsMode::allow: return "allow";
        case TlsMode::prefer: return "prefer";
        case TlsMode::require: return "require";
        case TlsMode::verify_ca: return "verify-ca";
        case TlsMode::verify_full: return "verify-full";
    }
    return "verify-full";
}

Error wrong(std::string text) { return make_error(Errc::invalid_argument, std::move(text)); }

class Builder {
public:
    explicit Builder(Environment environment) noexcept : environment_{environment} {}

    void set(std::string_view name, std::string_view value) { parameters_.emplace_back(name, value); }
    /// An empty value leaves the matter to the environment, if it may act.
    void set_text(std::string_view name, std::string_view value) {
        if (!value.empty() || environment_ == Environment::ignored) set(name, value);
    }
    /// Without a path, one where nothing is or, if the environment may act, what libpq finds.
    void set_path(std::string_view name, std::string_view path) {
        if (!path.empty()) {
            set(name, path);
        } else if (environment_ == Environment::ignored) {
            set(name, no_file);
        }
    }
    [[nodiscard]] bool has(std::string_view name) const noexcept { return find_name(parameters_, name) != nullptr; }
    [[nodiscard]] ConnectParameters take() noexcept { return std::move(parameters_); }

private:
    Environment environment_;
    ConnectParameters parameters_;
};

void add_typed(Builder& builder, const ConnectOptions& options) {
    builder.set("host", options.endpoint.host);
    builder.set("hostaddr", options.address);
    builder.set("port", std::to_string(options.endpoint.port));
    builder.set_text("user", options.user);
    builder.set_text("password", options.password);
    builder.set_text("dbname", options.database);
    builder.set_text("application_name", options.application_name);
    std::string server_options = options.server_options;
    if (!options.wished_server_options.empty()) {
        server_options.append(server_options.empty() ? "" : ",").append(options.wished_server_options);
    }
    builder.set_text("options", server_options);
    builder.set("client_encoding", "UTF8");
    builder.set("target_session_attrs", "any");
    builder.set("gssencmode", "disable");

    builder.set("sslmode", to_text(options.tls.mode));
    builder.set_path("sslrootcert", options.tls.root_certificate);
    builder.set_path("sslcert", options.tls.certificate);
    builder.set_path("sslkey", options.tls.key);
    builder.set_path("sslcrl", options.tls.revocation_list);
    builder.set_text("sslpassword", options.tls.key_password);
    builder.set_text("ssl_min_protocol_version", options.tls.minimum_protocol);

    const KeepaliveOptions& keepalive = options.keepalive;
    builder.set("keepalives", keepalive.enabled ? "1" : "0");
    builder.set("keepalives_idle", std::to_string(keepalive.idle.count()));
    builder.set("keepalives_interval", std::to_string(keepalive.interval.count()));
    builder.set("keepalives_count", std::to_string(keepalive.count));
    builder.set("tcp_user_timeout", std::to_string(keepalive.tcp_user_timeout.count()));
}

/// Every parameter this libpq knows; reads neither environment nor files.
OptionList known_parameters() {
    OptionList known{PQconninfoParse("", nullptr)};
    if (!known) throw std::bad_alloc{};
    return known;
}

bool is_known(const PQconninfoOption* option, std::string_view name) noexcept {
    for (; option->keyword != nullptr; ++option) {
        if (name == option->keyword) return true;
    }
    return false;
}

std::string refused_extras(const ConnectOptions& options, const PQconninfoOption* known) {
    std::string unknown;
    std::string taken;
    for (const auto& [name, value] : options.extra) {
        const bool own = std::find(own_names.begin(), own_names.end(), name) != own_names.end();
        std::string* const list = own ? &taken : is_known(known, name) ? nullptr : &unknown;
        if (list == nullptr) continue;
        if (!list->empty()) *list += ", ";
        *list += name;
    }
    std::string text;
    if (!unknown.empty()) text += "libpq knows no connection parameter " + unknown;
    if (!taken.empty()) {
        if (!text.empty()) text += "; ";
        text += "decided by an option of its own or by the driver, so not as an extra: " + taken;
    }
    return text;
}

std::string wrong_options(const ConnectOptions& options) {
    if (options.address.empty()) return "no address to connect to";
    if (options.endpoint.port == 0) return "port 0";
    if (options.user.empty() && options.environment == Environment::ignored) return "no user";
    if (options.keepalive.idle.count() < 1 || options.keepalive.interval.count() < 1 || options.keepalive.count < 1 ||
        options.keepalive.tcp_user_timeout.count() < 0) {
        return "a keepalive option is out of range";
    }
    return {};
}

}  // namespace

Result<ConnectParameters> connect_parameters(const ConnectOptions& options) {
    if (std::string text = wrong_options(options); !text.empty()) return wrong(std::move(text));
    const OptionList known = known_parameters();
    if (std::string text = refused_extras(options, known.get()); !text.empty()) {
        return wrong(std::move(text));
    }

    Builder builder{options.environment};
    add_typed(builder, options);
    for (const auto& [name, value] : options.extra) {
        if (builder.has(name)) return wrong("connection parameter " + name + " is given twice");
        builder.set(name, value);
    }
    if (options.environment == Environment::ignored) {
        for (const PQconninfoOption* option = known.get(); option->keyword != nullptr; ++option) {
            const std::string_view name{option->keyword};
            if (builder.has(name)) continue;
            if (name == "service" || name == "servicefile") continue;  // an empty one is an error
            if (const auto* neutral = find_name(neutral_values, name)) {
                builder.set(name, neutral->second);
            } else if (option->envvar != nullptr && option->compiled != nullptr) {
                builder.set(name, option->compiled);
            }
        }
    }

    ConnectParameters parameters = builder.take();
    for (const auto& [name, value] : parameters) {
        if (value.find('\0') != std::string::npos) {
            return wrong("connection parameter " + name + " holds a NUL byte");
        }
    }
    return parameters;
}

std::string connection_string(const ConnectParameters& parameters) {
    std::string text;
    for (const auto& [name, value] : parameters) {
        if (!text.empty()) text += ' ';
        text += name;
        text += "='";
        for (const char c : value) {
            if (c == '\'' || c == '\\') text += '\\';
            text += c;
        }
        text += '\'';
    }
    return text;
}

}  // namespace picoxx::libpq
