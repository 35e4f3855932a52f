#pragma once

#include "client/client_core.hpp"
#include "io/asio_shell.hpp"

#include <picoxx/client.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace picoxx {

/// A client as its two shells see it: synchronous calls are driven on the caller's thread, everything else on one executor, which is
/// the user's or a thread that is started when it is first needed.
class ClientImpl final : public std::enable_shared_from_this<ClientImpl> {
public:
    ClientImpl(Settings settings, std::optional<boost::asio::any_io_executor> executor);
    ~ClientImpl();

    [[nodiscard]] ClientCore& core() noexcept { return core_; }
    [[nodiscard]] AsioShell& shell();

    /// Runs the task on the caller's thread.
    void run(Task& task);
    /// Makes sure that discovery is under way, for callers that did not connect first.
    void ensure_discovery();
    /// Starts what is done from time to time, once.
    void start_housekeeping();

    bool close(std::chrono::milliseconds deadline);
    /// Ends everything at once and waits for the thread, unless called on it.
    void shut_down();

private:
    struct Loop {
        boost::asio::io_context context{1};
        boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
    };

    std::mutex shell_mutex_;
    std::optional<boost::asio::any_io_executor> executor_;
    std::shared_ptr<Loop> loop_;  // destroyed after all that is registered with it
    std::thread thread_;
    ClientCore core_;
    std::shared_ptr<AsioShell> shell_;
    bool shut_down_ = false;  // under shell_mutex_
    std::atomic<bool> discovery_started_{false};
    std::atomic<bool> housekeeping_started_{false};
};

}  // namespace picoxx
