#include "call/call.hpp"
#include "client/client_impl.hpp"
#include "client/closing.hpp"
#include "client/connect.hpp"
#include "client/job_memory.hpp"

#include <picoxx/client.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

namespace picoxx {

namespace asio = boost::asio;

namespace {

Settings checked_settings(PoolOptions options, Components components) {
    Result<Settings> settings = make_settings(std::move(options), std::move(components));
    if (!settings.ok()) throw Exception{std::move(settings).error()};
    return *std::move(settings);
}

PoolOptions pool_options(ClientOptions options) {
    return PoolOptions{.dsn = std::move(options.dsn),
                       .balance_strategy = std::move(options.balance_strategy),
                       .max_size = options.pool_size,
                       .enable_discovery = options.enable_discovery,
                       .max_per_node = options.max_per_node,
                       .max_waiters = options.max_waiters,
                       .statement_cache_size = options.statement_cache_size,
                       .timeouts = options.timeouts,
                       .discovery = std::move(options.discovery),
                       .connection = std::move(options.connection),
                       .transaction_statements = options.transaction_statements,
                       .log = std::move(options.log)};
}

ExecuteResult to_result(Outcome&& outcome, std::type_identity<ExecuteResult>) {
    return ExecuteResult{std::string{outcome.status.view()}, outcome.affected_rows};
}

Rows to_result(Outcome&& outcome, std::type_identity<Rows>) { return Rows{std::move(outcome.rows), outcome.status}; }

Exception foreign_client() {
    return Exception{
        make_error(Errc::closed, "this process was forked off after the client was made: it needs its own")};
}

using detail::CompletionHandlerPtr;

void cancel_on_signal(AsioShell::Job& job, asio::cancellation_slot slot) {
    if (!slot.is_connected()) return;
    slot.assign([weak = job.weak_from_this()](asio::cancellation_type type) {
        const std::shared_ptr<AsioShell::Job> running = weak.lock();
        const auto asks_for = [type](asio::cancellation_type kind) {
            return (type & kind) != asio::cancellation_type::none;
        };
        if (running == nullptr || type == asio::cancellation_type::none) return;
        running->cancel(asks_for(asio::cancellation_type::partial)    ? Cancellation::partial
                        : asks_for(asio::cancellation_type::terminal) ? Cancellation::terminal
                                                                      : Cancellation::total);
    });
}

std::exception_ptr to_failure(std::unique_ptr<Error> error) {
    return error == nullptr ? nullptr : std::make_exception_ptr(Exception{std::move(*error)});
}

// One statement and who waits for its answer.
template <class... Answer>
class CallJob final : public AsioShell::Job {
public:
    CallJob(const std::shared_ptr<ClientImpl>& impl, Statement&& statement, CompletionHandlerPtr<Answer...> handler)
        : impl_{impl},
          statement_{std::move(statement)},
          handler_{std::move(handler)},
          call_{impl_->core(), StatementView{statement_.sql(), &statement_.parameters(), statement_.options()},
                AcquireRequest::Prefer::attached} {}

    Task& task() noexcept override { return call_; }
    void finished(detail::Stack stack) override {
        Outcome&& outcome = call_.take_outcome();
        std::exception_ptr failure = to_failure(std::move(outcome.error));
        handler_.release()->complete(stack, std::move(failure),
                                     to_result(std::move(outcome), std::type_identity<Answer>{})...);
    }

    static void start(const std::shared_ptr<ClientImpl>& impl, Statement&& statement,
                      CompletionHandlerPtr<Answer...> handler) {
        if (impl->is_foreign()) {
            handler.release()->complete(detail::Stack::caller, std::make_exception_ptr(foreign_client()), Answer{}...);
            return;
        }
        impl->ensure_discovery();
        auto job = std::allocate_shared<CallJob>(JobMemory<CallJob>{}, impl, std::move(statement), std::move(handler));
        cancel_on_signal(*job, job->handler_->slot());
        const bool stoppable = job->statement_.options().stop.stop_possible();
        impl->shell().start(job);
        if (stoppable) {
            job->on_stop_.emplace(job->statement_.options().stop, [weak = job->weak_from_this()] {
                if (const auto running = weak.lock()) running->cancel(Cancellation::partial);
            });
        }
    }

private:
    std::shared_ptr<ClientImpl> impl_;  // outlives the call
    Statement statement_;
    CompletionHandlerPtr<Answer...> handler_;
    Call call_;
    std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

class ConnectJob final : public AsioShell::Job {
public:
    ConnectJob(const std::shared_ptr<ClientImpl>& impl, const Readiness& readiness, CompletionHandlerPtr<> handler)
        : impl_{impl}, handler_{std::move(handler)}, connect_{impl_->core(), readiness} {}

    void listen() { cancel_on_signal(*this, handler_->slot()); }

    Task& task() noexcept override { return connect_; }
    void finished(detail::Stack stack) override {
        Error error = connect_.take_error();
        std::exception_ptr failure;
        if (error) {
            failure = std::make_exception_ptr(Exception{std::move(error)});
        } else if (impl_->core().settings().enable_discovery) {
            impl_->start_housekeeping();
        }
        handler_.release()->complete(stack, std::move(failure));
    }

private:
    std::shared_ptr<ClientImpl> impl_;  // outlives the work
    CompletionHandlerPtr<> handler_;
    Connect connect_;
};

class CloseJob final : public AsioShell::Job {
public:
    CloseJob(const std::shared_ptr<ClientImpl>& impl, std::chrono::milliseconds patience,
             CompletionHandlerPtr<bool> handler)
        : impl_{impl}, handler_{std::move(handler)}, closing_{impl_->core(), patience} {}

    Task& task() noexcept override { return closing_; }
    void finished(detail::Stack stack) override { handler_.release()->complete(stack, nullptr, closing_.quiet()); }

private:
    std::shared_ptr<ClientImpl> impl_;
    CompletionHandlerPtr<bool> handler_;
    Closing closing_;
};

template <class Answer>
Answer run_statement(ClientImpl& impl, const StatementView& statement) {
    if (impl.is_foreign()) throw foreign_client();
    impl.ensure_discovery();
    Call call{impl.core(), statement, AcquireRequest::Prefer::detached};
    impl.run(call, statement.options.stop);
    Outcome&& outcome = call.take_outcome();
    if (outcome.error != nullptr) throw Exception{std::move(*outcome.error)};
    return to_result(std::move(outcome), std::type_identity<Answer>{});
}

void run_connect(ClientImpl& impl, const Readiness& readiness) {
    if (impl.is_foreign()) throw foreign_client();
    Connect connect{impl.core(), readiness};
    impl.run(connect);
    if (Error error = connect.take_error()) throw Exception{std::move(error)};
    if (impl.core().settings().enable_discovery) impl.start_housekeeping();
}

// In a forked child locks may be held and connections are the parent's: nothing of the client is touched, not even to destroy it.
void let_go(std::shared_ptr<ClientImpl> impl) {
    if (impl == nullptr) return;
    if (impl->is_foreign()) {
        static_cast<void>(new std::shared_ptr<ClientImpl>{std::move(impl)});
    } else {
        impl->shut_down();
    }
}

constexpr Readiness topology_only{.min_ready = 0};

}  // namespace

BasicClient::BasicClient(PoolOptions options, Components components)
    : impl_{ClientImpl::make(checked_settings(std::move(options), std::move(components)), std::nullopt)} {}

BasicClient::BasicClient(const asio::any_io_executor& executor, PoolOptions options, Components components)
    : impl_{ClientImpl::make(checked_settings(std::move(options), std::move(components)), executor)} {}

BasicClient::~BasicClient() { let_go(std::move(impl_)); }

BasicClient& BasicClient::operator=(BasicClient&& other) noexcept {
    if (this == &other) return *this;
    let_go(std::exchange(impl_, std::move(other.impl_)));
    return *this;
}

// The synchronous calls hold the client's inside, which so outlives them where the client itself is destroyed meanwhile.

void BasicClient::connect(const Readiness& readiness) { run_connect(*std::shared_ptr{impl_}, readiness); }

void BasicClient::refresh_topology() { run_connect(*std::shared_ptr{impl_}, topology_only); }

ExecuteResult BasicClient::execute(const StatementView& statement) {
    return run_statement<ExecuteResult>(*std::shared_ptr{impl_}, statement);
}

Rows BasicClient::fetch_rows(const StatementView& statement) {
    return run_statement<Rows>(*std::shared_ptr{impl_}, statement);
}

std::vector<NodeStatus> BasicClient::nodes() const {
    if (impl_->is_foreign()) return {};
    return impl_->core().with_engine([](const Engine& engine) { return engine.nodes(); });
}

void BasicClient::set_balance_strategy(const StrategyChoice& choice) {
    if (impl_->is_foreign()) throw foreign_client();
    ClientCore& core = impl_->core();
    const Settings& settings = core.settings();
    Result<SelectedStrategy> selected = select_strategy(choice, settings.strategies, settings.default_strategy);
    if (!selected.ok()) throw Exception{std::move(selected).error()};
    // The old one is destroyed here, not under the lock: its code may be anybody's.
    const std::shared_ptr<BalanceStrategy> old = core.with_engine([&](Engine& engine) {
        return engine.balancer().set(std::move(selected->strategy), std::move(selected->name));
    });
}

void BasicClient::reset_balance_strategy() {
    if (impl_->is_foreign()) throw foreign_client();
    impl_->core().with_engine([](Engine& engine) { engine.balancer().reset(); });
}

BalanceStatus BasicClient::balance_status() const {
    if (impl_->is_foreign()) return {};
    return impl_->core().with_engine([](const Engine& engine) { return engine.balancer().status(); });
}

bool BasicClient::close(std::chrono::milliseconds deadline) {
    const std::shared_ptr<ClientImpl> impl = impl_;
    if (impl->is_foreign()) return true;
    impl->close();
    Closing closing{impl->core(), deadline};
    impl->run(closing);
    return closing.quiet();
}

void BasicClient::terminate() {
    if (const std::shared_ptr<ClientImpl> impl = impl_; !impl->is_foreign()) impl->terminate();
}

const asio::any_io_executor& BasicClient::executor_of(ClientImpl& impl) {
    if (!impl.is_foreign()) return impl.shell().executor();
    // Threads do not survive a fork either: handlers without an executor of their own get a new one.
    struct ChildThread {
        asio::thread_pool pool{1};
        asio::any_io_executor executor = pool.get_executor();
    };
    thread_local std::uint32_t forks = 0;
    thread_local std::unique_ptr<ChildThread> thread;
    if (thread == nullptr || forks != forks_so_far()) {
        static_cast<void>(thread.release());  // of a process this one was forked from
        thread = std::make_unique<ChildThread>();
        forks = forks_so_far();
    }
    return thread->executor;
}

void BasicClient::start_connect(const std::shared_ptr<ClientImpl>& impl, const Readiness& readiness,
                                CompletionHandlerPtr<> handler) {
    if (impl->is_foreign()) {
        handler.release()->complete(detail::Stack::caller, std::make_exception_ptr(foreign_client()));
        return;
    }
    auto job = std::make_shared<ConnectJob>(impl, readiness, std::move(handler));
    job->listen();
    impl->shell().start(job);
}

void BasicClient::start_refresh(const std::shared_ptr<ClientImpl>& impl, CompletionHandlerPtr<> handler) {
    start_connect(impl, topology_only, std::move(handler));
}

void BasicClient::start_ping(const std::shared_ptr<ClientImpl>& impl, CompletionHandlerPtr<> handler) {
    CallJob<>::start(impl, Statement{"SELECT 1"}, std::move(handler));
}

void BasicClient::start_close(const std::shared_ptr<ClientImpl>& impl, std::chrono::milliseconds deadline,
                              CompletionHandlerPtr<bool> handler) {
    if (impl->is_foreign()) {
        handler.release()->complete(detail::Stack::caller, std::make_exception_ptr(foreign_client()), true);
        return;
    }
    impl->close();
    impl->shell().start(std::make_shared<CloseJob>(impl, deadline, std::move(handler)));
}

void BasicClient::start_execute(const std::shared_ptr<ClientImpl>& impl, Statement&& statement,
                                CompletionHandlerPtr<ExecuteResult> handler) {
    CallJob<ExecuteResult>::start(impl, std::move(statement), std::move(handler));
}

void BasicClient::start_fetch(const std::shared_ptr<ClientImpl>& impl, Statement&& statement,
                              CompletionHandlerPtr<Rows> handler) {
    CallJob<Rows>::start(impl, std::move(statement), std::move(handler));
}

Client::Client(ClientOptions options, Components components)
    : BasicClient{pool_options(std::move(options)), std::move(components)} {}
Client::Client(const asio::any_io_executor& executor, ClientOptions options, Components components)
    : BasicClient{executor, pool_options(std::move(options)), std::move(components)} {}

Pool::Pool(PoolOptions options, Components components) : BasicClient{std::move(options), std::move(components)} {}
Pool::Pool(const asio::any_io_executor& executor, PoolOptions options, Components components)
    : BasicClient{executor, std::move(options), std::move(components)} {}

}  // namespace picoxx
