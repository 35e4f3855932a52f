#include "client/client_impl.hpp"
#include "client/closing.hpp"
#include "request/call.hpp"
#include "request/connect.hpp"

#include <picoxx/client.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/system_executor.hpp>

#include <functional>
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
    return ExecuteResult{std::move(outcome.status), outcome.affected_rows};
}

Rows to_result(Outcome&& outcome, std::type_identity<Rows>) {
    return Rows{std::move(outcome.rows), std::move(outcome.status)};
}

Exception foreign_client() {
    return Exception{
        make_error(Errc::closed, "this process was forked off after the client was made: it needs its own")};
}

// Completes a handler on its own executor, keeps that busy until then, and hears when the call is cancelled.
template <class Handler>
class Completion {
public:
    Completion(Handler handler, const asio::any_io_executor& otherwise)
        : executor_{asio::prefer(asio::get_associated_executor(handler, otherwise),
                                 asio::execution::outstanding_work.tracked)},
          handler_{std::move(handler)} {}

    void cancels(AsioShell::Job& job) {
        asio::cancellation_slot slot = asio::get_associated_cancellation_slot(handler_);
        if (!slot.is_connected()) return;
        slot.assign([weak = job.weak_from_this()](asio::cancellation_type type) {
            const std::shared_ptr<AsioShell::Job> running = weak.lock();
            if (running == nullptr || type == asio::cancellation_type::none) return;
            const auto asks_for = [type](asio::cancellation_type kind) {
                return (type & kind) != asio::cancellation_type::none;
            };
            running->cancel(asks_for(asio::cancellation_type::partial)    ? Cancellation::partial
                            : asks_for(asio::cancellation_type::terminal) ? Cancellation::terminal
                                                                          : Cancellation::total);
        });
    }

    template <class... Results>
    void operator()(AsioShell::Stack stack, std::exception_ptr failure, Results... results) {
        auto upcall = [handler = std::move(handler_), failure = std::move(failure),
                       ... values = std::move(results)]() mutable {
            if (asio::cancellation_slot slot = asio::get_associated_cancellation_slot(handler); slot.is_connected()) {
                slot.clear();
            }
            std::move(handler)(std::move(failure), std::move(values)...);
        };
        const Executor executor = std::move(executor_);
        if (stack == AsioShell::Stack::event_loop) {
            asio::dispatch(executor, std::move(upcall));
        } else {
            asio::prefer(executor, asio::execution::blocking.never).execute(std::move(upcall));
        }
    }

private:
    using Executor =
        std::decay_t<decltype(asio::prefer(std::declval<asio::associated_executor_t<Handler, asio::any_io_executor>>(),
                                           asio::execution::outstanding_work.tracked))>;

    Executor executor_;
    Handler handler_;
};

// A task of one client and the handler that waits for its end.
template <class Work, class Handler>
class TaskJob : public AsioShell::Job {
public:
    template <class... Arguments>
    TaskJob(std::shared_ptr<ClientImpl> impl, Handler handler, Arguments&&... arguments)
        : impl_{std::move(impl)},
          completion_{std::move(handler), impl_->shell().executor()},
          work_{impl_->core(), std::forward<Arguments>(arguments)...} {}

    Task& task() noexcept override { return work_; }

    template <class Started>
    static void start(const std::shared_ptr<Started>& job) {
        job->completion_.cancels(*job);
        job->impl_->shell().start(job);
    }

protected:
    std::shared_ptr<ClientImpl> impl_;  // outlives the work
    Completion<Handler> completion_;
    Work work_;
};

template <class Answer, class Handler>
class CallJob final : public AsioShell::Job {
public:
    CallJob(const std::shared_ptr<ClientImpl>& impl, Statement&& statement, Handler&& handler)
        : impl_{impl},
          statement_{std::move(statement)},
          completion_{std::move(handler), impl_->shell().executor()},
          call_{impl_->core(), StatementView{statement_.sql(), &statement_.parameters(), statement_.options()},
                AcquireRequest::Prefer::attached} {}

    Task& task() noexcept override { return call_; }
    void finished(AsioShell::Stack stack) noexcept override {
        Outcome outcome = call_.take_outcome();
        std::exception_ptr failure;
        if (outcome.error != nullptr) failure = std::make_exception_ptr(Exception{std::move(*outcome.error)});
        if constexpr (std::is_void_v<Answer>) {
            completion_(stack, std::move(failure));
        } else {
            completion_(stack, std::move(failure), to_result(std::move(outcome), std::type_identity<Answer>{}));
        }
    }

    static void start(const std::shared_ptr<ClientImpl>& impl, Statement&& statement, Handler&& handler) {
        impl->ensure_discovery();
        auto job = std::make_shared<CallJob>(impl, std::move(statement), std::move(handler));
        job->completion_.cancels(*job);
        impl->shell().start(job);
        const std::stop_token& stop = job->statement_.options().stop;
        if (stop.stop_possible()) {
            job->on_stop_.emplace(stop, [weak = job->weak_from_this()] {
                if (const auto running = weak.lock()) running->cancel(Cancellation::partial);
            });
        }
    }

private:
    std::shared_ptr<ClientImpl> impl_;  // outlives the call
    Statement statement_;
    Completion<Handler> completion_;
    Call call_;
    std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

template <class Handler>
class ConnectJob final : public TaskJob<Connect, Handler> {
public:
    using TaskJob<Connect, Handler>::TaskJob;
    void finished(AsioShell::Stack stack) noexcept override {
        Error error = this->work_.take_error();
        if (!error && this->impl_->core().settings().enable_discovery) this->impl_->start_housekeeping();
        std::exception_ptr failure;
        if (error) failure = std::make_exception_ptr(Exception{std::move(error)});
        this->completion_(stack, std::move(failure));
    }
};

template <class Handler>
class CloseJob final : public TaskJob<Closing, Handler> {
public:
    using TaskJob<Closing, Handler>::TaskJob;
    void finished(AsioShell::Stack stack) noexcept override {
        this->completion_(stack, std::exception_ptr{}, this->work_.quiet());
    }
};

template <class Handler, class... Results>
void complete_foreign(Handler handler, Results... results) {
    Completion<Handler> completion{std::move(handler), asio::system_executor{}};
    completion(AsioShell::Stack::caller, std::make_exception_ptr(foreign_client()), std::move(results)...);
}

Outcome run_statement(ClientImpl& impl, const StatementView& statement) {
    if (impl.is_foreign()) throw foreign_client();
    impl.ensure_discovery();
    Call call{impl.core(), statement, AcquireRequest::Prefer::detached};
    impl.run(call, statement.options.stop);
    Outcome outcome = call.take_outcome();
    if (outcome.error != nullptr) throw Exception{std::move(*outcome.error)};
    return outcome;
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
    : impl_{std::make_shared<ClientImpl>(checked_settings(std::move(options), std::move(components)), std::nullopt)} {}

BasicClient::BasicClient(const asio::any_io_executor& executor, PoolOptions options, Components components)
    : impl_{std::make_shared<ClientImpl>(checked_settings(std::move(options), std::move(components)), executor)} {}

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
    return to_result(run_statement(*std::shared_ptr{impl_}, statement), std::type_identity<ExecuteResult>{});
}

Rows BasicClient::fetch_rows(const StatementView& statement) {
    return to_result(run_statement(*std::shared_ptr{impl_}, statement), std::type_identity<Rows>{});
}

std::vector<NodeStatus> BasicClient::nodes() const {
    if (impl_->is_foreign()) return {};
    return impl_->core().with_engine([](const Engine& engine) { return engine.nodes(); });
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

void BasicClient::start_connect(const std::shared_ptr<ClientImpl>& impl, const Readiness& readiness,
                                PlainHandler handler) {
    if (impl->is_foreign()) return complete_foreign(std::move(handler));
    using Job = ConnectJob<PlainHandler>;
    Job::start(std::make_shared<Job>(impl, std::move(handler), readiness));
}

void BasicClient::start_refresh(const std::shared_ptr<ClientImpl>& impl, PlainHandler handler) {
    start_connect(impl, topology_only, std::move(handler));
}

void BasicClient::start_ping(const std::shared_ptr<ClientImpl>& impl, PlainHandler handler) {
    if (impl->is_foreign()) return complete_foreign(std::move(handler));
    CallJob<void, PlainHandler>::start(impl, Statement{"SELECT 1"}, std::move(handler));
}

void BasicClient::start_close(const std::shared_ptr<ClientImpl>& impl, std::chrono::milliseconds deadline,
                              CloseHandler handler) {
    if (impl->is_foreign()) return complete_foreign(std::move(handler), true);
    impl->close();
    using Job = CloseJob<CloseHandler>;
    Job::start(std::make_shared<Job>(impl, std::move(handler), deadline));
}

void BasicClient::start_execute(const std::shared_ptr<ClientImpl>& impl, Statement statement, ExecuteHandler handler) {
    if (impl->is_foreign()) return complete_foreign(std::move(handler), ExecuteResult{});
    CallJob<ExecuteResult, ExecuteHandler>::start(impl, std::move(statement), std::move(handler));
}

void BasicClient::start_fetch(const std::shared_ptr<ClientImpl>& impl, Statement statement, FetchHandler handler) {
    if (impl->is_foreign()) return complete_foreign(std::move(handler), Rows{});
    CallJob<Rows, FetchHandler>::start(impl, std::move(statement), std::move(handler));
}

Client::Client(std::string dsn, Components components)
    : BasicClient{PoolOptions{.dsn = std::move(dsn), .enable_discovery = true}, std::move(components)} {}
Client::Client(ClientOptions options, Components components)
    : BasicClient{pool_options(std::move(options)), std::move(components)} {}
Client::Client(const asio::any_io_executor& executor, ClientOptions options, Components components)
    : BasicClient{executor, pool_options(std::move(options)), std::move(components)} {}

Pool::Pool(PoolOptions options, Components components) : BasicClient{std::move(options), std::move(components)} {}
Pool::Pool(const asio::any_io_executor& executor, PoolOptions options, Components components)
    : BasicClient{executor, std::move(options), std::move(components)} {}

}  // namespace picoxx
