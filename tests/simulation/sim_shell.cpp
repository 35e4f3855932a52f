#include "sim_shell.hpp"

#include "sim_session.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

namespace picoxx::simulation {

using namespace std::chrono_literals;

SimShell::SimShell(SimCluster& cluster) : cluster_{cluster}, world_{cluster.world()} {
    cluster_.notify = [this](const Session& session) { notify(session); };
}

// What it takes a thread to come to it.
Duration SimShell::latency() {
    return world_.one_in(10) ? world_.random_delay(0us, 500us) : world_.random_delay(0us, 30us);
}

// ---- jobs

std::shared_ptr<SimShell::Job> SimShell::start(std::unique_ptr<Task> task, Driver driver, EndsAt ends_at,
                                               std::function<void(Task&)> finished) {
    auto job = std::make_shared<Job>(*this, std::move(task), driver, ends_at, std::move(finished), ++started_);
    jobs_.emplace(job->number_, job);
    begin(*job);
    return job;
}

void SimShell::spawn(std::unique_ptr<Task> task) {
    auto job = std::make_shared<Job>(*this, std::move(task), Driver::executor, EndsAt::close, nullptr, ++started_);
    if (ending_ == Ending::stopped) return;  // destroyed, as a stopped AsioShell does
    jobs_.emplace(job->number_, job);
    world_.after(latency(), [job] {
        if (!job->begun_) job->shell_.begin(*job);
    });
}

void SimShell::begin(Job& job) {
    job.begun_ = true;
    job.task_->set_waker(job);
    const bool begins = job.driver_ == Driver::poll || may_go_on(ending_, job.ends_at_);
    step(job, Wakeup{begins ? Wakeup::Kind::start : Wakeup::Kind::cancelled});
}

void SimShell::step(Job& job, const Wakeup& wakeup) {
    const std::shared_ptr<Job> kept = job.shared_from_this();
    for (const Session* session : sessions_of(job.await_)) by_session_.erase(session);
    ++job.steps_;
    world_.trace(job.number_ * 8 + static_cast<std::uint64_t>(wakeup.kind));
    job.await_ = job.task_->go_on(wakeup, world_.now());
    if (job.await_.kind == Await::Kind::finished) return finish(job);
    // Who waits for the first time after the end was told would not hear of it.
    const bool too_late = job.driver_ == Driver::executor && !job.has_waited_ && !may_go_on(ending_, job.ends_at_);
    job.has_waited_ = true;
    if (!too_late) return wait(job);
    job.await_ = job.task_->go_on(Wakeup{Wakeup::Kind::cancelled}, world_.now());
    finish(job);
}

void SimShell::finish(Job& job) {
    job.over_ = true;
    const std::shared_ptr<Job> last = job.shared_from_this();
    jobs_.erase(job.number_);
    if (job.finished_) job.finished_(*job.task_);
    job.task_.reset();
}

void SimShell::end(Ending ending) {
    ending_ = ending;
    std::vector<std::shared_ptr<Job>> jobs;
    for (const auto& [number, job] : jobs_) jobs.push_back(job);
    for (const auto& job : jobs) {
        if (job->over_) continue;
        if (job->driver_ == Driver::poll) {
            // A thread hears it by a descriptor, where it looks at any.
            const bool looks = job->await_.kind != Await::Kind::turn;
            if (looks && !may_go_on(ending, job->ends_at_)) cancel_later(*job, Cancellation::terminal);
        } else if (!job->begun_) {
            if (ending == Ending::stopped) begin(*job);
        } else if (const auto heard = heard_at(ending, job->ends_at_, job->await_)) {
            step(*job, *heard);
        }
    }
}

// ---- what they wait for

void SimShell::wait(Job& job) {
    const bool polls = job.driver_ == Driver::poll;
    if (polls && job.await_.kind != Await::Kind::turn && !may_go_on(ending_, job.ends_at_)) {
        cancel_later(job, Cancellation::terminal);
    }
    if (polls && job.await_.hears_waker() && std::exchange(job.woken_, false)) turn(job);
    if (job.await_.until != no_deadline) expire_at(job, job.await_.until);
    if (job.await_.kind == Await::Kind::resolve) resolve(job);
    for (const Session* session : sessions_of(job.await_)) {
        by_session_[session] = &job;
        become_ready(job, *session);
    }
}

std::vector<const Session*> SimShell::sessions_of(const Await& await) {
    if (!await.hears_io()) return {};
    if (await.session != nullptr) return {await.session};
    return {await.of.race->sessions.begin(), await.of.race->sessions.end()};
}

// Unless the job has gone on meanwhile.
void SimShell::resume_later(Job& job, Duration delay, std::function<void(Job&)> how) {
    world_.after(delay, [kept = job.shared_from_this(), steps = job.steps_, how = std::move(how)] {
        if (!kept->over_ && kept->steps_ == steps) how(*kept);
    });
}

void SimShell::expire_at(Job& job, TimePoint due) {
    Duration delay = std::max(due - world_.now(), Duration{});
    // poll(2) takes whole milliseconds.
    const bool polls = job.driver_ == Driver::poll && job.await_.kind != Await::Kind::turn;
    if (polls) delay = std::chrono::ceil<std::chrono::milliseconds>(delay);
    resume_later(job, delay, [this](Job& waiting) { step(waiting, Wakeup{Wakeup::Kind::expired}); });
}

void SimShell::resolve(Job& job) {
    resume_later(job, cluster_.time_to_resolve(), [this](Job& waiting) {
        ResolveRequest& request = *waiting.await_.of.request;
        SimCluster::Names found = cluster_.resolve(request.host);
        world_.tell([&] { return request.host + (found.addresses.empty() ? " does not resolve" : " resolves"); });
        request.addresses = std::move(found.addresses);
        request.failure = std::move(found.failure);
        step(waiting, Wakeup{Wakeup::Kind::resolved});
    });
}

void SimShell::notify(const Session& session) {
    const auto found = by_session_.find(&session);
    if (found != by_session_.end()) become_ready(*found->second, session);
}

void SimShell::become_ready(Job& job, const Session& session) {
    const auto& ready = static_cast<const SimSession&>(session);
    if (ready.readiness() == Interest::none) return;
    resume_later(job, latency(), [this, &ready](Job& waiting) {
        if (waiting.await_.session == nullptr) {
            const auto& raced = waiting.await_.of.race->sessions;
            waiting.await_.of.race->ready = static_cast<std::size_t>(std::find(raced.begin(), raced.end(), &ready) -
                                                                     raced.begin());
        }
        step(waiting, Wakeup{Wakeup::Kind::ready, ready.readiness()});
    });
}

// An executor may say `turn` for an earlier call; a thread that waits for its turn hears it once.
void SimShell::turn(Job& job) {
    if (std::exchange(job.turn_planned_, true)) return;
    world_.after(latency(), [kept = job.shared_from_this()] {
        kept->turn_planned_ = false;
        if (kept->over_) return;
        if (kept->await_.hears_waker()) {
            kept->shell_.step(*kept, Wakeup{Wakeup::Kind::turn});
        } else if (kept->driver_ == Driver::poll) {
            kept->woken_ = true;
        }
    });
}

// Called under the client's lock.
void SimShell::Job::wake() noexcept { shell_.turn(*this); }

void SimShell::Job::cancel(Cancellation cancellation) {
    if (over_ || !begun_) return;
    if (driver_ == Driver::poll) return shell_.cancel_later(*this, cancellation);
    shell_.step(*this, Wakeup{Wakeup::Kind::cancelled, Interest::none, cancellation});
}

// A thread hears it at its next wait, if it does not go on before.
void SimShell::cancel_later(Job& job, Cancellation cancellation) {
    world_.after(latency(), [kept = job.shared_from_this(), cancellation] {
        if (!kept->over_) kept->shell_.step(*kept, Wakeup{Wakeup::Kind::cancelled, Interest::none, cancellation});
    });
}

}  // namespace picoxx::simulation
