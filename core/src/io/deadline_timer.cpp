// Jobs whose time is over: one timer, armed for the one that is due first or earlier.
#include "io/asio_shell.hpp"

#include <memory>
#include <mutex>

namespace picoxx {

namespace asio = boost::asio;

void AsioShell::set_due(Job& job, TimePoint due) {
    const std::lock_guard lock{mutex_};
    if (!Running::holds(job)) return;  // its context has ended
    running_.change(job, due);
    arm_timer();
}

void AsioShell::arm_timer(TimePoint due) {
    if (stopped_) return;
    armed_until_ = no_deadline;
    timer_->expires_at(due);
    timer_->async_wait([shell = shared_from_this()](boost::system::error_code failure) {
        if (failure != asio::error::operation_aborted) shell->timer_fired();
    });
    armed_until_ = due;  // now that nothing was thrown
}

// Called with the lock held.
void AsioShell::disarm_timer() noexcept {
    armed_until_ = no_deadline;  // else what is started later would count on it
    if (timer_) timer_->cancel();
}

void AsioShell::timer_fired() {
    const TimePoint now = Clock::now();
    {
        const std::lock_guard lock{mutex_};
        armed_until_ = no_deadline;
        post_drain();
    }
    while (const std::shared_ptr<Job> job = take_due(now)) {
        std::unique_lock lock{job->mutex_};
        if (job->over_) continue;
        if (job->await_.until > now) {
            put_back(*job);
        } else {
            // A handler that throws must not end this loop.
            step(*job, lock, Wakeup{Wakeup::Kind::expired}, Stack::caller);
        }
    }
    const std::lock_guard lock{mutex_};
    try {
        arm_timer();
    } catch (...) {  // NOLINT(bugprone-empty-catch): no memory; who waits next arms it
    }
}

// Null where nobody is due any more. Who is taken stays among those that run, due never: so whoever changes its time
// meanwhile enters that himself.
std::shared_ptr<AsioShell::Job> AsioShell::take_due(TimePoint now) noexcept {
    const std::lock_guard lock{mutex_};
    if (running_.first_due() > now) return nullptr;
    Job& job = running_.first();
    running_.change(job, no_deadline);
    return job.kept_;
}

// It waits for something later than what it was entered with.
void AsioShell::put_back(Job& job) noexcept {
    const std::lock_guard lock{mutex_};
    if (Running::holds(job)) running_.change(job, job.await_.until);
}

}  // namespace picoxx
