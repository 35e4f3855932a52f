#include "io/asio_shell.hpp"

#include "io/resolver.hpp"
#include "pool/connection.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>
#include <vector>

#include <unistd.h>

namespace picoxx {

namespace asio = boost::asio;

namespace {

// With the executor's own type: one behind any_io_executor would be allocated and counted for each of them.
using Descriptor = asio::posix::basic_stream_descriptor<AsioShell::Executor>;

}  // namespace

// A socket in the event loop. It watches a duplicate of the descriptor: the session may close its own at any time, and the system may
// give the number to somebody else at once.
class AsioShell::SocketWatch : public std::enable_shared_from_this<SocketWatch> {
public:
    SocketWatch(const Executor& executor, NativeSocket socket) : descriptor{executor} {
        const int duplicate = ::dup(socket);
        boost::system::error_code failure;
        if (duplicate >= 0) descriptor.assign(duplicate, failure);
        if (failure) ::close(duplicate);
    }

    Descriptor descriptor;
    Job* owner = nullptr;  // who waits for it now
    bool armed_for_read = false;
    bool armed_for_write = false;
};

// Holds a SocketWatch where it is kept, and lets go of it on the shell's executor.
class AsioShell::Watch final : public ShellAttachment {
public:
    explicit Watch(std::shared_ptr<SocketWatch> socket) noexcept : socket_{std::move(socket)} {}
    ~Watch() override {
        const auto executor = socket_->descriptor.get_executor();
        asio::post(executor, [socket = std::move(socket_)] {
            boost::system::error_code ignored;
            socket->owner = nullptr;
            socket->descriptor.close(ignored);
        });
    }
    [[nodiscard]] SocketWatch& socket() const noexcept { return *socket_; }

private:
    std::shared_ptr<SocketWatch> socket_;
};

AsioShell::Job::Job() = default;
AsioShell::Job::~Job() {
    if (lookup_ != nullptr) lookup_->abandon();
}

void AsioShell::Job::wake() noexcept {
    asio::post(shell_->executor_, [job = shared_from_this()] {
        if (job->await_.kind == Await::Kind::turn) job->shell_->step(*job, Wakeup{Wakeup::Kind::turn, Interest::none});
    });
}

AsioShell::AsioShell(const asio::any_io_executor& executor)
    : executor_{asio::make_strand(executor)}, timer_{executor_} {}

AsioShell::~AsioShell() = default;

void AsioShell::start(std::shared_ptr<Job> job) {
    job->shell_ = shared_from_this();
    job->task().set_waker(*job);
    asio::dispatch(executor_, [job = std::move(job)] {
        AsioShell& shell = *job->shell_;
        job->place_ = shell.running_.size();
        shell.running_.push_back(job);
        shell.step(*job, Wakeup{shell.stopped_ ? Wakeup::Kind::cancelled : Wakeup::Kind::start, Interest::none});
    });
}

void AsioShell::spawn(std::unique_ptr<Task> task, std::shared_ptr<void> owner) {
    class Unattended final : public Job {
    public:
        Unattended(std::unique_ptr<Task> work, std::shared_ptr<void> of) noexcept
            : owner_{std::move(of)}, task_{std::move(work)} {}
        Task& task() noexcept override { return *task_; }
        void finished() noexcept override {}

    private:
        std::shared_ptr<void> owner_;  // outlives the task
        std::unique_ptr<Task> task_;
    };
    start(std::make_shared<Unattended>(std::move(task), std::move(owner)));
}

void AsioShell::stop() {
    asio::dispatch(executor_, [shell = shared_from_this()] {
        shell->stopped_ = true;
        const std::vector<std::shared_ptr<Job>> running = shell->running_;
        for (const auto& job : running) {
            if (job->await_.kind != Await::Kind::finished)
                shell->step(*job, Wakeup{Wakeup::Kind::cancelled, Interest::none});
        }
        shell->timer_.cancel();
    });
}

void AsioShell::wind_down() {
    asio::dispatch(executor_, [shell = shared_from_this()] {
        shell->winding_down_ = true;
        // Who waits for a turn will not get one: it looks, and ends.
        const std::vector<std::shared_ptr<Job>> running = shell->running_;
        for (const auto& job : running) {
            if (job->await_.kind == Await::Kind::turn) shell->step(*job, Wakeup{Wakeup::Kind::turn, Interest::none});
        }
        if (shell->running_.empty()) shell->timer_.cancel();
    });
}

void AsioShell::step(Job& job, Wakeup wakeup) {
    if (job.waits_on_ != nullptr) std::exchange(job.waits_on_, nullptr)->owner = nullptr;
    if (job.lookup_ != nullptr) std::exchange(job.lookup_, nullptr)->abandon();
    job.await_ = job.task().resume(wakeup, Clock::now());
    if (job.await_.kind != Await::Kind::finished) return wait(job);

    const std::shared_ptr<Job> ended = job.shared_from_this();
    running_.back()->place_ = ended->place_;
    std::swap(running_[ended->place_], running_.back());
    running_.pop_back();
    if (winding_down_ && running_.empty()) timer_.cancel();
    ended->watch_.reset();
    ended->finished();
    ended->shell_.reset();
}

void AsioShell::wait(Job& job) {
    arm_timer(job.await_.until);
    switch (job.await_.kind) {
        case Await::Kind::io: return wait_for_io(job);
        case Await::Kind::resolve: return wait_for_name(job);
        case Await::Kind::turn:
        case Await::Kind::finished: return;
    }
}

void AsioShell::wait_for_name(Job& job) {
    job.lookup_ = NameLookup::start(job.await_.request->host, [weak = job.weak_from_this(), executor = executor_] {
        asio::post(executor, [weak] {
            const std::shared_ptr<Job> waiting = weak.lock();
            if (waiting == nullptr || waiting->lookup_ == nullptr) return;  // it ran out of time
            waiting->lookup_->take(*waiting->await_.request);
            waiting->shell_->step(*waiting, Wakeup{Wakeup::Kind::resolved, Interest::none});
        });
    });
}

void AsioShell::wait_for_io(Job& job) {
    const Session& session = *job.await_.session;
    SocketWatch* watch = nullptr;
    if (Connection* connection = job.task().connection(); connection != nullptr) {
        job.watch_.reset();
        if (connection->attachment() == nullptr) {
            connection->attach(std::make_unique<Watch>(std::make_shared<SocketWatch>(executor_, session.socket())));
        }
        watch = &static_cast<Watch*>(connection->attachment())->socket();
    } else {
        // While it connects the session may replace its socket at every step.
        if (job.watch_ == nullptr || session.state() == SessionState::connecting) {
            job.watch_ = std::make_unique<Watch>(std::make_shared<SocketWatch>(executor_, session.socket()));
        }
        watch = &job.watch_->socket();
    }
    watch->owner = &job;
    job.waits_on_ = watch;
    const Interest interest = session.interest();
    if (wants_read(interest) && !watch->armed_for_read) arm(*watch, Interest::read);
    if (wants_write(interest) && !watch->armed_for_write) arm(*watch, Interest::write);
}

void AsioShell::arm(SocketWatch& watch, Interest direction) {
    const bool reading = direction == Interest::read;
    (reading ? watch.armed_for_read : watch.armed_for_write) = true;
    watch.descriptor.async_wait(
        reading ? Descriptor::wait_read : Descriptor::wait_write,
        [shell = shared_from_this(), kept = watch.shared_from_this(), direction](boost::system::error_code failure) {
            (direction == Interest::read ? kept->armed_for_read : kept->armed_for_write) = false;
            if (failure != asio::error::operation_aborted) shell->fired(*kept, direction);
        });
}

void AsioShell::fired(SocketWatch& watch, Interest direction) {
    if (watch.owner != nullptr) step(*watch.owner, Wakeup{Wakeup::Kind::ready, direction});
}

void AsioShell::arm_timer(TimePoint until) {
    if (until >= armed_until_ || stopped_) return;
    armed_until_ = until;
    timer_.expires_at(until);
    timer_.async_wait([shell = shared_from_this()](boost::system::error_code failure) {
        if (failure != asio::error::operation_aborted) shell->timer_fired();
    });
}

void AsioShell::timer_fired() {
    armed_until_ = no_deadline;
    const TimePoint now = Clock::now();
    std::vector<std::shared_ptr<Job>> expired;
    TimePoint next = no_deadline;
    for (const auto& job : running_) {
        if (job->await_.until <= now) {
            expired.push_back(job);
        } else {
            next = std::min(next, job->await_.until);
        }
    }
    arm_timer(next);
    for (const auto& job : expired) {
        if (job->await_.kind == Await::Kind::finished || job->await_.until > now) continue;
        step(*job, Wakeup{Wakeup::Kind::expired, Interest::none});
    }
}

}  // namespace picoxx
