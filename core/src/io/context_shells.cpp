#include "io/context_shells.hpp"

#include "io/asio_shell.hpp"

#include <unistd.h>

namespace picoxx {

namespace asio = boost::asio;

namespace {

// Asio calls the services of a context when that is destroyed, before it destroys the handlers that were never called.
class ShellService final : public asio::execution_context::service {
public:
    using key_type = ShellService;
    static asio::execution_context::id id;

    explicit ShellService(asio::execution_context& context) : service{context} {}

    [[nodiscard]] const std::shared_ptr<ContextShells>& shells() const noexcept { return shells_; }

private:
    // In a forked child the sessions are the parent's: they must not even be closed.
    void shutdown() override {
        if (::getpid() == process_) shells_->end();
    }

    const pid_t process_ = ::getpid();
    std::shared_ptr<ContextShells> shells_ = std::make_shared<ContextShells>();
};

asio::execution_context::id ShellService::id;

}  // namespace

std::shared_ptr<ContextShells> ContextShells::of(asio::execution_context& context) {
    return asio::use_service<ShellService>(context).shells();
}

void ContextShells::add(AsioShell& shell) {
    const std::lock_guard lock{mutex_};
    shells_.push_back(&shell);
}

void ContextShells::remove(AsioShell& shell) noexcept {
    const std::lock_guard lock{mutex_};
    std::erase(shells_, &shell);
    shell.leave_context();
}

void ContextShells::end() noexcept {
    while (const std::shared_ptr<AsioShell> shell = take_one()) shell->context_ended();
}

// Null when there are none left.
std::shared_ptr<AsioShell> ContextShells::take_one() noexcept {
    const std::lock_guard lock{mutex_};
    while (!shells_.empty()) {
        AsioShell& shell = *shells_.back();
        shells_.pop_back();
        if (std::shared_ptr<AsioShell> kept = shell.weak_from_this().lock()) return kept;
        shell.leave_context();  // another thread is about to destroy it, and waits for the lock
    }
    return nullptr;
}

}  // namespace picoxx
