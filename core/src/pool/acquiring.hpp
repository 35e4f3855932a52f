#pragma once

#include "pool/client_core.hpp"
#include "pool/pooled_dial.hpp"
#include "task/task.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

namespace picoxx {

/// Gets a connection for one call: an idle one that still lives, one that it dials, or one that is given back while it
/// waits or dials, whichever comes first. A part of a task, driven by the same wake-ups.
class Acquiring {
public:
    /// The references outlive it.
    Acquiring(ClientCore& core, Face face) noexcept : core_{core} { request_.face = face; }
    /// Gives back what it holds.
    ~Acquiring() {
        if (holds_something()) give_up();
    }
    Acquiring(const Acquiring&) = delete;
    Acquiring& operator=(const Acquiring&) = delete;

    /// Gives back what it holds. The waker is not called any more.
    void give_up() noexcept;

    /// Whose nodes serve the call best. Before `start`.
    void wish_for(ReplicasetKey owner) noexcept { request_.owner = owner; }
    /// Begins, or begins anew where the connection was of no use. Nothing is given after `deadline`.
    [[nodiscard]] Await start(Waker& waker, TimePoint deadline, TimePoint now) {
        request_.waker = &waker;
        deadline_ = deadline;
        wait_until_ = no_deadline;
        only_this_node_ = asked_for_password_ = false;
        return ask(now);
    }
    /// A new connection to this very node, or an error. @pre a connection of that node is lost and its place is free
    [[nodiscard]] Await reopen(PoolNode& node, Waker& waker, TimePoint deadline, TimePoint now);
    /// @return `finished` when `take` or `take_error` has something to give. Not for `cancelled`: see `stop`.
    [[nodiscard]] Await resume(const Wakeup& wakeup, TimePoint now);
    /// The connection, which is the caller's now; null where there is none. @pre finished
    [[nodiscard]] std::unique_ptr<Connection> take() noexcept { return std::move(connection_); }
    /// Why there is none, with Effect none. @pre finished, and `take` gave null
    [[nodiscard]] Error take_error() noexcept { return std::move(*error_); }

    /// The caller gives up. @return `code` with what had been going on
    [[nodiscard]] Error stop(Errc code, TimePoint now);
    /// A connection of some node failed the call: for the strategy. The owner is no wish any more.
    void count_failure() noexcept {
        ++request_.attempt;
        request_.owner = ReplicasetKey::none;
    }
    [[nodiscard]] ReplicasetKey wish() const noexcept { return request_.owner; }

private:
    enum class Stage : std::uint8_t { resting, waiting, dialling };

    // A connection unused for longer is looked at before it is given, since it may have ended in the meantime. Below
    // that the look would cost more than it finds: a system call for every statement of a busy client.
    static constexpr std::chrono::milliseconds trusted_for{1};

    [[nodiscard]] Await ask(TimePoint now);
    [[nodiscard]] Await follow(Acquisition&& acquisition, TimePoint now);
    /// Whether the connection is of use: it may have ended while it was idle.
    [[nodiscard]] bool use(std::unique_ptr<Connection> connection, TimePoint now) {
        connection_ = std::move(connection);
        return now - connection_->last_used() <= trusted_for || lives(now);
    }
    [[nodiscard]] bool lives(TimePoint now);
    [[nodiscard]] Await await_turn(TimePoint now);
    [[nodiscard]] Await dial(PoolNode& node, TimePoint now);
    [[nodiscard]] Await go_on_dialling(const Wakeup& wakeup, TimePoint now);
    [[nodiscard]] Await dialled(Await await, TimePoint now);
    [[nodiscard]] Await overtaken(TimePoint now);
    [[nodiscard]] Await look_elsewhere(TimePoint now);
    [[nodiscard]] Await expired(TimePoint now);
    [[nodiscard]] bool is_served();
    [[nodiscard]] Await finish(Error error);
    [[nodiscard]] Error stop_waiting(Errc code, TimePoint now);
    [[nodiscard]] Error stop_dialling(Errc code, TimePoint now);
    void withdraw(TimePoint now);
    void give_back(Acquisition&& grant, TimePoint now);
    [[nodiscard]] bool holds_something() const noexcept {
        return stage_ == Stage::waiting || connection_ != nullptr || request_.queued;
    }
    void log_balancer() const;

    ClientCore& core_;
    AcquireRequest request_;
    Stage stage_ = Stage::resting;
    bool only_this_node_ = false;
    bool asked_for_password_ = false;
    bool beside_ = false;  // the dial, it waits for what others give back
    TimePoint deadline_ = no_deadline;
    TimePoint wait_until_;  // from the first wait on
    TimePoint look_at_;     // for who else there is; while dialling
    TimePoint now_{};       // when it was last resumed
    std::unique_ptr<PooledDial> dial_;
    std::unique_ptr<Connection> connection_;
    std::unique_ptr<Error> error_;
};

}  // namespace picoxx
