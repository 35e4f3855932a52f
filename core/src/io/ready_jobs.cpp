// Jobs that somebody woke, in a list of their own: waking one needs no memory, and one handler is posted for all of
// them.
#include "io/asio_shell.hpp"
#include "io/own_executor.hpp"

#include <boost/asio/post.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace picoxx {

namespace asio = boost::asio;

class AsioShell::Drain {
public:
    using allocator_type = PostMemory::Allocator<void>;

    explicit Drain(std::shared_ptr<AsioShell> shell) noexcept : shell_{std::move(shell)} {}
    [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator_type{shell_->drain_memory_}; }
    void operator()() const { shell_->drain(); }

private:
    std::shared_ptr<AsioShell> shell_;
};

// Once the shell is stopped all jobs are cancelled or abandoned, and one that is new here ends with its parameter.
void AsioShell::add_ready(std::shared_ptr<Job> job) noexcept {
    const std::lock_guard lock{mutex_};
    if (stopped_ || job->ready_) return;
    job->ready_ = true;
    Job* const last = job.get();
    (first_ready_ == nullptr ? first_ready_ : last_ready_->next_ready_) = std::move(job);
    last_ready_ = last;
    post_drain();
}

// Called with the lock held. Where there is no memory to post, the next job that becomes ready, or the timer, tries
// again.
void AsioShell::post_drain() noexcept {
    if (drain_posted_ || first_ready_ == nullptr) return;
    try {
        with_own_executor(executor_, [&](const auto& executor) { asio::post(executor, Drain{shared_from_this()}); });
        drain_posted_ = true;
    } catch (...) {  // NOLINT(bugprone-empty-catch)
    }
}

// One job for each handler, so that the executor's other threads take the next ones, and a handler that throws holds
// nobody up.
void AsioShell::drain() {
    std::shared_ptr<Job> job;
    {
        const std::lock_guard lock{mutex_};
        drain_posted_ = false;
        job = pop_ready();
        post_drain();
    }
    if (job != nullptr) resume_ready(job);
}

std::shared_ptr<AsioShell::Job> AsioShell::take_ready() noexcept {
    const std::lock_guard lock{mutex_};
    return pop_ready();
}

// Called with the lock held.
std::shared_ptr<AsioShell::Job> AsioShell::pop_ready() noexcept {
    std::shared_ptr<Job> job = std::move(first_ready_);
    if (job == nullptr) return nullptr;
    first_ready_ = std::move(job->next_ready_);
    job->ready_ = false;
    return job;
}

void AsioShell::resume_ready(const std::shared_ptr<Job>& job) {
    std::unique_lock lock{job->mutex_};
    if (job->shell_ == nullptr) {
        lock.unlock();
        start(job);
    } else if (job->over_) {
        return;
    } else if (job->await_.hears_waker()) {
        step(*job, lock, Wakeup{Wakeup::Kind::turn}, Stack::event_loop);
    } else if (job->lookup_ != nullptr && job->lookup_->take(*job->await_.of.request)) {
        step(*job, lock, Wakeup{Wakeup::Kind::resolved}, Stack::event_loop);
    }
}

}  // namespace picoxx
