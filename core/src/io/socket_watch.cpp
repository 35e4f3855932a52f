#include "io/socket_watch.hpp"

#include "io/own_executor.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <chrono>
#include <optional>
#include <type_traits>

#include <fcntl.h>
#include <unistd.h>

namespace picoxx {

namespace asio = boost::asio;

void AsioShell::SocketWatch::wait(Job& job, Interest interest) {
    const std::lock_guard lock{mutex_};
    owner_ = &job;
    owners_wait_ = ++job.waits_;
    if (wants_read(interest) && !armed_for_read_) {
        arm(Interest::read);  // may throw
        armed_for_read_ = true;
    }
    if (wants_write(interest) && !armed_for_write_) {
        arm(Interest::write);
        armed_for_write_ = true;
    }
}

void AsioShell::SocketWatch::leave() noexcept {
    const std::lock_guard lock{mutex_};
    owner_ = nullptr;
}

void AsioShell::SocketWatch::close() noexcept {
    const std::lock_guard lock{mutex_};
    owner_ = nullptr;
    close_descriptor();
}

void AsioShell::SocketWatch::leave_context() noexcept {
    const std::lock_guard lock{mutex_};
    owner_ = nullptr;
    destroy_descriptor();
}

void AsioShell::SocketWatch::fired(Interest direction, bool aborted) {
    std::shared_ptr<Job> waiting;
    std::uint64_t wait = 0;
    {
        const std::lock_guard lock{mutex_};
        (direction == Interest::read ? armed_for_read_ : armed_for_write_) = false;
        if (owner_ == nullptr || aborted) return;
        waiting = owner_->kept_;  // it is alive while it waits: it leaves before it ends
        owner_ = nullptr;
        wait = owners_wait_;
    }
    std::unique_lock lock{waiting->mutex_};
    if (waiting->over_) return;
    // Else something else ended that wait.
    const bool waits = (waiting->waits_on_ == this && waiting->waits_ == wait) || waiting->has_won(*this);
    if (!waits) return;
    waiting->waits_on_ = nullptr;
    waiting->shell_->step(*waiting, lock, Wakeup{Wakeup::Kind::ready, direction}, Stack::event_loop);
}

// With the executor's own type.
template <class Executor>
class AsioShell::DescriptorWatch final : public SocketWatch {
public:
    explicit DescriptorWatch(std::shared_ptr<AsioShell> shell) noexcept : shell_{std::move(shell)} {}
    ~DescriptorWatch() override {
        const std::lock_guard lock{shell_->mutex_};  // the context may be about to end
        shell_->watches_.erase(this);
        descriptor_.reset();
    }

    /// Called with the shell's lock held.
    void open(const Executor& executor, NativeSocket socket) {
        shell_->watches_.insert(this);
        descriptor_.emplace(executor);
        const int duplicate = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
        if (duplicate < 0) return;
        boost::system::error_code failure;
        descriptor_->assign(duplicate, failure);
        if (failure) ::close(duplicate);
    }

private:
    static constexpr std::chrono::milliseconds look_again_after{20};
    using Descriptor = asio::posix::basic_stream_descriptor<Executor>;

    void arm(Interest direction) override {
        if (!descriptor_) return;  // the context has ended
        if (!descriptor_->is_open()) return look_again(direction);
        descriptor_->async_wait(direction == Interest::read ? Descriptor::wait_read : Descriptor::wait_write,
                                [kept = this->shared_from_this(), direction](boost::system::error_code failure) {
                                    const bool aborted = failure == asio::error::operation_aborted;
                                    static_cast<DescriptorWatch&>(*kept).fired(direction, aborted);
                                });
    }
    // The process has no descriptor left to watch with: the session is asked from time to time.
    void look_again(Interest direction) {
        auto timer = std::make_shared<asio::basic_waitable_timer<Clock>>(descriptor_->get_executor(), look_again_after);
        timer->async_wait([kept = this->shared_from_this(), timer, direction](boost::system::error_code) {
            static_cast<DescriptorWatch&>(*kept).fired(direction, false);
        });
    }
    void close_descriptor() noexcept override {
        boost::system::error_code ignored;
        if (descriptor_) descriptor_->close(ignored);
    }
    void destroy_descriptor() noexcept override { descriptor_.reset(); }

    std::shared_ptr<AsioShell> shell_;
    std::optional<Descriptor> descriptor_;  // while the context lives
};

std::shared_ptr<AsioShell::SocketWatch> AsioShell::SocketWatch::make(const std::shared_ptr<AsioShell>& shell,
                                                                     NativeSocket socket) {
    std::shared_ptr<SocketWatch> made;  // locks the shell, too, where it is destroyed
    const std::lock_guard lock{shell->mutex_};
    with_own_executor(shell->executor_, [&](const auto& executor) {
        auto watch = std::make_shared<DescriptorWatch<std::decay_t<decltype(executor)>>>(shell);
        made = watch;
        if (!shell->context_ended_) watch->open(executor, socket);
    });
    return made;
}

}  // namespace picoxx
