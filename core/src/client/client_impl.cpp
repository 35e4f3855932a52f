#include "client/client_impl.hpp"

#include "topology/idle_watch.hpp"
#include "topology/topology_watch.hpp"

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

void ClientImpl::begin_background() {
    if (background_started_.exchange(true) || !core_.settings().enable_discovery) return;
    core_.spawn(std::make_unique<TopologyWatch>(core_, refresh_turns_));
    core_.spawn(std::make_unique<IdleWatch>(core_));
}

void ClientImpl::close() {
    core_.close();
    refresh_turns_.close();
    closing_.raise();
    if (const auto shell = existing_shell(); shell != nullptr) shell->wind_down();
}

void ClientImpl::terminate() {
    core_.close();
    refresh_turns_.close();
    closing_.raise();
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
