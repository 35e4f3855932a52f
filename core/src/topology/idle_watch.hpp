#pragma once

#include "pool/client_core.hpp"
#include "task/task.hpp"

#include <chrono>
#include <cstddef>

namespace picoxx {

/// Looks after connections in the background: notices that an idle one has ended, so that no call meets it, closes
/// those whose time is over, makes those that are to lie ready, and asks for another password where one was refused.
/// Ends when the client is closed.
class IdleWatch final : public Task {
public:
    /// How soon each of these is noticed.
    static constexpr std::chrono::seconds pause{1};

    /// `core` outlives the task.
    explicit IdleWatch(ClientCore& core) noexcept : core_{core} {}
    ~IdleWatch() override { IdleWatch::let_go(); }

    Await resume(const Wakeup& wakeup, TimePoint now) noexcept override;
    void let_go() noexcept override;

private:
    void look(TimePoint now);
    void keep_to_times(TimePoint now);

    ClientCore& core_;
    TimePoint next_look_{};
    std::size_t dials_left_ = 0;  // until then
    bool waits_for_dial_ = false;
};

}  // namespace picoxx
