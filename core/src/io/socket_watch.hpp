#pragma once

#include "io/asio_shell.hpp"
#include "session/connection.hpp"

#include <picoxx/port/session.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace picoxx {

/// A socket in the event loop. It watches a duplicate of the descriptor: the session may close its own at any time, and
/// the system may give the number to somebody else at once. Thread safety: all functions.
class AsioShell::SocketWatch : public std::enable_shared_from_this<SocketWatch> {
public:
    /// Watches nothing where the shell's context has ended.
    [[nodiscard]] static std::shared_ptr<SocketWatch> make(const std::shared_ptr<AsioShell>& shell,
                                                           NativeSocket socket);
    virtual ~SocketWatch() = default;

    /// `job` waits for the socket from now on, until that is ready or it leaves.
    void wait(Job& job, Interest interest);
    void leave() noexcept;
    void close() noexcept;

    /// The context ends: nothing of it may be touched afterwards. Called with the shell's lock held.
    void leave_context() noexcept;

    /// Another one of the same race, or null. The job's.
    std::shared_ptr<SocketWatch> next;

protected:
    /// Has `fired` called when the socket is ready. Called with the lock held.
    virtual void arm(Interest direction) = 0;
    virtual void close_descriptor() noexcept = 0;
    /// Called with the lock held.
    virtual void destroy_descriptor() noexcept = 0;
    void fired(Interest direction, bool aborted);

private:
    std::mutex mutex_;  // guards what follows; taken after a job's, never before it
    Job* owner_ = nullptr;
    std::uint64_t owners_wait_ = 0;
    bool armed_for_read_ = false;
    bool armed_for_write_ = false;
};

/// What a pooled connection keeps of it.
class WatchAttachment final : public ShellAttachment {
public:
    explicit WatchAttachment(std::shared_ptr<AsioShell::SocketWatch> watch) noexcept : watch_{std::move(watch)} {}
    ~WatchAttachment() override { watch_->close(); }
    [[nodiscard]] AsioShell::SocketWatch& watch() const noexcept { return *watch_; }

private:
    std::shared_ptr<AsioShell::SocketWatch> watch_;
};

}  // namespace picoxx
