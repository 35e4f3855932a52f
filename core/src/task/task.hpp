#pragma once

#include <picoxx/port/error.hpp>
#include <picoxx/port/session.hpp>
#include <picoxx/port/time.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace picoxx {

class Connection;

/// A name to be resolved outside of the task, since resolving blocks.
struct ResolveRequest {
    std::string host;
    std::vector<std::string> addresses;  ///< Numeric; filled by the shell.
    std::string failure;                 ///< Why there are none.
};

/// Sessions that connect side by side: the first whose socket becomes ready goes on.
struct Race {
    std::vector<Session*> sessions;
    std::size_t ready = 0;  ///< Which one that is; filled by the shell, which then resumes with `ready`.
};

/// What a task waits for next.
struct Await {
    enum class Kind : std::uint8_t {
        io,    ///< The session's socket becomes ready as `interest` says, or, without a session, one of `race`.
        turn,  ///< Somebody calls the task's Waker.
        io_or_turn,  ///< Either of the two, whichever comes first: `ready` or `turn`. A shell may say `turn` for an earlier call, too.
        resolve,   ///< `request` is filled.
        finished,  ///< Nothing: the task is over.
    };
    Kind kind = Kind::finished;
    Session* session = nullptr;
    union Others {
        ResolveRequest* request = nullptr;  ///< With `resolve`.
        Race* race;                         ///< With io where there is no session but several.
    } of{};
    TimePoint until = no_deadline;  ///< The task is resumed with `expired` then, if nothing else came first.

    [[nodiscard]] static Await for_io(Session& session, TimePoint until) noexcept {
        return Await{Kind::io, &session, {nullptr}, until};
    }
    [[nodiscard]] static Await for_one_of(Race& race, TimePoint until) noexcept {
        return Await{Kind::io, nullptr, {.race = &race}, until};
    }
    [[nodiscard]] static Await for_turn(TimePoint until) noexcept {
        return Await{Kind::turn, nullptr, {nullptr}, until};
    }
    [[nodiscard]] static Await for_name(ResolveRequest& request, TimePoint until) noexcept {
        return Await{Kind::resolve, nullptr, {&request}, until};
    }
    /// Which waits for io, and now for a turn, too.
    [[nodiscard]] Await or_turn() const noexcept {
        Await both = *this;
        both.kind = Kind::io_or_turn;
        return both;
    }

    [[nodiscard]] bool hears_io() const noexcept { return kind == Kind::io || kind == Kind::io_or_turn; }
    [[nodiscard]] bool hears_waker() const noexcept { return kind == Kind::turn || kind == Kind::io_or_turn; }
};

/// How far a caller wants to go back, in Asio's words.
enum class Cancellation : std::uint8_t {
    total,     ///< Only if nothing was sent; else the task goes on as if nothing had been asked.
    partial,   ///< The caller is freed; what was sent comes to its end without him.
    terminal,  ///< The connection may be lost over it.
};

/// Why a task is resumed.
struct Wakeup {
    enum class Kind : std::uint8_t { start, ready, turn, resolved, expired, cancelled };
    Kind kind = Kind::start;
    Interest ready = Interest::none;                     ///< With `ready`: what the socket was found to be.
    Cancellation cancellation = Cancellation::terminal;  ///< With `cancelled`.
};

/// Ends a task's wait for its turn. Called under the client's lock, from any thread; must only signal.
class Waker {
public:
    virtual void wake() noexcept = 0;

protected:
    ~Waker() = default;
};

/// A piece of work without I/O of its own, clock or thread: it says what it waits for and is resumed. Three shells
/// drive tasks: poll(2) on the caller's thread, Asio, and the simulator of the tests. Thread safety: one thread at a
/// time.
class Task {
public:
    Task() = default;
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    virtual ~Task() = default;

    /// Called once, before the first `resume`.
    void set_waker(Waker& waker) noexcept { waker_ = &waker; }
    /// Goes on. After `finished` it is not called again. What it throws, such as std::bad_alloc, ends the task: `fail`
    /// hears it.
    virtual Await resume(const Wakeup& wakeup, TimePoint now) = 0;
    /// `resume` threw `reason`: the task is over, and says so to whoever waits for it.
    virtual void fail(const std::exception_ptr& reason) noexcept {
        static_cast<void>(reason);
        let_go();
    }
    /// Gives back what it holds of the client, and waits for nothing more: it is not resumed any more. Not called under
    /// the client's lock, unlike the destructor of a task that has let go or is over, which may be called wherever the
    /// last reference to it goes.
    virtual void let_go() noexcept = 0;
    /// What shells call: `resume`, and `fail` where that threw.
    Await go_on(const Wakeup& wakeup, TimePoint now) noexcept {
        try {
            return resume(wakeup, now);
        } catch (...) {
            fail(std::current_exception());
            return {};
        }
    }
    /// The pooled connection whose session the last Await named; null for any other session.
    [[nodiscard]] virtual Connection* connection() const noexcept { return nullptr; }

protected:
    [[nodiscard]] Waker& waker() const noexcept { return *waker_; }

private:
    Waker* waker_ = nullptr;
};

}  // namespace picoxx
