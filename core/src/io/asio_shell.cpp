#include "io/asio_shell.hpp"

#include "io/resolver.hpp"
#include "session/connection.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

#include <unistd.h>

namespace picoxx {

namespace asio = boost::asio;

// A socket in the event loop. It watches a duplicate of the descriptor: the session may close its own at any time, and the system may
// give the number to somebody else at once.
class AsioShell::SocketWatch : public std::enable_shared_from_this<SocketWatch> {
public:
    virtual ~SocketWatch() = default;

    /// `job` waits for the socket from now on, until that is ready or it leaves.
    void wait(Job& job, Interest interest) {
        const std::lock_guard lock{mutex_};
        owner_ = &job;
        owners_wait_ = ++job.waits_;
        if (wants_read(interest) && !std::exchange(armed_for_read_, true)) arm(Interest::read);
        if (wants_write(interest) && !std::exchange(armed_for_write_, true)) arm(Interest::write);
    }
    void leave() noexcept {
        const std::lock_guard lock{mutex_};
        owner_ = nullptr;
    }
    void close() noexcept {
        const std::lock_guard lock{mutex_};
        owner_ = nullptr;
        close_descriptor();
    }

protected:
    /// Has `fired` called when the socket is ready. Called with the lock held.
    virtual void arm(Interest direction) = 0;
    virtual void close_descriptor() noexcept = 0;

    void fired(Interest direction, bool aborted) {
        std::shared_ptr<Job> waiting;
        std::uint64_t wait = 0;
        {
            const std::lock_guard lock{mutex_};
            (direction == Interest::read ? armed_for_read_ : armed_for_write_) = false;
            if (owner_ == nullptr || aborted) return;
            waiting = owner_->shared_from_this();  // it is alive while it waits: it leaves before it ends
            owner_ = nullptr;
            wait = owners_wait_;
        }
        std::unique_lock lock{waiting->mutex_};
        if (waiting->over_ || waiting->waits_on_ != this || waiting->waits_ != wait)
            return;  // something else ended that wait
        waiting->waits_on_ = nullptr;
        waiting->shell_->step(*waiting, lock, Wakeup{Wakeup::Kind::ready, direction}, Stack::event_loop);
    }

private:
    std::mutex mutex_;  // taken after a job's, never before it
    Job* owner_ = nullptr;
    std::uint64_t owners_wait_ = 0;
    bool armed_for_read_ = false;
    bool armed_for_write_ = false;
};

namespace {

// With the executor's own type: one behind any_io_executor would be copied and counted for each wait.
template <class Executor>
class DescriptorWatch final : public AsioShell::SocketWatch {
public:
    DescriptorWatch(const Executor& executor, NativeSocket socket) : descriptor_{executor} {
        const int duplicate = ::dup(socket);
        boost::system::error_code failure;
        if (duplicate >= 0) {
            descriptor_.assign(duplicate, failure);
            if (failure) ::close(duplicate);
        }
    }

private:
    static constexpr std::chrono::milliseconds look_again_after{20};
    using Descriptor = asio::posix::basic_stream_descriptor<Executor>;

    void arm(Interest direction) override {
        if (!descriptor_.is_open()) return look_again(direction);
        descriptor_.async_wait(direction == Interest::read ? Descriptor::wait_read : Descriptor::wait_write,
                               [kept = this->shared_from_this(), direction](boost::system::error_code failure) {
                                   const bool aborted = failure == asio::error::operation_aborted;
                                   static_cast<DescriptorWatch&>(*kept).fired(direction, aborted);
                               });
    }
    // The process has no descriptor left to watch with: the session is asked from time to time.
    void look_again(Interest direction) {
        auto timer = std::make_shared<asio::basic_waitable_timer<Clock>>(descriptor_.get_executor(), look_again_after);
        timer->async_wait([kept = this->shared_from_this(), timer, direction](boost::system::error_code) {
            static_cast<DescriptorWatch&>(*kept).fired(direction, false);
        });
    }
    void close_descriptor() noexcept override {
        boost::system::error_code ignored;
        descriptor_.close(ignored);
    }

    Descriptor descriptor_;
};

// What a pooled connection keeps of it.
class Attachment final : public ShellAttachment {
public:
    explicit Attachment(std::shared_ptr<AsioShell::SocketWatch> watch) noexcept : watch_{std::move(watch)} {}
    ~Attachment() override { watch_->close(); }
    [[nodiscard]] AsioShell::SocketWatch& watch() const noexcept { return *watch_; }

private:
    std::shared_ptr<AsioShell::SocketWatch> watch_;
};

}  // namespace

// ---- jobs

AsioShell::Job::~Job() {
    if (lookup_ != nullptr) lookup_->abandon();
    if (watch_ != nullptr) watch_->close();
}

void AsioShell::Job::wake() noexcept {
    asio::post(shell_->executor_, [job = shared_from_this()] {
        std::unique_lock lock{job->mutex_};
        if (job->over_ || job->await_.kind != Await::Kind::turn) return;
        job->shell_->step(*job, lock, Wakeup{Wakeup::Kind::turn}, Stack::event_loop);
    });
}

void AsioShell::Job::cancel(Cancellation cancellation) {
    const std::shared_ptr<Job> kept = shared_from_this();
    std::unique_lock lock{mutex_};
    if (over_ || shell_ == nullptr) return;  // not begun, or already ended
    shell_->step(*this, lock, Wakeup{Wakeup::Kind::cancelled, Interest::none, cancellation}, Stack::caller);
}

// ---- the shell

AsioShell::AsioShell(const asio::any_io_executor& executor) : executor_{executor}, timer_{executor} {}

AsioShell::~AsioShell() = default;

void AsioShell::start(const std::shared_ptr<Job>& job) {
    job->task().set_waker(*job);
    std::unique_lock lock{job->mutex_};
    job->shell_ = shared_from_this();
    bool stopped = false;
    {
        const std::lock_guard shell_lock{mutex_};
        stopped = stopped_;
        job->place_ = running_.size();
        running_.push_back(job);
    }
    step(*job, lock, Wakeup{stopped ? Wakeup::Kind::cancelled : Wakeup::Kind::start}, Stack::caller);
}

void AsioShell::spawn(std::unique_ptr<Task> task, std::shared_ptr<void> owner) {
    class Unattended final : public Job {
    public:
        Unattended(std::unique_ptr<Task> work, std::shared_ptr<void> of) noexcept
            : owner_{std::move(of)}, task_{std::move(work)} {}
        Task& task() noexcept override { return *task_; }
        void finished(Stack) override {}

    private:
        std::shared_ptr<void> owner_;  // outlives the task
        std::unique_ptr<Task> task_;
    };
    asio::post(executor_, [shell = shared_from_this(),
                           job = std::make_shared<Unattended>(std::move(task), std::move(owner))]() mutable {
        shell->start(job);
    });
}

void AsioShell::stop() {
    {
        const std::lock_guard lock{mutex_};
        stopped_ = true;
        disarm_timer();
    }
    for (const auto& job : running()) job->cancel(Cancellation::terminal);
}

void AsioShell::wind_down() {
    {
        const std::lock_guard lock{mutex_};
        winding_down_ = true;
        if (running_.empty()) disarm_timer();
    }
    // Who waits for a turn will not get one: it looks, and ends.
    for (const auto& job : running()) {
        std::unique_lock lock{job->mutex_};
        if (!job->over_ && job->await_.kind == Await::Kind::turn) {
            step(*job, lock, Wakeup{Wakeup::Kind::turn}, Stack::caller);
        }
    }
}

std::vector<std::shared_ptr<AsioShell::Job>> AsioShell::running() {
    const std::lock_guard lock{mutex_};
    return running_;
}

// Gives the job's lock back if that was its last step.
void AsioShell::step(Job& job, std::unique_lock<std::mutex>& lock, const Wakeup& wakeup, Stack stack) {
    if (job.waits_on_ != nullptr) std::exchange(job.waits_on_, nullptr)->leave();
    if (job.lookup_ != nullptr) std::exchange(job.lookup_, nullptr)->abandon();
    if (job.work_) job.work_ = nullptr;
    // It may leave the session that it connects to another job, whose watch then must be the only one.
    const bool leaves = wakeup.kind == Wakeup::Kind::expired || wakeup.kind == Wakeup::Kind::cancelled;
    if (leaves && job.watch_ != nullptr) std::exchange(job.watch_, nullptr)->close();
    job.await_ = job.task().resume(wakeup, Clock::now());
    if (job.await_.kind != Await::Kind::finished) return wait(job);

    job.over_ = true;
    const std::shared_ptr<AsioShell> kept = std::move(job.shell_);
    std::shared_ptr<Job> ended;
    {
        const std::lock_guard shell_lock{mutex_};
        ended = std::move(running_[job.place_]);
        if (job.place_ + 1 != running_.size()) {
            running_.back()->place_ = job.place_;
            running_[job.place_] = std::move(running_.back());
        }
        running_.pop_back();
        if (winding_down_ && running_.empty()) disarm_timer();
    }
    lock.unlock();
    ended->finished(stack);
}

void AsioShell::wait(Job& job) {
    job.until_ = job.await_.until;
    arm_timer(job.await_.until);
    if (job.await_.kind == Await::Kind::io) return wait_for_io(job);
    job.work_ = asio::prefer(executor_, asio::execution::outstanding_work.tracked);
    if (job.await_.kind == Await::Kind::resolve) wait_for_name(job);
}

void AsioShell::wait_for_name(Job& job) {
    job.lookup_ = NameLookup::start(job.await_.request->host, [weak = job.weak_from_this(), executor = executor_] {
        asio::post(executor, [weak] {
            const std::shared_ptr<Job> waiting = weak.lock();
            if (waiting == nullptr) return;
            std::unique_lock lock{waiting->mutex_};
            if (waiting->over_ || waiting->lookup_ == nullptr || !waiting->lookup_->take(*waiting->await_.request)) {
                return;  // it ran out of time
            }
            waiting->shell_->step(*waiting, lock, Wakeup{Wakeup::Kind::resolved}, Stack::event_loop);
        });
    });
}

void AsioShell::wait_for_io(Job& job) {
    const Session& session = *job.await_.session;
    SocketWatch* socket = nullptr;
    if (Connection* connection = job.task().connection(); connection != nullptr) {
        if (job.watch_ != nullptr) std::exchange(job.watch_, nullptr)->close();
        if (connection->attachment() == nullptr) {
            connection->attach(std::make_unique<Attachment>(watch(session.socket())));
        }
        socket = &static_cast<Attachment*>(connection->attachment())->watch();
    } else {
        // While it connects the session may replace its socket at every step.
        if (job.watch_ == nullptr || session.state() == SessionState::connecting) {
            if (job.watch_ != nullptr) job.watch_->close();
            job.watch_ = watch(session.socket());
        }
        socket = job.watch_.get();
    }
    job.waits_on_ = socket;
    socket->wait(job, session.interest());
}

std::shared_ptr<AsioShell::SocketWatch> AsioShell::watch(NativeSocket socket) {
    if (const auto* plain = executor_.target<asio::io_context::executor_type>(); plain != nullptr) {
        return std::make_shared<DescriptorWatch<asio::io_context::executor_type>>(*plain, socket);
    }
    return std::make_shared<DescriptorWatch<asio::any_io_executor>>(executor_, socket);
}

void AsioShell::arm_timer(TimePoint until) {
    // Either this sees that the timer has fired, or the timer sees the job's new time: both are in one order for all threads.
    if (until >= armed_until_.load()) return;
    const std::lock_guard lock{mutex_};
    if (until >= armed_until_.load() || stopped_) return;
    armed_until_ = until;
    timer_.expires_at(until);
    timer_.async_wait([shell = shared_from_this()](boost::system::error_code failure) {
        if (failure != asio::error::operation_aborted) shell->timer_fired();
    });
}

// Called with the lock held.
void AsioShell::disarm_timer() {
    armed_until_ = no_deadline;  // else what is started later would count on it
    timer_.cancel();
}

void AsioShell::timer_fired() {
    const TimePoint now = Clock::now();
    TimePoint next = no_deadline;
    std::vector<std::shared_ptr<Job>> expired;
    {
        const std::lock_guard lock{mutex_};
        armed_until_ = no_deadline;
        for (const auto& job : running_) {
            const TimePoint until = job->until_;
            if (until <= now) {
                expired.push_back(job);
            } else {
                next = std::min(next, until);
            }
        }
    }
    arm_timer(next);
    for (const auto& job : expired) {
        std::unique_lock lock{job->mutex_};
        if (job->over_ || job->await_.until > now) continue;
        step(*job, lock, Wakeup{Wakeup::Kind::expired}, Stack::caller);  // a handler that throws must not end this loop
    }
}

}  // namespace picoxx
