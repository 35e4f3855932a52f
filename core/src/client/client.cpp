#include "client/call_job.hpp"
#include "client/client_impl.hpp"
#include "client/closing.hpp"
#include "client/connect.hpp"
#include "client/life_jobs.hpp"
#include "client/spare_executor.hpp"
#include "io/poll_shell.hpp"
#include "settings/settings.hpp"

#include <picoxx/client.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace picoxx {

namespace asio = boost::asio;

namespace {

Settings checked_settings(Options options, Components components, bool discovers) {
    Result<Settings> settings = make_settings(std::move(options), std::move(components),
                                              discovers ? DiscoveryDefault::on : DiscoveryDefault::off);
    if (!settings.ok()) throw Exception{std::move(settings).error()};
    return *std::move(settings);
}

// A client that was moved from, or that belongs to the process this one was forked from. In a forked child locks may be
// held and connections are the parent's: nothing of such a client is touched, not even to destroy it.
bool is_gone(const ClientImpl* impl) noexcept { return impl == nullptr || impl->is_foreign(); }

Exception gone(const ClientImpl* impl) {
    return Exception{make_error(
        Errc::closed, impl == nullptr ? "this client was moved from"
                                      : "this process was forked off after the client was made: it needs its own")};
}

void let_go(std::shared_ptr<ClientImpl> impl) {
    if (impl == nullptr) return;
    if (impl->is_foreign()) {
        static_cast<void>(new std::shared_ptr<ClientImpl>{std::move(impl)});
    } else {
        impl->shut_down();
    }
}

// The synchronous calls hold the client's inside, which so outlives them where the client itself is destroyed
// meanwhile.
// NOLINTBEGIN(performance-unnecessary-value-param)
template <class Answer>
Answer run_statement(std::shared_ptr<ClientImpl> impl, const StatementView& statement) {
    if (is_gone(impl.get())) throw gone(impl.get());
    impl->start_background();
    Call call{impl->core(), statement, Face::synchronous};
    PollShell{impl->core().mutex(), impl->terminated()}.run(call, statement.options.stop);
    Outcome&& outcome = call.take_outcome();
    if (outcome.error != nullptr) throw Exception{std::move(*outcome.error)};
    return to_result(std::move(outcome), std::type_identity<Answer>{});
}

void run_connect(std::shared_ptr<ClientImpl> impl, const Readiness& readiness, RefreshTurns::Need need) {
    if (is_gone(impl.get())) throw gone(impl.get());
    Connect connect{impl->core(), impl->refresh_turns(), readiness, need};
    PollShell{impl->core().mutex(), impl->closing()}.run(connect, {});
    if (Error error = connect.take_error()) throw Exception{std::move(error)};
    impl->start_background();
}
// NOLINTEND(performance-unnecessary-value-param)

constexpr Readiness topology_only{.min_ready = 0};

}  // namespace

BasicClient::BasicClient(Options options, Components components, const Defaults& defaults)
    : impl_{ClientImpl::make(checked_settings(std::move(options), std::move(components), defaults.enable_discovery),
                             std::nullopt)} {}

BasicClient::BasicClient(const asio::any_io_executor& executor, Options options, Components components,
                         const Defaults& defaults)
    : impl_{ClientImpl::make(checked_settings(std::move(options), std::move(components), defaults.enable_discovery),
                             executor)} {}

BasicClient::~BasicClient() { let_go(std::move(impl_)); }

BasicClient& BasicClient::operator=(BasicClient&& other) noexcept {
    if (this == &other) return *this;
    let_go(std::exchange(impl_, std::move(other.impl_)));
    return *this;
}

// ---- the synchronous face

void BasicClient::connect(const Readiness& readiness) { run_connect(impl_, readiness, RefreshTurns::Need::any); }

void BasicClient::refresh_topology() { run_connect(impl_, topology_only, RefreshTurns::Need::fresh); }

ExecuteResult BasicClient::run_execute(const StatementView& statement) {
    return run_statement<ExecuteResult>(impl_, statement);
}

Rows BasicClient::run_fetch(const StatementView& statement) { return run_statement<Rows>(impl_, statement); }

bool BasicClient::close(std::chrono::milliseconds deadline) {
    const std::shared_ptr<ClientImpl> impl = impl_;
    if (is_gone(impl.get())) return true;
    impl->close();
    Closing closing{impl->core(), deadline};
    PollShell{impl->core().mutex(), impl->terminated()}.run(closing, {});
    return closing.quiet();
}

void BasicClient::terminate() {
    if (const std::shared_ptr<ClientImpl> impl = impl_; !is_gone(impl.get())) impl->terminate();
}

// ---- observation and strategy

std::vector<NodeStatus> BasicClient::nodes() const {
    if (is_gone(impl_.get())) return {};
    return impl_->core().with_engine([](const Engine& engine) { return engine.nodes(); });
}

void BasicClient::set_balance_strategy(const StrategyChoice& choice) {
    if (is_gone(impl_.get())) throw gone(impl_.get());
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
    if (is_gone(impl_.get())) throw gone(impl_.get());
    impl_->core().with_engine([](Engine& engine) { engine.balancer().reset(); });
}

void BasicClient::renew_connections() {
    if (is_gone(impl_.get())) throw gone(impl_.get());
    impl_->renew_connections();
}

BalanceStatus BasicClient::balance_status() const {
    if (is_gone(impl_.get())) return {};
    return impl_->core().with_engine([](const Engine& engine) { return engine.balancer().status(); });
}

// ---- the asynchronous face

const asio::any_io_executor& BasicClient::executor_of(ClientImpl* impl) {
    return is_gone(impl) ? spare_executor() : impl->shell().executor();
}

namespace {

void start_connecting(const std::shared_ptr<ClientImpl>& impl, const Readiness& readiness, RefreshTurns::Need need,
                      detail::CompletionHandlerPtr<> handler) {
    if (is_gone(impl.get())) {
        handler.release()->complete(detail::Stack::caller, std::make_exception_ptr(gone(impl.get())));
        return;
    }
    auto job = std::make_shared<ConnectJob>(impl, readiness, need, std::move(handler));
    job->listen();
    impl->shell().start(job);
}

template <class... Answer>
void start_statement(const std::shared_ptr<ClientImpl>& impl, Statement&& statement,
                     detail::CompletionHandlerPtr<Answer...> handler) {
    if (is_gone(impl.get())) {
        handler.release()->complete(detail::Stack::caller, std::make_exception_ptr(gone(impl.get())), Answer{}...);
    } else {
        CallJob<Answer...>::start(impl, std::move(statement), std::move(handler));
    }
}

}  // namespace

void BasicClient::start_connect(const std::shared_ptr<ClientImpl>& impl, const Readiness& readiness,
                                detail::CompletionHandlerPtr<> handler) {
    start_connecting(impl, readiness, RefreshTurns::Need::any, std::move(handler));
}

void BasicClient::start_refresh(const std::shared_ptr<ClientImpl>& impl, detail::CompletionHandlerPtr<> handler) {
    start_connecting(impl, topology_only, RefreshTurns::Need::fresh, std::move(handler));
}

void BasicClient::start_ping(const std::shared_ptr<ClientImpl>& impl, detail::CompletionHandlerPtr<> handler) {
    start_statement<>(impl, Statement{"SELECT 1"}, std::move(handler));
}

void BasicClient::start_execute(const std::shared_ptr<ClientImpl>& impl, Statement&& statement,
                                detail::CompletionHandlerPtr<ExecuteResult> handler) {
    start_statement(impl, std::move(statement), std::move(handler));
}

void BasicClient::start_fetch(const std::shared_ptr<ClientImpl>& impl, Statement&& statement,
                              detail::CompletionHandlerPtr<Rows> handler) {
    start_statement(impl, std::move(statement), std::move(handler));
}

void BasicClient::start_close(const std::shared_ptr<ClientImpl>& impl, std::chrono::milliseconds deadline,
                              detail::CompletionHandlerPtr<bool> handler) {
    if (is_gone(impl.get())) {
        handler.release()->complete(detail::Stack::caller, std::make_exception_ptr(gone(impl.get())), true);
        return;
    }
    impl->close();
    impl->shell().start(std::make_shared<CloseJob>(impl, deadline, std::move(handler)));
}

}  // namespace picoxx
