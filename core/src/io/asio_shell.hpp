#pragma once

#include "io/resolver.hpp"
#include "task/task.hpp"

#include <picoxx/detail/stack.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace picoxx {

/// Drives any number of tasks on one Asio executor, which may have many threads: waits for sockets by descriptors, for time by one timer
/// for all. Each task is driven by one thread at a time; there is no order between tasks.
/// Thread safety: all functions.
class AsioShell final : public std::enable_shared_from_this<AsioShell> {
public:
    class SocketWatch;

    using Stack = detail::Stack;

    /// A task and what happens at its end. Lives until that, and as long as somebody refers to it.
    class Job : public std::enable_shared_from_this<Job>, private Waker {
    public:
        Job() noexcept = default;
        virtual ~Job();
        /// The task; the same one every time.
        [[nodiscard]] virtual Task& task() noexcept = 0;
        /// The task is over. Called once, with no lock held; what a handler throws goes on to the executor.
        virtual void finished(Stack stack) = 0;

        /// Somebody wants the task to end. Does nothing once it is over.
        void cancel(Cancellation cancellation);

    private:
        friend class AsioShell;
        void wake() noexcept override;

        std::shared_ptr<AsioShell> shell_;  // while the task runs
        std::mutex mutex_;  // held while the task is resumed; guards what follows, but for until_ and place_
        Await await_;
        bool over_ = false;
        SocketWatch* waits_on_ = nullptr;
        std::uint64_t waits_ = 0;             // so far, for sockets
        std::shared_ptr<SocketWatch> watch_;  // of a session that belongs to no pooled connection
        std::shared_ptr<NameLookup> lookup_;
        boost::asio::any_io_executor work_;          // keeps the executor busy while nothing waits in it for the task
        std::atomic<TimePoint> until_{no_deadline};  // what await_ says, for the timer
        std::size_t place_ = 0;                      // in running_, guarded by the shell's mutex
    };

    explicit AsioShell(const boost::asio::any_io_executor& executor);
    ~AsioShell();

    [[nodiscard]] const boost::asio::any_io_executor& executor() const noexcept { return executor_; }

    /// Runs the job's task. Its first step is taken at once, on the caller's thread; `finished` is never called from another's stack.
    void start(const std::shared_ptr<Job>& job);
    /// Runs a task that nobody waits for, from its first step on the executor; keeps `owner`, to which it refers, until it ends.
    void spawn(std::unique_ptr<Task> task, std::shared_ptr<void> owner);
    /// The client is closed: what runs may end, and nothing keeps the executor busy after that.
    void wind_down();
    /// Cancels every task that runs, and every one that is started later. When it returns none is being driven by another thread.
    void stop();

private:
    void step(Job& job, std::unique_lock<std::mutex>& lock, const Wakeup& wakeup, Stack stack);
    void wait(Job& job);
    void wait_for_io(Job& job);
    void wait_for_name(Job& job);
    void arm_timer(TimePoint until);
    void disarm_timer();
    void timer_fired();
    [[nodiscard]] std::shared_ptr<SocketWatch> watch(NativeSocket socket);
    [[nodiscard]] std::vector<std::shared_ptr<Job>> running();

    boost::asio::any_io_executor executor_;

    std::mutex mutex_;  // guards what follows; taken after a job's, never before it
    boost::asio::basic_waitable_timer<Clock> timer_;
    std::atomic<TimePoint> armed_until_{no_deadline};
    bool winding_down_ = false;
    bool stopped_ = false;
    std::vector<std::shared_ptr<Job>> running_;
};

}  // namespace picoxx
