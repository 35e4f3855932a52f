#include "pool/client_core.hpp"

#include <exception>
#include <string>

namespace picoxx {

ClientCore::ClientCore(Settings settings, std::uint64_t random_seed, Balancer::ReadClock clock)
    : settings_{std::move(settings)},
      log_{settings_.log},
      engine_{EngineLimits{settings_.max_size, settings_.max_per_node, settings_.max_waiters, settings_.max_size},
              Balancer{std::move(settings_.strategy.strategy), settings_.strategy.name, clock}, settings_.seeds,
              random_seed} {}

ClientCore::~ClientCore() = default;

void ClientCore::spawn(std::unique_ptr<Task> task) const noexcept {
    try {
        if (spawn_) spawn_(std::move(task));
    } catch (const std::exception& failure) {
        // No thread to be had: what nobody waits for is left undone.
        log_.write(LogLevel::error, "client", {}, [&] { return std::string{"no background work: "} + failure.what(); });
    }
}

bool ClientCore::begin_refresh() noexcept {
    const std::lock_guard lock{mutex_};
    if (refreshing_ || engine_.closed()) return false;
    return refreshing_ = true;
}

void ClientCore::end_refresh() noexcept {
    std::unique_ptr<Session> unused;
    const std::lock_guard lock{mutex_};
    refreshing_ = false;
    for (Waker* waker : std::exchange(waiting_for_refresh_, {})) waker->wake();
    if (engine_.closed()) unused = std::move(discovery_connection_.session);
}

void ClientCore::close() {
    std::unique_ptr<Session> unused;
    with_engine([&](Engine& engine) {
        engine.close();
        for (Waker* waker : std::exchange(waiting_for_refresh_, {})) waker->wake();
        if (!refreshing_) unused = std::move(discovery_connection_.session);
    });
}

bool ClientCore::await_refresh(Waker& waker) {
    const std::lock_guard lock{mutex_};
    if (!refreshing_ || engine_.closed()) return false;
    waiting_for_refresh_.push_back(&waker);
    return true;
}

bool ClientCore::await_quiet(Waker& waker) {
    const std::lock_guard lock{mutex_};
    if (engine_.busy() == 0) return false;
    waiting_for_quiet_.push_back(&waker);
    return true;
}

void ClientCore::withdraw(Waker& waker) noexcept {
    const std::lock_guard lock{mutex_};
    std::erase(waiting_for_refresh_, &waker);
    std::erase(waiting_for_quiet_, &waker);
    engine_.withdraw(waker);
}

void ClientCore::notice_quiet() noexcept {
    if (engine_.busy() != 0) return;
    for (Waker* waker : std::exchange(waiting_for_quiet_, {})) waker->wake();
}

}  // namespace picoxx
