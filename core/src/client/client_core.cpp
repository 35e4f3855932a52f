#include "client/client_core.hpp"

#include <exception>
#include <string>

namespace picoxx {

ClientCore::ClientCore(Settings settings, std::uint64_t random_seed)
    : settings_{std::move(settings)},
      log_{settings_.log},
      engine_{EngineLimits{settings_.max_size, settings_.max_per_node, settings_.max_waiters, settings_.max_size},
              settings_.strategy, settings_.seeds, random_seed} {}

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

bool ClientCore::wait_for_refresh(std::chrono::milliseconds time) {
    std::unique_lock lock{mutex_};
    return refreshed_.wait_for(lock, time, [this] { return !refreshing_ || engine_.closed(); });
}

void ClientCore::end_refresh() noexcept {
    std::unique_ptr<Session> unused;
    const std::lock_guard lock{mutex_};
    refreshing_ = false;
    refreshed_.notify_all();
    if (engine_.closed()) unused = std::move(discovery_connection_.session);
}

void ClientCore::close() {
    std::unique_ptr<Session> unused;
    with_engine([&](Engine& engine) {
        engine.close();
        refreshed_.notify_all();
        if (!refreshing_) unused = std::move(discovery_connection_.session);
    });
}

bool ClientCore::wait_until_quiet(std::chrono::milliseconds time) {
    std::unique_lock lock{mutex_};
    return quiet_.wait_for(lock, time, [this] { return engine_.busy() == 0; });
}

}  // namespace picoxx
