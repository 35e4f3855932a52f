#pragma once

#include "io/context_shells.hpp"
#include "io/deadline_heap.hpp"
#include "io/post_memory.hpp"
#include "io/resolver.hpp"
#include "task/ending.hpp"
#include "task/task.hpp"

#include <picoxx/detail/stack.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

namespace picoxx {

/// Drives any number of tasks on one Asio executor, which may have many threads: waits for sockets by descriptors, for
/// time by one timer for all. Each task is driven by one thread at a time; there is no order between tasks. When the
/// executor's context ends first, tasks are destroyed, not finished, as Asio does with handlers; the shell then touches
/// nothing of the context any more, and cancels what is started later. Thread safety: all functions. Only `executor`
/// and `start` must not be called while another thread ends the context.
class AsioShell final : public std::enable_shared_from_this<AsioShell> {
public:
    class SocketWatch;

    using Stack = detail::Stack;

    /// A task and what happens at its end. Lives until that, and as long as somebody refers to it. It keeps alive, by
    /// whatever it owns, the shell it is started in.
    class Job : public std::enable_shared_from_this<Job>, private Waker {
    public:
        Job() noexcept = default;
        virtual ~Job();
        /// The task; the same one every time.
        [[nodiscard]] virtual Task& task() noexcept = 0;
        /// The task is over. Called once, with no lock held; what a handler throws goes on to the executor.
        virtual void finished(Stack stack) = 0;
        [[nodiscard]] virtual EndsAt ends_at() const noexcept { return EndsAt::stop; }

        /// Somebody wants the task to end. Does nothing once it is over.
        void cancel(Cancellation cancellation);

    private:
        friend class AsioShell;
        void wake() noexcept override;
        /// Its executor's context ends: it is neither resumed nor finished any more. Its task lets go now: the last
        /// reference to the job may be gone only where destroying it would wait for the client's lock, which its holder
        /// has.
        void abandon() noexcept;
        /// Nothing that it waits for resumes it any more.
        void end_waits() noexcept {
            if (waits_on_ != nullptr || lookup_ != nullptr || work_) leave_waits();
        }
        void leave_waits() noexcept;
        void close_watches() noexcept;
        /// Whether it waits for a race in which `watch` takes part; then the race is told.
        [[nodiscard]] bool has_won(const SocketWatch& watch) const noexcept;

        std::mutex mutex_;  // held while the task is resumed; guards what follows up to work_
        Await await_;
        bool entered_ = false;  // among the shell's running ones, since it had to wait
        bool over_ = false;
        SocketWatch* waits_on_ = nullptr;
        std::uint64_t waits_ = 0;             // so far, for sockets
        std::shared_ptr<SocketWatch> watch_;  // of a session that belongs to no pooled connection; the first of a race
        std::shared_ptr<NameLookup> lookup_;
        boost::asio::any_io_executor work_;  // keeps the executor busy while nothing waits in it for the task

        AsioShell* shell_ = nullptr;  // set before the first step
        std::shared_ptr<Job> kept_;   // itself, from its first step to its last
        HeapPlace place_;             // what follows is guarded by the shell's mutex
        bool ready_ = false;
        std::shared_ptr<Job> next_ready_;
    };

    /// `context_ended` is called once if the executor's context ends before the shell does.
    /// @throws what Asio throws where the system has no descriptor left for its event loop
    [[nodiscard]] static std::shared_ptr<AsioShell> make(const boost::asio::any_io_executor& executor,
                                                         std::function<void()> context_ended = {});
    explicit AsioShell(const boost::asio::any_io_executor& executor, std::function<void()> context_ended);
    ~AsioShell();

    /// After the end of its context one of the system's.
    [[nodiscard]] const boost::asio::any_io_executor& executor() const noexcept { return executor_; }

    /// Runs the job's task. Its first step is taken at once, on the caller's thread; `finished` is never called from
    /// another's stack.
    void start(const std::shared_ptr<Job>& job);
    /// Runs a task that nobody waits for, from its first step on the executor; keeps `owner`, to which it refers, until
    /// it ends. Once the shell is stopped the task is destroyed instead.
    void spawn(std::unique_ptr<Task> task, std::shared_ptr<void> owner);
    /// The client is closed: jobs that end with that are cancelled, the others may end, and nothing keeps the executor
    /// busy after that.
    void wind_down();
    /// Cancels every task that waits, and every other one when its step under way, or its first one, is over. When it
    /// returns no task that waited is being driven by another thread.
    void stop();

private:
    friend class ContextShells;
    template <class Executor>
    class DescriptorWatch;
    class Drain;
    using Running = DeadlineHeap<Job, &Job::place_>;

    // asio_shell.cpp: jobs
    [[nodiscard]] Ending ending() const noexcept {
        return stopped_ ? Ending::stopped : winding_down_ ? Ending::closed : Ending::none;
    }
    void step(Job& job, std::unique_lock<std::mutex>& lock, const Wakeup& wakeup, Stack stack);
    void finish(Job& job, std::unique_lock<std::mutex>& lock, Stack stack);
    [[nodiscard]] bool wait(Job& job) noexcept;
    [[nodiscard]] bool enter(Job& job);
    void wait_for_io(Job& job);
    void wait_for_one_of(Job& job, const Race& race);
    void wait_for_name(Job& job);
    [[nodiscard]] std::vector<std::shared_ptr<Job>> running();
    void context_ended() noexcept;
    [[nodiscard]] std::shared_ptr<Job> take_running() noexcept;
    void leave_context() noexcept;

    // ready_jobs.cpp: jobs that somebody woke
    void add_ready(std::shared_ptr<Job> job) noexcept;
    void post_drain() noexcept;
    void drain();
    void resume_ready(const std::shared_ptr<Job>& job);
    [[nodiscard]] std::shared_ptr<Job> take_ready() noexcept;
    [[nodiscard]] std::shared_ptr<Job> pop_ready() noexcept;

    // deadline_timer.cpp: jobs whose time is over
    void set_due(Job& job, TimePoint due);
    /// Called with the lock held. A job that ends does not disarm it: mostly another one has come meanwhile, with its
    /// own time.
    void arm_timer() {
        if (const TimePoint due = running_.first_due(); due < armed_until_) arm_timer(due);
    }
    void arm_timer(TimePoint due);
    void disarm_timer() noexcept;
    void timer_fired();
    [[nodiscard]] std::shared_ptr<Job> take_due(TimePoint now) noexcept;
    void put_back(Job& job) noexcept;

    std::shared_ptr<ContextShells> context_;
    std::function<void()> on_context_ended_;

    std::mutex mutex_;  // guards what follows; taken after a job's and the client's, never before them
    boost::asio::any_io_executor executor_;
    std::optional<boost::asio::basic_waitable_timer<Clock>>
        timer_;  // this and the watches' descriptors are of the context
    std::set<SocketWatch*> watches_;
    TimePoint armed_until_ = no_deadline;
    std::atomic<bool> winding_down_{false};
    std::atomic<bool> stopped_{false};
    bool context_ended_ = false;
    Running
        running_;  // every job that waits; due no later than its task says, or no_deadline while the timer looks at it
    std::shared_ptr<Job> first_ready_;
    Job* last_ready_ = nullptr;
    bool drain_posted_ = false;
    PostMemory drain_memory_;
};

}  // namespace picoxx
