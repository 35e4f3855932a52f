#pragma once

#include "sim_cluster.hpp"
#include "task/task.hpp"

#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace picoxx::simulation {

/// The third shell: drives tasks in virtual time, on one thread.
class SimShell {
public:
    explicit SimShell(SimCluster& cluster) : world_{cluster.world()} {
        cluster.notify = [this](const Session& session) { notify(session); };
    }

    void start(std::unique_ptr<Task> task, std::function<void(Task&)> finished = {}) {
        auto job = std::make_shared<Job>(*this, std::move(task), std::move(finished));
        job->task->set_waker(*job);
        job->self = job;
        ++running_;
        step(*job, Wakeup{});
    }
    [[nodiscard]] std::size_t running() const noexcept { return running_; }

private:
    struct Job final : Waker {
        Job(SimShell& owner, std::unique_ptr<Task> work, std::function<void(Task&)> at_end)
            : shell{owner}, task{std::move(work)}, finished{std::move(at_end)} {}

        void wake() noexcept override {
            // Called under the client's lock: the task goes on when that is free.
            shell.world_.after({}, [job = self.lock()] {
                if (job && job->await.hears_waker()) job->shell.step(*job, Wakeup{Wakeup::Kind::turn, Interest::none});
            });
        }

        SimShell& shell;
        std::unique_ptr<Task> task;
        std::function<void(Task&)> finished;
        std::weak_ptr<Job> self;
        std::shared_ptr<Job> kept;  // while it runs
        Await await;
        std::uint64_t resumed = 0;
    };

    void step(Job& job, Wakeup wakeup) {
        if (job.await.hears_io()) waiting_.erase(job.await.session);
        ++job.resumed;
        world_.trace(static_cast<std::uint64_t>(wakeup.kind));
        job.await = job.task->go_on(wakeup, world_.now());
        if (job.await.kind == Await::Kind::finished) {
            --running_;
            const std::shared_ptr<Job> last = std::exchange(job.kept, nullptr);
            if (job.finished) job.finished(*job.task);
            return;
        }
        job.kept = job.self.lock();
        if (job.await.until != no_deadline) {
            world_.at(job.await.until, [weak = job.self, resumed = job.resumed] {
                const auto waiting = weak.lock();
                if (waiting && waiting->resumed == resumed)
                    waiting->shell.step(*waiting, Wakeup{Wakeup::Kind::expired, Interest::none});
            });
        }
        if (job.await.hears_io()) {
            waiting_[job.await.session] = &job;
            if (static_cast<const SimSession*>(job.await.session)->has_work()) notify(*job.await.session);
        }
    }

    void notify(const Session& session) {
        const auto found = waiting_.find(&session);
        if (found == waiting_.end()) return;
        Job& job = *found->second;
        world_.after({}, [weak = job.self, resumed = job.resumed] {
            const auto waiting = weak.lock();
            if (waiting && waiting->resumed == resumed)
                waiting->shell.step(*waiting, Wakeup{Wakeup::Kind::ready, Interest::read});
        });
    }

    World& world_;
    std::map<const Session*, Job*> waiting_;
    std::size_t running_ = 0;
};

}  // namespace picoxx::simulation
