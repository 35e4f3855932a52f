#pragma once

#include "client/settings.hpp"
#include "io/task.hpp"
#include "log/logger.hpp"
#include "pool/engine.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace picoxx {

/// What all calls of one client share: its settings, the engine under its one lock, and the way to the background.
/// No thread, no clock, no I/O: those belong to the shells.
/// Thread safety: all functions are safe.
class ClientCore {
public:
    ClientCore(Settings settings, std::uint64_t random_seed);
    ~ClientCore();
    ClientCore(const ClientCore&) = delete;
    ClientCore& operator=(const ClientCore&) = delete;

    [[nodiscard]] const Settings& settings() const noexcept { return settings_; }
    [[nodiscard]] const Logger& log() const noexcept { return log_; }

    /// Runs `action(engine)` under the lock; what the engine threw away is destroyed after it.
    template <class Action>
    auto with_engine(Action&& action) {
        // Declared first: destroyed when the lock is free again, since closing connections is I/O.
        std::vector<std::unique_ptr<Connection>> garbage;
        const std::lock_guard lock{mutex_};
        struct Sweep {
            ClientCore& core;
            std::vector<std::unique_ptr<Connection>>& garbage;
            ~Sweep() {
                garbage = core.engine_.take_garbage();
                if (core.engine_.closed() && core.engine_.busy() == 0) core.quiet_.notify_all();
            }
        } sweep{*this, garbage};
        return std::forward<Action>(action)(engine_);
    }
    /// The lock itself, for a synchronous caller that waits for its turn.
    [[nodiscard]] std::mutex& mutex() noexcept { return mutex_; }

    /// Where tasks go that nobody waits for. Set once, before the first call; it may start a thread on first use.
    void set_background(std::function<void(std::unique_ptr<Task>)> spawn) { spawn_ = std::move(spawn); }
    void spawn(std::unique_ptr<Task> task) const noexcept;

    /// One refresh at a time: true for the one that may start now.
    [[nodiscard]] bool begin_refresh() noexcept;
    /// Waits until no refresh is under way. @return whether that came about in time
    [[nodiscard]] bool wait_for_refresh(std::chrono::milliseconds time);
    void end_refresh() noexcept;
    /// No new work; idle connections are closed.
    void close();
    /// Waits until no connection of a closed client is in use. @return whether that came about in time
    [[nodiscard]] bool wait_until_quiet(std::chrono::milliseconds time);
    /// The connection discovery keeps between two looks, if it is at `endpoint`. Only the running refresh uses it.
    struct DiscoveryConnection {
        Endpoint endpoint;
        std::unique_ptr<Session> session;
        std::uint32_t looks = 0;  ///< Refreshes it served.
    };
    [[nodiscard]] DiscoveryConnection& discovery_connection() noexcept { return discovery_connection_; }

private:
    Settings settings_;
    Logger log_;
    mutable std::mutex mutex_;
    Engine engine_;
    std::condition_variable quiet_;
    std::condition_variable refreshed_;
    bool refreshing_ = false;  // under mutex_
    DiscoveryConnection discovery_connection_;
    std::function<void(std::unique_ptr<Task>)> spawn_;
};

}  // namespace picoxx
