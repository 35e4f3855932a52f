#pragma once

#include "io/event_descriptor.hpp"
#include "task/task.hpp"

#include <picoxx/port/session.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>

#include <poll.h>

namespace picoxx {

/// Drives one task to its end on the caller's thread: waits for sockets by poll(2), for its turn by a condition
/// variable.
class PollShell final : private Waker {
public:
    /// `client_mutex` is the lock under which the task's waker is called. `terminated` is raised when the client is
    /// ended at once.
    PollShell(std::mutex& client_mutex, const EventDescriptor& terminated) noexcept
        : mutex_{client_mutex}, terminated_{terminated} {}

    /// `stop` frees the caller wherever the task is; what was sent comes to its end without him.
    void run(Task& task, const std::stop_token& stop);

private:
    void wake() noexcept override;
    void stop_requested();

    [[nodiscard]] Wakeup wait(const Await& await, TimePoint now);
    [[nodiscard]] Wakeup wait_for_io(const Await& await, TimePoint now);
    [[nodiscard]] Wakeup wait_for_one_of(Race& race, TimePoint until, TimePoint now);
    static constexpr std::size_t own_descriptors = 2;
    [[nodiscard]] Wakeup wait_for_descriptors(std::span<pollfd> watched, TimePoint until, TimePoint now);
    [[nodiscard]] static pollfd watch(const Session& session) noexcept;
    [[nodiscard]] static Interest found(const pollfd& watched) noexcept;
    [[nodiscard]] Wakeup wait_for_io_or_turn(const Await& await, TimePoint now);
    [[nodiscard]] bool take_turn();
    [[nodiscard]] Wakeup wait_for_turn(TimePoint until);
    [[nodiscard]] Wakeup wait_for_name(ResolveRequest& request, TimePoint until, TimePoint now);

    std::mutex& mutex_;
    const EventDescriptor& terminated_;
    std::unique_ptr<EventDescriptor>
        event_;  // raised by a request to stop, a name's lookup, and a turn while polling for it
    std::optional<std::condition_variable> turn_;  // once there is a turn to wait for; under mutex_
    bool woken_ = false;                           // under mutex_
    bool polls_for_turn_ = false;                  // under mutex_
    std::atomic<bool> stop_requested_{false};
};

}  // namespace picoxx
