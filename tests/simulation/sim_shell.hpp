#pragma once

#include "sim_cluster.hpp"
#include "task/ending.hpp"
#include "task/task.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>

namespace picoxx::simulation {

/// The third shell: drives tasks in virtual time, on one thread, each as one of the real shells would.
class SimShell {
public:
    /// Which shell it stands for.
    enum class Driver : std::uint8_t {
        poll,      ///< PollShell: a caller's thread.
        executor,  ///< AsioShell.
    };
    class Job;

    explicit SimShell(SimCluster& cluster);
    SimShell(const SimShell&) = delete;
    SimShell& operator=(const SimShell&) = delete;

    /// Takes the first step at once. `finished` is called with the task when it is over.
    std::shared_ptr<Job> start(std::unique_ptr<Task> task, Driver driver = Driver::executor,
                               EndsAt ends_at = EndsAt::stop, std::function<void(Task&)> finished = {});
    /// A task of the background; its first step is taken a little later.
    void spawn(std::unique_ptr<Task> task);
    /// Tells all tasks. When it returns those of the executor have heard it.
    void end(Ending ending);
    [[nodiscard]] std::size_t running() const noexcept { return jobs_.size(); }

private:
    void begin(Job& job);
    void step(Job& job, const Wakeup& wakeup);
    void wait(Job& job);
    void expire_at(Job& job, TimePoint due);
    void resolve(Job& job);
    void notify(const Session& session);
    void become_ready(Job& job, const Session& session);
    [[nodiscard]] static std::vector<const Session*> sessions_of(const Await& await);
    void turn(Job& job);
    void cancel_later(Job& job, Cancellation cancellation);
    void resume_later(Job& job, Duration delay, std::function<void(Job&)> how);
    void finish(Job& job);
    [[nodiscard]] Duration latency();

    SimCluster& cluster_;
    World& world_;
    Ending ending_ = Ending::none;
    std::uint64_t started_ = 0;
    std::map<std::uint64_t, std::shared_ptr<Job>> jobs_;
    std::unordered_map<const Session*, Job*> by_session_;
};

/// A task under way.
class SimShell::Job final : public std::enable_shared_from_this<Job>, private Waker {
public:
    Job(SimShell& shell, std::unique_ptr<Task> task, Driver driver, EndsAt ends_at, std::function<void(Task&)> finished,
        std::uint64_t number)
        : shell_{shell},
          task_{std::move(task)},
          driver_{driver},
          ends_at_{ends_at},
          finished_{std::move(finished)},
          number_{number} {}

    /// Somebody wants the task to end, as by a cancellation slot, or, of a synchronous call, by its stop token.
    void cancel(Cancellation cancellation);

private:
    friend class SimShell;
    void wake() noexcept override;

    SimShell& shell_;
    std::unique_ptr<Task> task_;
    Driver driver_;
    EndsAt ends_at_;
    std::function<void(Task&)> finished_;
    std::uint64_t number_;
    Await await_;
    bool begun_ = false;
    bool over_ = false;
    bool has_waited_ = false;
    bool woken_ = false;  // of a thread: for the next wait
    bool turn_planned_ = false;
    std::uint64_t steps_ = 0;
};

}  // namespace picoxx::simulation
