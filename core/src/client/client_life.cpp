#include "client/client_life.hpp"

#include "topology/idle_watch.hpp"
#include "topology/topology_watch.hpp"

#include <memory>

namespace picoxx {

void ClientLife::begin_background() {
    if (background_started_.exchange(true) || !core_.settings().enable_discovery) return;
    if (!core_.spawn(std::make_unique<TopologyWatch>(core_, refresh_turns_))) {
        background_started_ = false;  // the next call tries again
        return;
    }
    core_.spawn(std::make_unique<IdleWatch>(core_));
}

void ClientLife::refuse_new_work() {
    core_.close();
    refresh_turns_.close();
}

}  // namespace picoxx
