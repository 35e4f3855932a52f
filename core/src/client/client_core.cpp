#include "client/client_core.hpp"

namespace picoxx {

ClientCore::ClientCore(Settings settings, std::uint64_t random_seed)
    : settings_{std::move(settings)},
      log_{settings_.log},
      engine_{EngineLimits{settings_.max_size, settings_.max_per_node, settings_.max_waiters, settings_.max_size},
              settings_.strategy, settings_.seeds, random_seed} {}

ClientCore::~ClientCore() = default;

void ClientCore::spawn(std::unique_ptr<Task> task) const {
    if (spawn_) spawn_(std::move(task));
}

bool ClientCore::begin_refresh() noexcept {
    const std::lock_guard lock{mutex_};
    if (refreshing_ || engine_.closed()) return false;
    return refreshing_ = true;
}

bool ClientCore::wait_to_refresh() {
    std::unique_lock lock{mutex_};
    refreshed_.wait(lock, [this] { return !refreshing_ || engine_.closed(); });
    if (engine_.closed()) return false;
    return refreshing_ = true;
}

void ClientCore::end_refresh() noexcept {
    std::unique_ptr<Session> unused;
    const std::lock_guard lock{mutex_};
    refreshing_ = false;
    refreshed_.notify_one();
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
