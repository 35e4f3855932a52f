#pragma once

#include "call/attempt.hpp"
#include "call/next_step.hpp"
#include "pool/acquiring.hpp"
#include "pool/client_core.hpp"
#include "task/task.hpp"

#include <picoxx/statement.hpp>

#include <cstdint>
#include <memory>

namespace picoxx {

/// One statement from the caller to the server and back: gets a connection, attempts the statement on it, gives the
/// connection back, and does what `next_step` says.
class Call final : public Task {
public:
    /// `statement` and what it refers to, and `core`, live as long as the call.
    Call(ClientCore& core, const StatementView& statement, Face face) noexcept
        : core_{core}, statement_{statement}, acquiring_{core, face} {}
    Call(ClientCore& core, StatementView&& statement, Face face) = delete;  // it would be gone
    /// Gives back what it holds, if it is destroyed before it finished.
    ~Call() override;

    Await resume(const Wakeup& wakeup, TimePoint now) override;
    void fail(const std::exception_ptr& reason) noexcept override;
    void let_go() noexcept override;

    /// @pre resume answered `finished`
    [[nodiscard]] Outcome&& take_outcome() noexcept { return std::move(outcome_); }
    [[nodiscard]] Connection* connection() const noexcept override { return attempt_.connection(); }

private:
    enum class Stage : std::uint8_t { starting, acquiring, executing, finished };

    [[nodiscard]] Await begin(TimePoint now);
    void route();
    void note_route(Connection& connection);
    [[nodiscard]] bool needs_a_look() const;
    [[nodiscard]] std::unique_ptr<Error> why_not_sent() const;
    [[nodiscard]] bool rest_is_late(TimePoint now) const noexcept;
    [[nodiscard]] Await acquired(const Await& await, TimePoint now);
    [[nodiscard]] Await executed(TimePoint now);
    [[nodiscard]] Await refused_or_lost(const Verdict& verdict, TimePoint now);
    [[nodiscard]] Await lost(NextStep next, TimePoint now);
    [[nodiscard]] Await replaced(TimePoint now);
    [[nodiscard]] Await answered(TimePoint now);
    [[nodiscard]] Await stop(Errc code, Cancellation cancellation, TimePoint now);
    [[nodiscard]] Await stop_executing(Errc code, Cancellation cancellation, TimePoint now);
    [[nodiscard]] Await finish(Error error);

    ClientCore& core_;
    const StatementView& statement_;
    Stage stage_ = Stage::starting;
    bool is_routed_ = false;  // the router was asked
    TimePoint deadline_ = no_deadline;
    TimePoint now_{};  // when it was last resumed
    Acquiring acquiring_;
    Attempt attempt_;
    Attempts attempts_;
    Effect attempt_effect_ = Effect::none;  // what the attempt has done at worst, as far as is known
    // Of attempts before this one: the worst they may have done, and why the last one has to be repeated at the same
    // node.
    Effect effect_so_far_ = Effect::none;
    std::unique_ptr<Error> loss_;
    Outcome outcome_;
};

}  // namespace picoxx
