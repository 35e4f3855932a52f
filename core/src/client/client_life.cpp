#include "client/client_life.hpp"

#include "topology/idle_watch.hpp"
#include "topology/router_watch.hpp"
#include "topology/topology_watch.hpp"

#include <memory>
#include <utility>

namespace picoxx {

void ClientLife::begin_background() {
    if (background_started_.exchange(true)) return;
    const Settings& settings = core_.settings();
    const bool keeps_times = settings.min_idle > 0 || settings.idle_time != Duration::max();
    if (!settings.enable_discovery && !keeps_times) return;
    std::unique_ptr<Task> first = std::make_unique<IdleWatch>(core_);
    std::unique_ptr<Task> second;
    if (settings.enable_discovery) {
        second = std::exchange(first, std::make_unique<TopologyWatch>(core_, refresh_turns_));
    }
    if (!core_.spawn(std::move(first))) {
        background_started_ = false;  // the next call tries again
        return;
    }
    if (second != nullptr) core_.spawn(std::move(second));
    if (settings.enable_discovery && settings.router != nullptr) core_.spawn(std::make_unique<RouterWatch>(core_));
}

void ClientLife::renew_connections(TimePoint now) {
    core_.with_engine([&](Engine& engine) { engine.renew(now); });
}

void ClientLife::refuse_new_work() {
    core_.close();
    refresh_turns_.close();
}

}  // namespace picoxx
