#pragma once

#include "log/logger.hpp"
#include "pool/engine.hpp"
#include "session/dial.hpp"
#include "settings/settings.hpp"
#include "task/task.hpp"

#include <picoxx/port/result.hpp>
#include <picoxx/port/session.hpp>

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
    /// `clock` measures the picks of the strategy; everything else is told the time.
    ClientCore(Settings settings, std::uint64_t random_seed, Balancer::ReadClock clock = &Clock::now);
    ~ClientCore();
    ClientCore(const ClientCore&) = delete;
    ClientCore& operator=(const ClientCore&) = delete;

    [[nodiscard]] const Settings& settings() const noexcept { return settings_; }
    [[nodiscard]] const Logger& log() const noexcept { return log_; }

    /// Runs `action(engine)` under the lock; what the engine threw away is destroyed after it, and what it has to tell
    /// is logged.
    template <class Action>
    auto with_engine(Action&& action) {
        // Declared first: destroyed when the lock is free again, since closing connections and logging is I/O.
        std::unique_ptr<Leftovers> leftovers;
        const std::lock_guard lock{mutex_};
        struct Sweep {
            ClientCore& core;
            std::unique_ptr<Leftovers>& leftovers;
            ~Sweep() {
                if (core.engine_.needs_attention()) [[unlikely]]
                    leftovers = core.take_leftovers();
            }
        } sweep{*this, leftovers};
        return std::forward<Action>(action)(engine_);
    }
    /// The lock itself, for a synchronous caller that waits for its turn.
    [[nodiscard]] std::mutex& mutex() noexcept { return mutex_; }

    /// Where tasks go that nobody waits for. Set once, before the first call; it may start a thread on first use.
    void set_background(std::function<void(std::unique_ptr<Task>)> spawn) { spawn_ = std::move(spawn); }
    /// @return false where there is no background, for want of a thread or memory: what nobody waits for is then left
    /// undone
    bool spawn(std::unique_ptr<Task> task) const noexcept;
    /// Who finds out, in the background, to which node a connection leads: see Engine::take_unidentified. Without it
    /// nobody does.
    using Identify = std::function<void(std::unique_ptr<Connection>)>;
    void set_identify(Identify identify) { identify_ = std::move(identify); }
    /// The router wants to ask, or the nodes have changed: whoever lets it ask is woken.
    void want_routes() noexcept;
    /// Asking resets it.
    [[nodiscard]] bool take_routes_wanted() noexcept;
    /// Null: nobody's.
    void on_routes_wanted(Waker* waker) noexcept;

    /// Shared by all dials.
    [[nodiscard]] UnansweredHandshakes& unanswered() noexcept { return unanswered_; }
    /// What came of a dial. Where it is still under way at other addresses, that goes on in the background.
    /// @pre it has come to its end
    [[nodiscard]] Result<std::unique_ptr<Session>> take_dialled(Dial& dial) const;

    /// Where nodes are left alone since they refused a password, and there is another one now: they are tried at once.
    /// @return whether that is so
    bool takes_new_password(TimePoint now);

    /// No new work; idle connections are closed.
    void close();
    /// Has `waker` called once when no connection of a closed client is in use any more. @return false where none is
    [[nodiscard]] bool await_quiet(Waker& waker);
    /// It need not be called any more.
    void withdraw(Waker& waker) noexcept;

private:
    // What the engine leaves to be done outside of the lock.
    struct Leftovers {
        ClientCore& core;
        ConnectionChain garbage;
        std::vector<PoolEvent> events;
        std::vector<PoolNode*> dials;
        ConnectionChain unidentified;
        ~Leftovers() { core.carry_out(*this); }
    };
    // Null where there are none, or no memory for them: they are left for the next time.
    [[nodiscard]] std::unique_ptr<Leftovers> take_leftovers() noexcept;
    void carry_out(Leftovers& leftovers) noexcept;
    void notice_quiet() noexcept;

    Settings settings_;
    UnansweredHandshakes unanswered_;  // after the settings, to which it refers
    Logger log_;
    mutable std::mutex mutex_;
    Engine engine_;
    std::vector<Waker*> waiting_for_quiet_;  // under mutex_
    bool routes_wanted_ = false;             // the same
    Waker* routes_waker_ = nullptr;          // the same
    std::function<void(std::unique_ptr<Task>)> spawn_;
    Identify identify_;
};

}  // namespace picoxx
