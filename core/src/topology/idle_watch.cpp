#include "topology/idle_watch.hpp"

#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace picoxx {

Await IdleWatch::resume(const Wakeup& wakeup, TimePoint now) noexcept {
    let_go();
    const bool closed = core_.with_engine([](Engine& engine) { return engine.closed(); });
    if (closed || wakeup.kind == Wakeup::Kind::cancelled) return {};
    const bool is_first = wakeup.kind == Wakeup::Kind::start;
    const bool is_time = is_first || now >= next_look_;
    if (is_time) {
        next_look_ = now + pause;
        dials_left_ = core_.settings().min_idle;
    }
    try {
        if (is_time && !is_first) {
            look(now);
            core_.takes_new_password(now);
        }
        keep_to_times(now);
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): looked at the next time
    }
    return Await::for_turn(next_look_);
}

void IdleWatch::let_go() noexcept {
    if (std::exchange(waits_for_dial_, false)) core_.withdraw(waker());
}

// As fast as they can be made, but no more than that, whatever becomes of them.
void IdleWatch::keep_to_times(TimePoint now) {
    waits_for_dial_ = core_.with_engine(
        [&](Engine& engine) { return engine.keep_to_times(dials_left_, now) && engine.await_dial(waker()); });
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
