#pragma once

#include "client/client_life.hpp"
#include "io/asio_shell.hpp"
#include "io/event_descriptor.hpp"
#include "io/process_fork.hpp"

#include <picoxx/client.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace picoxx {

/// A client as its two shells see it: synchronous calls are driven on the caller's thread, everything else on one
/// executor, which is the user's or a thread that is started when it is first needed.
class ClientImpl final : public std::enable_shared_from_this<ClientImpl> {
public:
    /// On `executor`, whose end closes the client, or on a thread of its own.
    [[nodiscard]] static std::shared_ptr<ClientImpl> make(Settings settings,
                                                          const std::optional<boost::asio::any_io_executor>& executor);
    explicit ClientImpl(Settings settings);
    ~ClientImpl();

    [[nodiscard]] ClientCore& core() noexcept { return life_.core(); }
    [[nodiscard]] AsioShell& shell() {
        AsioShell* const shell = ready_shell_.load(std::memory_order_acquire);
        return shell != nullptr ? *shell : make_shell();
    }
    /// The process was forked since the client was made, and this is the child: connections, locks and thread are the
    /// parent's.
    [[nodiscard]] bool is_foreign() const noexcept { return forks_ != forks_so_far(); }

    [[nodiscard]] RefreshTurns& refresh_turns() noexcept { return life_.refresh_turns(); }

    /// Raised when the client is ended at once.
    [[nodiscard]] const EventDescriptor& terminated() const noexcept { return terminated_; }
    /// Raised then and when it is closed.
    [[nodiscard]] const EventDescriptor& closing() const noexcept { return closing_; }

    void start_background() { life_.start_background(); }
    void renew_connections() { life_.renew_connections(Clock::now()); }

    /// No new calls; those that have a connection go on to their end, and what runs in the background ends now.
    void close();
    /// Ends everything at once.
    void terminate();
    /// That, and waits for the thread, unless called on it.
    void shut_down();

private:
    struct Loop {
        boost::asio::io_context context{1};
        boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
    };

    void refuse_new_work();
    void use(const boost::asio::any_io_executor& executor);
    [[nodiscard]] AsioShell& make_shell();
    [[nodiscard]] std::shared_ptr<AsioShell> existing_shell();

    const std::uint32_t forks_ = forks_so_far();
    std::mutex shell_mutex_;
    std::shared_ptr<Loop> loop_;  // destroyed after all that is registered with it
    std::thread thread_;
    EventDescriptor terminated_;
    EventDescriptor closing_;
    ClientLife life_;
    std::shared_ptr<AsioShell> shell_;
    bool stopped_ = false;  // under shell_mutex_
    std::atomic<AsioShell*> ready_shell_{nullptr};
};

}  // namespace picoxx
