#pragma once

#include "call/call.hpp"
#include "client/client_impl.hpp"
#include "client/job_cancellation.hpp"
#include "client/job_memory.hpp"
#include "io/asio_shell.hpp"

#include <picoxx/detail/completion.hpp>
#include <picoxx/exception.hpp>
#include <picoxx/rows.hpp>
#include <picoxx/statement.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace picoxx {

/// What a call's outcome is to its caller, who knows already that there is no error.
[[nodiscard]] inline ExecuteResult to_result(Outcome&& outcome, std::type_identity<ExecuteResult>) {
    return ExecuteResult{std::string{outcome.status.view()}, outcome.affected_rows};
}
[[nodiscard]] inline Rows to_result(Outcome&& outcome, std::type_identity<Rows>) {
    return Rows{std::move(outcome.rows), outcome.status};
}

/// One asynchronous statement and who waits for its answer.
template <class... Answer>
class CallJob final : public AsioShell::Job {
public:
    using Handler = detail::CompletionHandlerPtr<Answer...>;

    CallJob(const std::shared_ptr<ClientImpl>& impl, Statement&& statement, Handler handler)
        : impl_{impl},
          statement_{std::move(statement)},
          view_{statement_.sql(), &statement_.parameters(), statement_.options()},
          handler_{std::move(handler)},
          call_{impl_->core(), view_, Face::asynchronous} {}

    Task& task() noexcept override { return call_; }
    void finished(detail::Stack stack) override {
        Outcome&& outcome = call_.take_outcome();
        std::exception_ptr failure = outcome.error == nullptr
                                         ? nullptr
                                         : std::make_exception_ptr(Exception{std::move(*outcome.error)});
        handler_.release()->complete(stack, std::move(failure),
                                     to_result(std::move(outcome), std::type_identity<Answer>{})...);
    }

    /// @pre the client may be used in this process
    static void start(const std::shared_ptr<ClientImpl>& impl, Statement&& statement, Handler handler) {
        impl->start_background();
        auto job = std::allocate_shared<CallJob>(JobMemory<CallJob>{}, impl, std::move(statement), std::move(handler));
        if (const auto slot = job->handler_->slot(); slot.is_connected()) cancel_on_signal(*job, slot);
        const bool stoppable = job->statement_.options().stop.stop_possible();
        impl->shell().start(job);
        if (!stoppable) return;
        job->on_stop_.emplace(job->statement_.options().stop, [weak = job->weak_from_this()] {
            if (const auto running = weak.lock()) running->cancel(Cancellation::partial);
        });
    }

private:
    std::shared_ptr<ClientImpl> impl_;  // outlives the call
    Statement statement_;
    StatementView view_;  // of it
    Handler handler_;
    Call call_;
    std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

}  // namespace picoxx
