#include "client/client_impl.hpp"
#include "request/call.hpp"
#include "topology/refresh.hpp"

#include <picoxx/client.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

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
                       .log = std::move(options.log)};
}

ExecuteResult to_result(Outcome&& outcome, std::type_identity<ExecuteResult>) {
    return ExecuteResult{std::move(outcome.status), outcome.affected_rows};
}

Rows to_result(Outcome&& outcome, std::type_identity<Rows>) {
    return Rows{std::move(outcome.rows), std::move(outcome.status)};
}

std::exception_ptr to_failure(Error&& error) {
    return error ? std::make_exception_ptr(Exception{std::move(error)}) : nullptr;
}

// Completes a handler on its own executor, and keeps that busy until then. It goes there by way of the client's executor, outside of
// the client's strand: so a handler runs neither inside the call that started it nor in the client's way.
template <class Handler>
class Completion {
public:
    Completion(Handler handler, const AsioShell& shell)
        : way_{shell.executor().get_inner_executor()},
          executor_{
              asio::prefer(asio::get_associated_executor(handler, way_), asio::execution::outstanding_work.tracked)},
          handler_{std::move(handler)} {}

    template <class... Results>
    void operator()(std::exception_ptr failure, Results... results) {
        asio::post(way_, [executor = std::move(executor_), handler = std::move(handler_), failure = std::move(failure),
                          ... held = std::move(results)]() mutable {
            auto last = std::move(executor);
            asio::dispatch(last, [handler = std::move(handler), failure = std::move(failure),
                                  ... values = std::move(held)]() mutable {
                std::move(handler)(std::move(failure), std::move(values)...);
            });
        });
    }

private:
    using Way = asio::any_io_executor;
    using Executor = std::decay_t<decltype(asio::prefer(std::declval<asio::associated_executor_t<Handler, Way>>(),
                                                        asio::execution::outstanding_work.tracked))>;

    Way way_;
    Executor executor_;
    Handler handler_;
};

template <class Answer, class Handler>
class CallJob final : public AsioShell::Job {
public:
    CallJob(std::shared_ptr<ClientImpl> impl, Statement statement, Handler handler)
        : impl_{std::move(impl)},
          statement_{std::move(statement)},
          completion_{std::move(handler), impl_->shell()},
          call_{impl_->core(), StatementView{statement_.sql(), &statement_.parameters(), statement_.options()},
                AcquireRequest::Prefer::attached} {}

    Task& task() noexcept override { return call_; }
    void finished() noexcept override {
        Outcome outcome = call_.take_outcome();
        std::exception_ptr failure = to_failure(std::move(outcome.error));
        completion_(std::move(failure), to_result(std::move(outcome), std::type_identity<Answer>{}));
    }

private:
    std::shared_ptr<ClientImpl> impl_;
    Statement statement_;
    Completion<Handler> completion_;
    Call call_;
};

template <class Handler>
class RefreshJob final : public AsioShell::Job {
public:
    RefreshJob(std::shared_ptr<ClientImpl> impl, Handler handler)
        : impl_{std::move(impl)}, completion_{std::move(handler), impl_->shell()}, refresh_{impl_->core()} {}

    Task& task() noexcept override { return refresh_; }
    void finished() noexcept override {
        Error error = refresh_.error();
        if (refresh_.superfluous() && impl_->core().with_engine([](Engine& engine) { return engine.closed(); })) {
            error = make_error(Errc::closed, "the client is closed");
        }
        if (!error) impl_->start_housekeeping();
        completion_(to_failure(std::move(error)));
    }

private:
    std::shared_ptr<ClientImpl> impl_;
    Completion<Handler> completion_;
    Refresh refresh_;
};

// Connecting where there is nothing to discover.
template <class Handler>
class ConnectJob final : public AsioShell::Job {
public:
    ConnectJob(std::shared_ptr<ClientImpl> impl, Handler handler)
        : impl_{std::move(impl)},
          completion_{std::move(handler), impl_->shell()},
          call_{impl_->core(), AcquireRequest::Prefer::attached} {}

    Task& task() noexcept override { return call_; }
    void finished() noexcept override { completion_(to_failure(std::move(call_.take_outcome().error))); }

private:
    std::shared_ptr<ClientImpl> impl_;
    Completion<Handler> completion_;
    Call call_;
};

Outcome run_statement(ClientImpl& impl, const StatementView& statement) {
    impl.ensure_discovery();
    Call call{impl.core(), statement, AcquireRequest::Prefer::detached};
    impl.run(call);
    Outcome outcome = call.take_outcome();
    if (outcome.error) throw Exception{std::move(outcome.error)};
    return outcome;
}

}  // namespace

BasicClient::BasicClient(PoolOptions options, Components components)
    : impl_{std::make_shared<ClientImpl>(checked_settings(std::move(options), std::move(components)), std::nullopt)} {}

BasicClient::BasicClient(const asio::any_io_executor& executor, PoolOptions options, Components components)
    : impl_{std::make_shared<ClientImpl>(checked_settings(std::move(options), std::move(components)), executor)} {}

BasicClient::~BasicClient() {
    if (impl_ != nullptr) impl_->shut_down();
}

BasicClient& BasicClient::operator=(BasicClient&& other) noexcept {
    if (this == &other) return *this;
    if (impl_ != nullptr) impl_->shut_down();
    impl_ = std::move(other.impl_);
    return *this;
}

void BasicClient::connect() {
    if (impl_->core().settings().enable_discovery) {
        refresh_topology();
        impl_->start_housekeeping();
        return;
    }
    Call call{impl_->core(), AcquireRequest::Prefer::detached};
    impl_->run(call);
    if (Outcome outcome = call.take_outcome(); outcome.error) throw Exception{std::move(outcome.error)};
}

void BasicClient::refresh_topology() {
    ClientCore& core = impl_->core();
    if (!core.settings().enable_discovery) return;
    const auto patience = core.settings().timeouts.connect + core.settings().discovery.timeout;
    for (;;) {
        Refresh refresh{core};
        impl_->run(refresh);
        if (refresh.error()) throw Exception{refresh.error()};
        if (!refresh.superfluous()) return;
        if (core.with_engine([](Engine& engine) { return engine.closed(); })) {
            throw Exception{make_error(Errc::closed, "the client is closed")};
        }
        // One is under way elsewhere; after it comes this one.
        if (!core.wait_for_refresh(patience)) {
            throw Exception{make_error(Errc::deadline_exceeded, "another look at the topology did not end in time")};
        }
    }
}

ExecuteResult BasicClient::execute(const StatementView& statement) {
    return to_result(run_statement(*impl_, statement), std::type_identity<ExecuteResult>{});
}

Rows BasicClient::fetch_rows(const StatementView& statement) {
    return to_result(run_statement(*impl_, statement), std::type_identity<Rows>{});
}

std::vector<NodeStatus> BasicClient::nodes() const {
    return impl_->core().with_engine([](const Engine& engine) { return engine.nodes(); });
}

bool BasicClient::close(std::chrono::milliseconds deadline) { return impl_->close(deadline); }

void BasicClient::start_connect(const std::shared_ptr<ClientImpl>& impl, PlainHandler handler) {
    if (impl->core().settings().enable_discovery) {
        impl->shell().start(std::make_shared<RefreshJob<PlainHandler>>(impl, std::move(handler)));
    } else {
        impl->shell().start(std::make_shared<ConnectJob<PlainHandler>>(impl, std::move(handler)));
    }
}

void BasicClient::start_execute(const std::shared_ptr<ClientImpl>& impl, Statement statement, ExecuteHandler handler) {
    impl->ensure_discovery();
    impl->shell().start(
        std::make_shared<CallJob<ExecuteResult, ExecuteHandler>>(impl, std::move(statement), std::move(handler)));
}

void BasicClient::start_fetch(const std::shared_ptr<ClientImpl>& impl, Statement statement, FetchHandler handler) {
    impl->ensure_discovery();
    impl->shell().start(std::make_shared<CallJob<Rows, FetchHandler>>(impl, std::move(statement), std::move(handler)));
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
