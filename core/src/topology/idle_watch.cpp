#include "topology/idle_watch.hpp"

#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace picoxx {

Await IdleWatch::resume(const Wakeup& wakeup, TimePoint now) noexcept {
    const bool closed = core_.with_engine([](Engine& engine) { return engine.closed(); });
    if (closed || wakeup.kind == Wakeup::Kind::cancelled) return {};
    try {
        if (wakeup.kind == Wakeup::Kind::expired) look(now);
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): looked at the next time
    }
    return Await{Await::Kind::turn, nullptr, nullptr, now + pause};
}

void IdleWatch::look(TimePoint now) {
    auto connections = core_.with_engine([&](Engine& engine) { return engine.take_idle(now - pause); });
    for (auto& connection : connections) {
        const Error ended = connection->look();
        core_.with_engine([&](Engine& engine) {
            if (ended) {
                engine.discard(std::move(connection), ended, now);
            } else {
                engine.release(std::move(connection), now);
            }
        });
    }
}

}  // namespace picoxx
