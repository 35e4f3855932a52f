#pragma once

#include <picoxx/components.hpp>
#include <picoxx/statement.hpp>

#include <picoxx/port/log_sink.hpp>
#include <picoxx/port/topology.hpp>
#include <picoxx/port/transport.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace picoxx {

/// How long what may take. All are > 0.
struct Timeouts {
    /// One attempt to connect to one node: resolving its name, TCP, TLS and the whole handshake. A Picodata node
    /// accepts TCP before it is Online and then says nothing (measured), so this bound is always on. Default 5 s.
    std::chrono::milliseconds connect{5'000};
    /// Wait for a free connection; while every node is down, for the first one that is back. Default 5 s, as Picopyn's.
    std::chrono::milliseconds acquire{5'000};
    /// A whole call: queueing, connecting, executing. nullopt: none. Default 30 s; the server itself gives up after 360
    /// s (measured).
    std::optional<std::chrono::milliseconds> statement{30'000};
    /// How long the connection of a call that ran out of time may take to come to rest before it is closed. Default 2
    /// s.
    std::chrono::milliseconds drain{2'000};
};

/// How far `connect` goes.
struct Readiness {
    /// Connections that are made before it returns, spread over the nodes; at most the pool's size. Default 1.
    std::size_t min_ready = 1;
    /// Longest time for all of it; > 0. Unset: each attempt has its own bound (`timeouts.connect`), the whole none.
    std::optional<std::chrono::milliseconds> deadline{};
};

/// How the nodes of the cluster are followed. Used where discovery is enabled.
struct DiscoveryOptions {
    /// Between two looks; at least 100 ms; each pause is drawn from nine to eleven tenths of it, so that clients that
    /// were started together do not ask together. nullopt: only when connecting and after a node was lost. Default 5 s.
    std::optional<std::chrono::milliseconds> interval{5'000};
    /// For one node to answer; > 0. Default 3 s.
    std::chrono::milliseconds timeout{3'000};
    /// Addresses to use in place of the advertised ones, `host:port` both, for NAT and containers.
    std::map<std::string, std::string> address_map{};
    /// The same as a function, asked for nodes that are not in `address_map`. A node for which it throws is not used,
    /// and the log says so.
    std::function<Endpoint(const Node&)> translate_address{};
};

/// How each connection is made. What the DSN says is added; a TLS setting may come from one of the two only.
struct ConnectionOptions {
    std::optional<TlsOptions> tls{};  ///< Unset: what the DSN says, or the defaults of TlsOptions.
    KeepaliveOptions keepalive{};
    std::string application_name = "picoxx";  ///< For servers that keep it. Default `picoxx`.
    /// Gives the password of each connection in place of the DSN's, for passwords that change. Asked when a connection
    /// is made, and while a login stands refused also by calls that would fail and every second; by any thread, several
    /// at a time. It must not block for long (keep what takes time to get), nor use the client. What it throws fails
    /// that connection. A password that a node has refused is tried there once more after 30 s and then not for a day,
    /// another one at once, since four refused logins in a row lock the account (measured).
    std::function<std::string()> password_provider{};
    /// Picodata's session options, such as {"read_preference", "any"}: sent as `key=value,key=value`, the only form
    /// Picodata understands. A wrong value makes it close the connection without a word (measured). picoxx adds
    /// `pico_stmt_invalidation=true` unless it is named here or in the DSN, so that a statement prepared before a
    /// change of its table is told to be stale.
    std::map<std::string, std::string> server_options{};
    /// More parameters of the transport (libpq's connection keywords); unknown ones are refused.
    std::map<std::string, std::string> transport_parameters{};
    Environment environment = Environment::ignored;  ///< Default ignored.
};

/// Where statements go whose owner the router of the components knows. Needs discovery.
struct RoutingOptions {
    constexpr RoutingOptions(Routing routing = Routing::automatic,  // NOLINT(google-explicit-constructor)
                             std::chrono::microseconds owner_wait = std::chrono::milliseconds{2}) noexcept
        : mode{routing}, wait{owner_wait} {}

    Routing mode;
    /// How long a statement waits for a connection to its owner while another node could serve it, with a hop more; up
    /// to 1 s. Only where the owner's statements have been shorter than that. Default 2 ms; 0: not at all.
    std::chrono::microseconds wait;
};

/// What becomes of BEGIN, START TRANSACTION, COMMIT, ROLLBACK, SAVEPOINT and of switching autocommit off. Picodata has
/// no transactions: it answers BEGIN and ROLLBACK with success, does nothing, and keeps the rows (measured).
enum class TransactionStatements : std::uint8_t {
    refused,  ///< The call fails with `unsupported`; nothing is sent.
    passed,   ///< Sent as they are, for tools that need them to succeed.
};

/// What a Client or a Pool is made from. Members may be given by name, in this order; only `dsn` is required. The two
/// differ in defaults only, which stand at the member; an unset one is the default.
struct Options {
    /// `postgresql://user:password@host:port,host:port/database?key=value&...`; also `postgres://`. The port is 4327 by
    /// default. Several hosts are seeds of the discovery; with discovery off they are the nodes. docs/dsn.md lists the
    /// keys.
    std::string dsn{};
    /// Which node serves a statement. Default: `Components::default_strategy`, which is round_robin of
    /// `default_components()`.
    StrategyChoice balance_strategy{};
    /// Most connections to all nodes together; 1 to 100 000. Default 10, as Picopyn's.
    std::optional<std::size_t> pool_size{};
    /// The same, as Picopyn's Pool calls it; give one of the two.
    std::optional<std::size_t> max_size{};
    /// Off: only the nodes in the DSN are used, and nothing is asked of the catalogue. Default: on for a Client, off
    /// for a Pool.
    std::optional<bool> enable_discovery{};
    /// Most connections to one node; at most the pool's size, the DSN's if it names one. 0: only that bounds them.
    std::size_t max_per_node = 0;
    /// Connections that lie ready for whoever comes; at most the pool's size. They are made in the background, from the
    /// first `connect` or statement on, and again when some are lost. Default 0: none are made ahead.
    std::size_t min_idle = 0;
    /// A connection that is older is closed when it comes to rest; each one up to a quarter earlier, so that those made
    /// together do not go together. So a client finds its way to what has changed: a balancer's other nodes, a name's
    /// other address, a certificate. At least 1 s; 0: none. Default 30 min.
    std::optional<std::chrono::milliseconds> max_lifetime{};
    /// A connection that nobody used for so long is closed, unless it is among `min_idle`. At least 1 s; 0: none.
    /// Default: 10 min with discovery; none without it, since then nothing runs in the background unless this or
    /// `min_idle` is set.
    std::optional<std::chrono::milliseconds> idle_time{};
    /// Callers that may wait for a connection at a time; one more gets `pool_exhausted`. Default 10 000.
    std::size_t max_waiters = 10'000;
    /// Prepared statements kept per connection, least recently used ones are closed; 0: none. The server's store (100
    /// 000) is shared by all clients of a node. Default 100.
    std::size_t statement_cache_size = 100;
    Timeouts timeouts{};
    DiscoveryOptions discovery{};
    ConnectionOptions connection{};
    TransactionStatements transaction_statements = TransactionStatements::refused;  ///< Default refused.
    RoutingOptions routing{};                                                       ///< Default automatic.
    std::shared_ptr<LogSink> log{};  ///< Null: nothing is logged. Default null.
};
using ClientOptions = Options;
using PoolOptions = Options;

}  // namespace picoxx
