#include "io/asio_shell.hpp"

#include "io/resolver.hpp"
#include "io/socket_watch.hpp"
#include "session/connection.hpp"

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/system_executor.hpp>

#include <cstddef>
#include <utility>

namespace picoxx {

namespace asio = boost::asio;

// ---- jobs

AsioShell::Job::~Job() {
    if (lookup_ != nullptr) lookup_->abandon();
    close_watches();
}

// Called under the client's lock, under which a task that waits for its turn is also withdrawn before it ends or lets
// go. So this reference is never the last one.
void AsioShell::Job::wake() noexcept {
    if (std::shared_ptr<Job> self = weak_from_this().lock()) shell_->add_ready(std::move(self));
}

void AsioShell::Job::cancel(Cancellation cancellation) {
    const std::shared_ptr<Job> kept = shared_from_this();
    std::unique_lock lock{mutex_};
    if (over_ || shell_ == nullptr) return;  // not begun, or already ended
    shell_->step(*this, lock, Wakeup{Wakeup::Kind::cancelled, Interest::none, cancellation}, Stack::caller);
}

void AsioShell::Job::leave_waits() noexcept {
    if (waits_on_ != nullptr) std::exchange(waits_on_, nullptr)->leave();
    if (watch_ != nullptr && watch_->next != nullptr) close_watches();
    if (lookup_ != nullptr) std::exchange(lookup_, nullptr)->abandon();
    if (work_) work_ = nullptr;
}

void AsioShell::Job::abandon() noexcept {
    const std::lock_guard lock{mutex_};
    over_ = true;
    end_waits();
    close_watches();
    task().let_go();
}

void AsioShell::Job::close_watches() noexcept {
    while (watch_ != nullptr) {
        watch_->close();
        watch_ = std::move(watch_->next);
    }
}

bool AsioShell::Job::has_won(const SocketWatch& watch) const noexcept {
    if (watch_ == nullptr || watch_->next == nullptr) return false;
    std::size_t place = 0;
    for (const SocketWatch* raced = watch_.get(); raced != nullptr; raced = raced->next.get(), ++place) {
        if (raced != &watch) continue;
        await_.of.race->ready = place;
        return true;
    }
    return false;
}

// ---- the shell

std::shared_ptr<AsioShell> AsioShell::make(const asio::any_io_executor& executor, std::function<void()> context_ended) {
    auto shell = std::make_shared<AsioShell>(executor, std::move(context_ended));
    shell->context_->add(*shell);
    return shell;
}

// The timer comes before the context's list of shells, so that Asio ends what it stands on after that.
AsioShell::AsioShell(const asio::any_io_executor& executor, std::function<void()> context_ended)
    : on_context_ended_{std::move(context_ended)}, executor_{executor}, timer_{std::in_place, executor} {
    context_ = ContextShells::of(asio::query(executor, asio::execution::context));
}

AsioShell::~AsioShell() { context_->remove(*this); }

void AsioShell::start(const std::shared_ptr<Job>& job) {
    job->task().set_waker(*job);
    std::unique_lock lock{job->mutex_};
    job->shell_ = this;
    job->kept_ = job;
    const bool in_time = may_go_on(ending(), job->ends_at());
    step(*job, lock, Wakeup{in_time ? Wakeup::Kind::start : Wakeup::Kind::cancelled}, Stack::caller);
}

void AsioShell::spawn(std::unique_ptr<Task> task, std::shared_ptr<void> owner) {
    class Unattended final : public Job {
    public:
        Unattended(std::unique_ptr<Task> work, std::shared_ptr<void> of) noexcept
            : owner_{std::move(of)}, task_{std::move(work)} {}
        Task& task() noexcept override { return *task_; }
        void finished(Stack) override {}
        [[nodiscard]] EndsAt ends_at() const noexcept override { return EndsAt::close; }

    private:
        std::shared_ptr<void> owner_;  // outlives the task
        std::unique_ptr<Task> task_;
    };
    add_ready(std::make_shared<Unattended>(std::move(task), std::move(owner)));
}

void AsioShell::stop() {
    {
        const std::lock_guard lock{mutex_};
        stopped_ = true;
        disarm_timer();
    }
    for (const auto& job : running()) job->cancel(Cancellation::terminal);
    // Those that were not begun. The executor may never come to them.
    while (const std::shared_ptr<Job> job = take_ready()) resume_ready(job);
}

void AsioShell::wind_down() {
    {
        const std::lock_guard lock{mutex_};
        winding_down_ = true;
        if (running_.empty()) disarm_timer();
    }
    for (const auto& job : running()) {
        std::unique_lock lock{job->mutex_};
        if (job->over_) continue;
        const std::optional<Wakeup> heard = heard_at(Ending::closed, job->ends_at(), job->await_);
        if (heard) step(*job, lock, *heard, Stack::caller);
    }
}

std::vector<std::shared_ptr<AsioShell::Job>> AsioShell::running() {
    std::vector<std::shared_ptr<Job>> jobs;
    const std::lock_guard lock{mutex_};
    running_.for_each([&](const Job& job) { jobs.push_back(job.kept_); });
    return jobs;
}

// Gives the job's lock back if that was its last step.
void AsioShell::step(Job& job, std::unique_lock<std::mutex>& lock, const Wakeup& wakeup, Stack stack) {
    job.end_waits();
    // It may leave the session that it connects to another job, whose watch then must be the only one.
    const bool stays = wakeup.kind == Wakeup::Kind::ready || wakeup.kind == Wakeup::Kind::resolved;
    if (job.watch_ != nullptr && (!stays || job.watch_->next != nullptr)) job.close_watches();
    job.await_ = job.task().go_on(wakeup, Clock::now());
    if (job.await_.kind != Await::Kind::finished) {
        if (wait(job)) return;
        job.end_waits();
        job.await_ = job.task().go_on(Wakeup{Wakeup::Kind::cancelled}, Clock::now());
    }
    finish(job, lock, stack);
}

inline void AsioShell::finish(Job& job, std::unique_lock<std::mutex>& lock, Stack stack) {
    job.over_ = true;
    if (job.entered_) {
        const std::lock_guard shell_lock{mutex_};
        if (Running::holds(job)) running_.remove(job);
        if (winding_down_ && running_.empty()) disarm_timer();
    }
    const std::shared_ptr<Job> ended = std::move(job.kept_);
    lock.unlock();
    job.finished(stack);
}

// False where it cannot wait: for want of memory, or since the client was closed meanwhile.
inline bool AsioShell::wait(Job& job) noexcept {
    try {
        if (!job.entered_) {
            if (!enter(job)) return false;
        } else if (job.await_.until < job.place_.due.load(std::memory_order_relaxed)) {
            set_due(job, job.await_.until);
        }
        if (job.await_.hears_io()) {
            wait_for_io(job);
        } else {
            job.work_ = asio::prefer(executor_, asio::execution::outstanding_work.tracked);
            if (job.await_.kind == Await::Kind::resolve) wait_for_name(job);
        }
        return true;
    } catch (...) {
        return false;
    }
}

inline bool AsioShell::enter(Job& job) {
    const std::lock_guard lock{mutex_};
    if (!may_go_on(ending(), job.ends_at())) return false;
    running_.insert(job, job.await_.until);
    job.entered_ = true;
    arm_timer();
    return true;
}

void AsioShell::wait_for_name(Job& job) {
    job.lookup_ = NameLookup::start(job.await_.of.request->host, [weak = job.weak_from_this()] {
        std::shared_ptr<Job> waiting = weak.lock();
        if (waiting == nullptr) return;
        AsioShell& shell = *waiting->shell_;
        shell.add_ready(std::move(waiting));
    });
}

void AsioShell::wait_for_io(Job& job) {
    if (job.await_.session == nullptr) return wait_for_one_of(job, *job.await_.of.race);
    const Session& session = *job.await_.session;
    SocketWatch* socket = nullptr;
    if (Connection* connection = job.task().connection(); connection != nullptr) {
        if (job.watch_ != nullptr) job.close_watches();
        if (connection->attachment() == nullptr) {
            connection->attach(
                std::make_unique<WatchAttachment>(SocketWatch::make(shared_from_this(), session.socket())));
        }
        socket = &static_cast<WatchAttachment*>(connection->attachment())->watch();
    } else {
        // While it connects the session may replace its socket at every step.
        if (job.watch_ == nullptr || session.state() == SessionState::connecting) {
            job.close_watches();
            job.watch_ = SocketWatch::make(shared_from_this(), session.socket());
        }
        socket = job.watch_.get();
    }
    job.waits_on_ = socket;
    socket->wait(job, session.interest());
}

void AsioShell::wait_for_one_of(Job& job, const Race& race) {
    job.close_watches();
    for (std::size_t i = race.sessions.size(); i-- > 0;) {
        std::shared_ptr<SocketWatch> watch = SocketWatch::make(shared_from_this(), race.sessions[i]->socket());
        watch->next = std::move(job.watch_);
        job.watch_ = std::move(watch);
    }
    job.waits_on_ = job.watch_.get();
    SocketWatch* watch = job.watch_.get();
    for (const Session* session : race.sessions) {
        watch->wait(job, session->interest());
        watch = watch->next.get();
    }
}

// ---- the end of the executor's context

// The last of the jobs may be what keeps the client, and with it the shell, alive.
void AsioShell::context_ended() noexcept {
    stopped_ = true;
    leave_context();
    if (on_context_ended_) on_context_ended_();
    while (const std::shared_ptr<Job> job = take_ready()) job->abandon();
    while (const std::shared_ptr<Job> job = take_running()) job->abandon();
}

std::shared_ptr<AsioShell::Job> AsioShell::take_running() noexcept {
    const std::lock_guard lock{mutex_};
    if (running_.empty()) return nullptr;
    Job& job = running_.first();
    running_.remove(job);
    return std::move(job.kept_);
}

// From here on nothing of the context is touched.
void AsioShell::leave_context() noexcept {
    const std::lock_guard lock{mutex_};
    context_ended_ = true;
    armed_until_ = no_deadline;
    timer_.reset();
    for (SocketWatch* watch : watches_) watch->leave_context();
    executor_ = asio::system_executor{};
}

}  // namespace picoxx
