#pragma once

#include "io/task.hpp"

#include <condition_variable>
#include <mutex>

namespace picoxx {

/// Drives one task to its end on the caller's thread: waits for sockets by poll(2), for its turn by a condition variable.
class PollShell final : private Waker {
public:
    /// `client_mutex` is the lock under which the task's waker is called.
    explicit PollShell(std::mutex& client_mutex) noexcept : mutex_{client_mutex} {}

    void run(Task& task);

private:
    void wake() noexcept override;

    [[nodiscard]] static Wakeup wait_for_io(const Session& session, TimePoint until);
    [[nodiscard]] Wakeup wait_for_turn(TimePoint until);

    std::mutex& mutex_;
    std::condition_variable turn_;
    bool woken_ = false;  // under mutex_
};

}  // namespace picoxx
