#pragma once

#include "pool/client_core.hpp"
#include "pool/pooled_dial.hpp"
#include "session/exchange.hpp"
#include "task/task.hpp"

#include <picoxx/statement.hpp>

#include <cstdint>
#include <memory>

namespace picoxx {

/// One statement from the caller to the server and back: gets a connection (dialling if need be), runs the statement on it, gives the
/// connection back, and tries again elsewhere where it is certain that nothing was executed.
class Call final : public Task {
public:
    /// `statement` and what it refers to, and `core`, live as long as the call.
    Call(ClientCore& core, const StatementView& statement, Face face) noexcept;
    /// Gives back what it holds, if it is destroyed before it finished.
    ~Call() override;

    Await resume(const Wakeup& wakeup, TimePoint now) noexcept override;

    /// @pre resume answered `finished`
    [[nodiscard]] Outcome&& take_outcome() noexcept { return std::move(outcome_); }
    [[nodiscard]] Connection* connection() const noexcept override { return connection_.get(); }

private:
    enum class Stage : std::uint8_t { starting, waiting, dialling, executing, finished };

    // Statements of unknown effect are not repeated, so this bounds only attempts that executed nothing.
    static constexpr std::uint32_t max_attempts = 4;
    // A connection unused for longer is looked at before it is used, since it may have ended in the meantime. Below that the look
    // would cost more than it finds: a system call for every statement of a busy client.
    static constexpr std::chrono::milliseconds trusted_for{1};

    [[nodiscard]] Await begin(TimePoint now);
    [[nodiscard]] Await acquire(TimePoint now);
    void log_balancer() const;
    [[nodiscard]] Await follow(Acquisition&& acquisition, TimePoint now);
    [[nodiscard]] Await await_turn(TimePoint now);
    void give_back(Acquisition&& grant, TimePoint now);
    [[nodiscard]] Await dialled(Await await, TimePoint now);
    [[nodiscard]] Await execute(TimePoint now);
    [[nodiscard]] Await executed(TimePoint now);
    [[nodiscard]] Await expired(TimePoint now);
    [[nodiscard]] Await cancelled(Cancellation cancellation, TimePoint now);
    [[nodiscard]] Await stop_waiting(Errc code, TimePoint now);
    [[nodiscard]] Await stop_dialling(Errc code);
    [[nodiscard]] Await stop_executing(Errc code, Cancellation cancellation, TimePoint now);
    [[nodiscard]] Await connection_failed(Error error, TimePoint now);
    [[nodiscard]] Await finish(Error error) noexcept;
    [[nodiscard]] Await out_of_time(Effect effect);
    void add_failed_nodes(Error& error) const;

    ClientCore& core_;
    StatementView statement_;
    AcquireRequest request_;
    Stage stage_ = Stage::starting;
    TimePoint deadline_ = no_deadline;
    TimePoint acquire_until_ = no_deadline;
    TimePoint statement_started_{};
    TimePoint now_{};  // when it was last resumed
    std::uint32_t attempts_ = 0;
    std::uint32_t stale_retries_ = 0;
    Effect effect_so_far_ = Effect::none;
    std::unique_ptr<PooledDial> dial_;
    std::unique_ptr<Connection> connection_;
    Outcome outcome_;
};

}  // namespace picoxx
