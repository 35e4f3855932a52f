#pragma once

#include "io/resolver.hpp"
#include "io/task.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/strand.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace picoxx {

/// Drives any number of tasks on one Asio executor, one at a time: waits for sockets by descriptors, for time by one timer for all.
/// Thread safety: `start` and `stop` from any thread.
class AsioShell final : public std::enable_shared_from_this<AsioShell> {
public:
    using Executor = boost::asio::strand<boost::asio::any_io_executor>;

private:
    class SocketWatch;
    class Watch;

public:
    /// A task and what happens at its end.
    class Job : public std::enable_shared_from_this<Job>, private Waker {
    public:
        Job();
        virtual ~Job();
        /// The task; the same one every time.
        [[nodiscard]] virtual Task& task() noexcept = 0;
        /// The task is over. Called on the shell's executor.
        virtual void finished() noexcept = 0;

    private:
        friend class AsioShell;
        void wake() noexcept override;

        std::shared_ptr<AsioShell> shell_;
        Await await_;
        SocketWatch* waits_on_ = nullptr;
        std::unique_ptr<Watch> watch_;  // of a session that belongs to no pooled connection
        std::shared_ptr<NameLookup> lookup_;
        std::size_t place_ = 0;  // in running_
    };

    explicit AsioShell(const boost::asio::any_io_executor& executor);
    ~AsioShell();

    /// Where the tasks run, one at a time.
    [[nodiscard]] const Executor& executor() const noexcept { return executor_; }

    /// Runs the job's task; its first step is not taken before `start` returned, unless it is called on the shell's executor.
    void start(std::shared_ptr<Job> job);
    /// Runs a task that nobody waits for, and keeps `owner`, to which it refers, until it ends.
    void spawn(std::unique_ptr<Task> task, std::shared_ptr<void> owner);
    /// The client is closed: what runs may end, and nothing keeps the executor busy after that.
    void wind_down();
    /// Cancels every task that runs, and every one that is started later. Does not wait.
    void stop();

private:
    void step(Job& job, Wakeup wakeup);
    void wait(Job& job);
    void wait_for_io(Job& job);
    void wait_for_name(Job& job);
    void arm(SocketWatch& watch, Interest direction);
    void fired(SocketWatch& watch, Interest direction);
    void arm_timer(TimePoint until);
    void timer_fired();

    Executor executor_;
    boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Executor> timer_;
    TimePoint armed_until_ = no_deadline;
    bool winding_down_ = false;  // these two on the executor
    bool stopped_ = false;
    std::vector<std::shared_ptr<Job>> running_;
};

}  // namespace picoxx
