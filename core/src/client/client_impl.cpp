#include "client/client_impl.hpp"

#include "io/poll_shell.hpp"
#include "topology/housekeeping.hpp"
#include "topology/refresh.hpp"

#include <random>
#include <utility>

namespace picoxx {
namespace {

std::uint64_t random_seed() {
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
}

}  // namespace

ClientImpl::ClientImpl(Settings settings, std::optional<boost::asio::any_io_executor> executor)
    : executor_{std::move(executor)}, core_{std::move(settings), random_seed()} {
    core_.set_background([this](std::unique_ptr<Task> task) {
        std::shared_ptr<ClientImpl> self = weak_from_this().lock();
        if (self == nullptr) return;  // it is being destroyed
        AsioShell& way = shell();
        const std::lock_guard lock{shell_mutex_};
        if (!stopped_) way.spawn(std::move(task), std::move(self));  // else nobody would come to run it
    });
}

ClientImpl::~ClientImpl() { shut_down(); }

AsioShell& ClientImpl::make_shell() {
    const std::lock_guard lock{shell_mutex_};
    if (shell_ == nullptr) {
        if (executor_) {
            shell_ = std::make_shared<AsioShell>(*executor_);
        } else {
            auto loop = std::make_shared<Loop>();
            thread_ = std::thread{[loop] { loop->context.run(); }};  // may throw: so the rest comes after it
            shell_ = std::make_shared<AsioShell>(loop->context.get_executor());
            loop_ = std::move(loop);
        }
        if (stopped_) shell_->stop();  // it has nothing yet
        ready_shell_.store(shell_.get(), std::memory_order_release);
    }
    return *shell_;
}

std::shared_ptr<AsioShell> ClientImpl::existing_shell() {
    const std::lock_guard lock{shell_mutex_};
    return shell_;
}

void ClientImpl::run(Task& task, const std::stop_token& stop) {
    PollShell shell{core_.mutex(), terminated_};
    shell.run(task, stop);
}

void ClientImpl::ensure_discovery() {
    if (!core_.settings().enable_discovery || discovery_started_.load(std::memory_order_relaxed)) return;
    if (discovery_started_.exchange(true)) return;
    core_.spawn(std::make_unique<Refresh>(core_));
    start_housekeeping();
}

void ClientImpl::start_housekeeping() {
    discovery_started_ = true;
    if (!core_.settings().discovery.interval || housekeeping_started_.exchange(true)) return;
    core_.spawn(std::make_unique<Housekeeping>(core_));
}

void ClientImpl::close() {
    core_.close();
    if (const auto shell = existing_shell(); shell != nullptr) shell->wind_down();
}

void ClientImpl::terminate() {
    core_.close();
    terminated_.raise();
    std::shared_ptr<AsioShell> shell;
    {
        const std::lock_guard lock{shell_mutex_};
        stopped_ = true;
        shell = shell_;
    }
    if (shell != nullptr) shell->stop();
}

void ClientImpl::shut_down() {
    terminate();
    std::thread thread;
    {
        const std::lock_guard lock{shell_mutex_};
        if (loop_ != nullptr) loop_->work.reset();
        thread = std::move(thread_);
    }
    if (!thread.joinable()) return;
    if (thread.get_id() == std::this_thread::get_id()) {
        thread.detach();
    } else {
        thread.join();
    }
}

}  // namespace picoxx
