#pragma once

#include <picoxx/balance_status.hpp>
#include <picoxx/detail/completion.hpp>
#include <picoxx/exception.hpp>
#include <picoxx/node_status.hpp>
#include <picoxx/options.hpp>
#include <picoxx/rows.hpp>
#include <picoxx/statement.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <concepts>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace picoxx {

class ClientImpl;

namespace detail {
template <class Context>
concept ExecutionContext = std::derived_from<Context, boost::asio::execution_context>;

// A null pointer, such as getenv() gives, is no DSN; that is said as of any other text that is none.
template <std::convertible_to<std::string> Dsn>
[[nodiscard]] std::string dsn_text(const Dsn& dsn) {
    if constexpr (std::is_convertible_v<Dsn, const char*>) {
        const char* const text = dsn;
        if (text == nullptr) return {};
    }
    return dsn;
}
}  // namespace detail

/// What Client and Pool have in common: statements in, results out, over connections to all nodes of a cluster.
///
/// Two faces. Synchronous functions do their I/O on the caller's thread and throw Exception. Asynchronous ones take any
/// Asio completion token (default boost::asio::use_awaitable); they send from the caller's thread and complete on the
/// executor associated with the handler (without one on the client's own), never from within the call that starts them.
/// The first argument of a completion is a std::exception_ptr: null, or an Exception, so that coroutines and futures
/// throw it; callbacks may use `error_of`.
///
/// Cancellation: asynchronous calls support Asio's per-operation cancellation, synchronous ones CallOptions::stop.
/// While nothing was sent each kind ends the call with `cancelled`, Effect none. Afterwards `total` is ignored;
/// `partial` (and a stop token) frees the caller, Effect unknown, while the connection comes to rest in the background
/// (Timeouts::drain); `terminal` closes the connection.
///
/// Thread safety: all functions may be called concurrently. Lifetime: destroying a client ends what is under way at
/// once, as `terminate` does; asynchronous calls then complete with `closed`, and so do synchronous ones that other
/// threads have begun. After fork() the client belongs to the parent: in the child every call ends with `closed` and
/// nothing is sent. So does every call of a client that was moved from.
class BasicClient {
public:
    using ExecuteSignature = void(std::exception_ptr, ExecuteResult);
    using FetchSignature = void(std::exception_ptr, Rows);
    using PlainSignature = void(std::exception_ptr);
    using CloseSignature = void(std::exception_ptr, bool);

    BasicClient(BasicClient&&) noexcept = default;
    BasicClient& operator=(BasicClient&&) noexcept;
    BasicClient(const BasicClient&) = delete;
    BasicClient& operator=(const BasicClient&) = delete;

    /// Makes sure that the cluster can be reached: asks for its nodes where discovery is on, and makes
    /// `readiness.min_ready` connections. Calling it is not a must; without it the first statement connects, and
    /// discovery follows in the background.
    /// @throws Exception connect_failed, authentication_failed, tls_failed, deadline_exceeded; no_node_available where
    /// several nodes failed; invalid_argument for a readiness out of range, pool_exhausted where
    /// the nodes may not have that many connections (`max_per_node`).
    void connect(const Readiness& readiness = {});
    template <boost::asio::completion_token_for<PlainSignature> Token = boost::asio::use_awaitable_t<>>
    auto async_connect(Token&& token = Token{}) {
        return async_connect(Readiness{}, std::forward<Token>(token));
    }
    template <boost::asio::completion_token_for<PlainSignature> Token = boost::asio::use_awaitable_t<>>
    auto async_connect(const Readiness& readiness, Token&& token = Token{}) {
        return boost::asio::async_initiate<Token, PlainSignature>(
            [impl = impl_, readiness](auto handler) {
                start_connect(impl, readiness, box<>(impl, std::move(handler)));
            },
            token);
    }

    /// Executes one statement and says what it did; rows are thrown away. `sql` is a literal, a `std::string` or a
    /// `std::string_view`; the values go to `$1`, `$2`, ... A `Statement` carries options, too.
    /// @throws Exception with every code of Errc that a statement can meet; its `effect()` says what happened to the
    /// statement.
    template <SqlText Text, class... Values>
    ExecuteResult execute(const Text& sql, const Values&... values) {
        const Parameters& parameters = bound(values...);
        return terminated(sql, [&](CStringView text) { return run_execute(StatementView{text, &parameters, {}}); });
    }
    ExecuteResult execute(const Statement& statement) { return run_execute(view_of(statement)); }
    /// With what somebody else owns. A template, so that braces mean a Statement.
    template <std::same_as<StatementView> View>
    ExecuteResult execute(const View& statement) {
        return run_execute(statement);
    }
    template <class Token = boost::asio::use_awaitable_t<>>
    auto async_execute(Statement statement, Token&& token = Token{}) {
        return boost::asio::async_initiate<Token, ExecuteSignature>(
            [impl = impl_](auto handler, Statement&& owned) {
                start_execute(impl, std::move(owned), box<ExecuteResult>(impl, std::move(handler)));
            },
            token, std::move(statement));
    }

    /// Executes one statement and answers all its rows. With column types the rows read as tuples:
    /// `for (auto [id, item] : client.fetch<std::int64_t, std::string>(sql)) ...`
    /// @throws as `execute`
    template <class... Columns, SqlText Text, class... Values>
    auto fetch(const Text& sql, const Values&... values) {
        const Parameters& parameters = bound(values...);
        return terminated(sql, [&](CStringView text) {
            return typed<Columns...>(run_fetch(StatementView{text, &parameters, {}}));
        });
    }
    template <class... Columns>
    auto fetch(const Statement& statement) {
        return typed<Columns...>(run_fetch(view_of(statement)));
    }
    template <class... Columns, std::same_as<StatementView> View>
    auto fetch(const View& statement) {
        return typed<Columns...>(run_fetch(statement));
    }
    template <class Token = boost::asio::use_awaitable_t<>>
    auto async_fetch(Statement statement, Token&& token = Token{}) {
        return boost::asio::async_initiate<Token, FetchSignature>(
            [impl = impl_](auto handler, Statement&& owned) {
                start_fetch(impl, std::move(owned), box<Rows>(impl, std::move(handler)));
            },
            token, std::move(statement));
    }

    /// One `SELECT 1` to one node. @throws as `execute`
    void ping() { execute("SELECT 1"); }
    template <class Token = boost::asio::use_awaitable_t<>>
    auto async_ping(Token&& token = Token{}) {
        return boost::asio::async_initiate<Token, PlainSignature>(
            [impl = impl_](auto handler) { start_ping(impl, box<>(impl, std::move(handler))); }, token);
    }

    /// What is known of the nodes now, by name: those of the last discovery, before it the ones of the DSN.
    [[nodiscard]] std::vector<NodeStatus> nodes() const;
    /// Chooses nodes by another strategy from the next statement on; statements that have their node go on. @throws
    /// Exception as for `ClientOptions::balance_strategy`: invalid_argument, plugin_bad_config, plugin_create_failed.
    /// The old one then stays.
    void set_balance_strategy(const StrategyChoice& choice);
    /// Trusts a strategy again that was put aside because it was slow, and counts anew.
    void reset_balance_strategy();
    /// How the strategy does.
    [[nodiscard]] BalanceStatus balance_status() const;

    /// Asks for the nodes of the cluster now; nothing where discovery is off. @throws Exception as `connect`; the
    /// client then keeps what it knew.
    void refresh_topology();
    template <class Token = boost::asio::use_awaitable_t<>>
    auto async_refresh_topology(Token&& token = Token{}) {
        return boost::asio::async_initiate<Token, PlainSignature>(
            [impl = impl_](auto handler) { start_refresh(impl, box<>(impl, std::move(handler))); }, token);
    }

    /// Has every connection made anew, for what has changed around them: certificates, a password, the way a balancer
    /// or a name leads. An idle one is closed now, one in use when its statement has ended, one that is being made when
    /// it has served whoever makes it, that of discovery at its next look; calls then connect as they need to, and
    /// `min_idle` are made in the background. Returns at once, and disturbs no statement.
    void renew_connections();

    /// No new calls (they get `closed`, as do those that wait for a connection), and waits up to `deadline` for those
    /// that have one. Idempotent. On a thread that runs the client's executor use `async_close`, since those calls need
    /// it.
    /// @return whether all of them ended in time; those that did not go on to their end.
    bool close(std::chrono::milliseconds deadline = std::chrono::seconds{10});
    template <class Token = boost::asio::use_awaitable_t<>>
    auto async_close(std::chrono::milliseconds deadline, Token&& token = Token{}) {
        return boost::asio::async_initiate<Token, CloseSignature>(
            [impl = impl_, deadline](auto handler) {
                start_close(impl, deadline, box<bool>(impl, std::move(handler)));
            },
            token);
    }
    /// Ends everything at once: calls under way, of both faces, end with `closed`, and every connection is closed.
    /// Idempotent.
    void terminate();

protected:
    /// What Client and Pool differ in.
    struct Defaults {
        bool enable_discovery = true;
    };
    BasicClient(Options options, Components components, const Defaults& defaults);
    BasicClient(const boost::asio::any_io_executor& executor, Options options, Components components,
                const Defaults& defaults);
    ~BasicClient();

private:
    template <class... Results, class Handler>
    static detail::CompletionHandlerPtr<Results...> box(const std::shared_ptr<ClientImpl>& impl, Handler handler) {
        return detail::box_handler<Results...>(std::move(handler), executor_of(impl.get()));
    }
    static const boost::asio::any_io_executor& executor_of(ClientImpl* impl);

    // The values as they are bound; those that are bound already are not copied.
    template <class... Values>
    static Parameters bound(const Values&... values) {
        return Parameters{values...};
    }
    static const Parameters& bound(const Parameters& parameters) noexcept { return parameters; }

    // Ports take text that a NUL follows, which a view need not have.
    template <SqlText Text, class Use>
    static auto terminated(const Text& sql, const Use& use) {
        if constexpr (std::convertible_to<const Text&, CStringView>) {
            return use(CStringView{sql});
        } else {
            const std::string copy{std::string_view{sql}};
            return use(CStringView{copy});
        }
    }
    static StatementView view_of(const Statement& statement) {
        return StatementView{statement.sql(), &statement.parameters(), statement.options()};
    }

    template <class... Columns>
    static auto typed(Rows rows) {
        if constexpr (sizeof...(Columns) == 0) {
            return rows;
        } else {
            return TypedRows<Columns...>{std::move(rows)};
        }
    }

    ExecuteResult run_execute(const StatementView& statement);
    Rows run_fetch(const StatementView& statement);
    static void start_connect(const std::shared_ptr<ClientImpl>& impl, const Readiness& readiness,
                              detail::CompletionHandlerPtr<> handler);
    static void start_refresh(const std::shared_ptr<ClientImpl>& impl, detail::CompletionHandlerPtr<> handler);
    static void start_ping(const std::shared_ptr<ClientImpl>& impl, detail::CompletionHandlerPtr<> handler);
    static void start_close(const std::shared_ptr<ClientImpl>& impl, std::chrono::milliseconds deadline,
                            detail::CompletionHandlerPtr<bool> handler);
    static void start_execute(const std::shared_ptr<ClientImpl>& impl, Statement&& statement,
                              detail::CompletionHandlerPtr<ExecuteResult> handler);
    static void start_fetch(const std::shared_ptr<ClientImpl>& impl, Statement&& statement,
                            detail::CompletionHandlerPtr<Rows> handler);

    std::shared_ptr<ClientImpl> impl_;
};

/// The way in for most programs: one DSN, all nodes of the cluster. Discovery is on.
/// @throws Exception `invalid_argument` from the constructors, naming the option or the part of the DSN; they connect
/// to nothing.
class Client final : public BasicClient {
public:
    /// A template, so that `Client{{.dsn = text}}` can only mean the options.
    template <std::convertible_to<std::string> Dsn>
    explicit Client(const Dsn& dsn, Components components = default_components())
        : Client{Options{.dsn = detail::dsn_text(dsn)}, std::move(components)} {}
    explicit Client(Options options, Components components = default_components())
        : BasicClient{std::move(options), std::move(components), defaults} {}
    /// Asynchronous calls and background work run on `executor` instead of a thread of the client's own, which saves a
    /// change of thread per call for callers on the same executor. It may have any number of threads. The client then
    /// keeps `executor` busy until it is closed. An execution context that ends first ends the client: its calls then
    /// answer `closed`.
    template <std::convertible_to<std::string> Dsn>
    Client(const boost::asio::any_io_executor& executor, const Dsn& dsn, Components components = default_components())
        : Client{executor, Options{.dsn = detail::dsn_text(dsn)}, std::move(components)} {}
    Client(const boost::asio::any_io_executor& executor, Options options, Components components = default_components())
        : BasicClient{executor, std::move(options), std::move(components), defaults} {}
    /// With an execution context, such as an io_context, in place of its executor.
    template <detail::ExecutionContext Context, std::convertible_to<std::string> Dsn>
    Client(Context& context, const Dsn& dsn, Components components = default_components())
        : Client{context.get_executor(), Options{.dsn = detail::dsn_text(dsn)}, std::move(components)} {}
    template <detail::ExecutionContext Context>
    Client(Context& context, Options options, Components components = default_components())
        : Client{context.get_executor(), std::move(options), std::move(components)} {}

private:
    static constexpr Defaults defaults{.enable_discovery = true};
};

/// The same with Picopyn's defaults for a Pool: discovery is off.
/// @throws as Client
class Pool final : public BasicClient {
public:
    /// A template, so that `Pool{{.dsn = text}}` can only mean the options.
    template <std::convertible_to<std::string> Dsn>
    explicit Pool(const Dsn& dsn, Components components = default_components())
        : Pool{Options{.dsn = detail::dsn_text(dsn)}, std::move(components)} {}
    explicit Pool(Options options, Components components = default_components())
        : BasicClient{std::move(options), std::move(components), defaults} {}
    /// @copydoc Client::Client(const boost::asio::any_io_executor&, Options, Components)
    template <std::convertible_to<std::string> Dsn>
    Pool(const boost::asio::any_io_executor& executor, const Dsn& dsn, Components components = default_components())
        : Pool{executor, Options{.dsn = detail::dsn_text(dsn)}, std::move(components)} {}
    Pool(const boost::asio::any_io_executor& executor, Options options, Components components = default_components())
        : BasicClient{executor, std::move(options), std::move(components), defaults} {}
    /// With an execution context, such as an io_context, in place of its executor.
    template <detail::ExecutionContext Context, std::convertible_to<std::string> Dsn>
    Pool(Context& context, const Dsn& dsn, Components components = default_components())
        : Pool{context.get_executor(), Options{.dsn = detail::dsn_text(dsn)}, std::move(components)} {}
    template <detail::ExecutionContext Context>
    Pool(Context& context, Options options, Components components = default_components())
        : Pool{context.get_executor(), std::move(options), std::move(components)} {}

private:
    static constexpr Defaults defaults{.enable_discovery = false};
};

}  // namespace picoxx
