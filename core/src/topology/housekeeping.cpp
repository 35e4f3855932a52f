#include "topology/housekeeping.hpp"

#include "topology/refresh.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace picoxx {

Await Housekeeping::resume(const Wakeup& wakeup, TimePoint now) noexcept {
    if (wakeup.kind == Wakeup::Kind::cancelled || core_.with_engine([](Engine& engine) { return engine.closed(); }))
        return {};

    const std::optional<std::chrono::milliseconds>& interval = core_.settings().discovery.interval;
    if (wakeup.kind == Wakeup::Kind::start) {
        next_look_ = now + idle_look;
        if (core_.settings().enable_discovery && interval) next_refresh_ = later(now, *interval);
    }
    if (now >= next_look_) {
        next_look_ = now + idle_look;
        look_at_idle_connections(now);
    }
    request_refresh(core_);  // if something happened that asks for one
    if (now >= next_refresh_ && interval) {
        next_refresh_ = later(now, *interval);
        core_.spawn(std::make_unique<Refresh>(core_));
    }
    return Await{Await::Kind::turn, nullptr, nullptr, std::min(next_look_, next_refresh_)};
}

void Housekeeping::look_at_idle_connections(TimePoint now) {
    auto connections = core_.with_engine([&](Engine& engine) { return engine.take_idle(now - idle_look); });
    for (auto& connection : connections) {
        Session& session = connection->session();
        const bool alive = session.advance(Interest::read) == SessionState::ready;
        const Error* failure = session.failure();
        const Error error = failure != nullptr ? *failure
                                               : make_error(Errc::connection_lost, "the connection was closed");
        core_.with_engine([&](Engine& engine) {
            if (alive) {
                engine.release(std::move(connection), now);
            } else {
                engine.discard(std::move(connection), error, now);
            }
        });
    }
}

}  // namespace picoxx
