#pragma once

#include "client/client_impl.hpp"
#include "client/closing.hpp"
#include "client/connect.hpp"
#include "client/job_cancellation.hpp"
#include "io/asio_shell.hpp"

#include <picoxx/detail/completion.hpp>
#include <picoxx/exception.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <utility>

namespace picoxx {

/// `async_connect` and `async_refresh_topology`, and who waits for their end.
class ConnectJob final : public AsioShell::Job {
public:
    ConnectJob(const std::shared_ptr<ClientImpl>& impl, const Readiness& readiness, RefreshTurns::Need need,
               detail::CompletionHandlerPtr<> handler)
        : impl_{impl}, handler_{std::move(handler)}, connect_{impl_->core(), impl_->refresh_turns(), readiness, need} {}

    [[nodiscard]] EndsAt ends_at() const noexcept override { return EndsAt::close; }
    void listen() { cancel_on_signal(*this, handler_->slot()); }

    Task& task() noexcept override { return connect_; }
    void finished(detail::Stack stack) override {
        Error error = connect_.take_error();
        std::exception_ptr failure;
        if (error) {
            failure = std::make_exception_ptr(Exception{std::move(error)});
        } else {
            impl_->start_background();
        }
        handler_.release()->complete(stack, std::move(failure));
    }

private:
    std::shared_ptr<ClientImpl> impl_;  // outlives the work
    detail::CompletionHandlerPtr<> handler_;
    Connect connect_;
};

/// `async_close`, and who waits for its end.
class CloseJob final : public AsioShell::Job {
public:
    CloseJob(const std::shared_ptr<ClientImpl>& impl, std::chrono::milliseconds patience,
             detail::CompletionHandlerPtr<bool> handler)
        : impl_{impl}, handler_{std::move(handler)}, closing_{impl_->core(), patience} {}

    Task& task() noexcept override { return closing_; }
    void finished(detail::Stack stack) override { handler_.release()->complete(stack, nullptr, closing_.quiet()); }

private:
    std::shared_ptr<ClientImpl> impl_;
    detail::CompletionHandlerPtr<bool> handler_;
    Closing closing_;
};

}  // namespace picoxx
