#include "client/client_impl.hpp"

#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>

namespace picoxx {
namespace {

std::uint64_t random_seed() {
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
}

Exception no_event_loop(const std::exception& reason) {
    return Exception{make_error(Errc::connect_failed, std::string{"no event loop can be started: "} + reason.what())};
}

std::shared_ptr<AsioShell> start_shell(const boost::asio::any_io_executor& executor,
                                       std::function<void()> context_ended) {
    try {
        return AsioShell::make(executor, std::move(context_ended));
    } catch (const std::runtime_error& failure) {
        throw no_event_loop(failure);
    }
}

std::thread start_thread(std::function<void()> work) {
    try {
        return std::thread{std::move(work)};
    } catch (const std::runtime_error& failure) {
        throw no_event_loop(failure);
    }
}

}  // namespace

std::shared_ptr<ClientImpl> ClientImpl::make(Settings settings,
                                             const std::optional<boost::asio::any_io_executor>& executor) {
    auto impl = std::make_shared<ClientImpl>(std::move(settings));
    if (executor) impl->use(*executor);
    return impl;
}

ClientImpl::ClientImpl(Settings settings) : life_{std::move(settings), random_seed()} {
    core().set_background([this](std::unique_ptr<Task> task) {
        std::shared_ptr<ClientImpl> self = weak_from_this().lock();
        if (self == nullptr) return;  // it is being destroyed
        shell().spawn(std::move(task), std::move(self));
    });
}

ClientImpl::~ClientImpl() { shut_down(); }

// At once, since a shell made later could not know that the executor has ended.
void ClientImpl::use(const boost::asio::any_io_executor& executor) {
    shell_ = start_shell(executor, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->refuse_new_work();
    });
    ready_shell_ = shell_.get();
}

AsioShell& ClientImpl::make_shell() {
    const std::lock_guard lock{shell_mutex_};
    if (shell_ == nullptr) {
        auto loop = std::make_shared<Loop>();
        std::shared_ptr<AsioShell> shell = start_shell(loop->context.get_executor(), {});
        thread_ = start_thread([loop] { loop->context.run(); });  // the last that may throw
        loop_ = std::move(loop);
        shell_ = std::move(shell);
        // It has nothing yet.
        if (core().with_engine([](Engine& engine) { return engine.closed(); })) shell_->wind_down();
        if (stopped_) shell_->stop();
        ready_shell_.store(shell_.get(), std::memory_order_release);
    }
    return *shell_;
}

std::shared_ptr<AsioShell> ClientImpl::existing_shell() {
    const std::lock_guard lock{shell_mutex_};
    return shell_;
}

void ClientImpl::refuse_new_work() {
    life_.refuse_new_work();
    closing_.raise();
}

void ClientImpl::close() {
    refuse_new_work();
    if (const auto shell = existing_shell(); shell != nullptr) shell->wind_down();
}

void ClientImpl::terminate() {
    refuse_new_work();
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
