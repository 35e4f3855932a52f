#pragma once

#include "pool/client_core.hpp"
#include "session/dial.hpp"
#include "task/task.hpp"
#include "topology/refresh_turns.hpp"

#include <picoxx/port/endpoint.hpp>

#include <memory>

namespace picoxx {

/// A dial of discovery's that took its time, so that another node is asked, or whose caller has left. It is made to its
/// end in the background: a handshake that is broken off may count as a failed login. Whoever looks then may have the
/// connection.
class LeftDial final : public Task {
public:
    /// In the background, or ended at once where there is none.
    static void start(ClientCore& core, RefreshTurns& turns, Endpoint endpoint, std::unique_ptr<Dial> dial) noexcept;
    /// The references outlive the task. @pre the engine granted the dial, and has not heard of its end
    LeftDial(ClientCore& core, RefreshTurns& turns, Endpoint endpoint, std::unique_ptr<Dial> dial) noexcept
        : core_{core}, turns_{turns}, endpoint_{std::move(endpoint)}, dial_{std::move(dial)} {}
    ~LeftDial() override { LeftDial::let_go(); }

    Await resume(const Wakeup& wakeup, TimePoint now) override;
    void let_go() noexcept override;

private:
    void end(std::unique_ptr<Session> session, Error error, TimePoint now);

    ClientCore& core_;
    RefreshTurns& turns_;
    Endpoint endpoint_;
    std::unique_ptr<Dial> dial_;
    TimePoint now_{};
};

}  // namespace picoxx
