#include "topology/topology_watch.hpp"

#include <new>
#include <utility>

namespace picoxx {

TopologyWatch::~TopologyWatch() { TopologyWatch::let_go(); }

// Out of memory is one more way for a look to fail.
Await TopologyWatch::resume(const Wakeup& wakeup, TimePoint now) noexcept {
    if (wakeup.kind == Wakeup::Kind::cancelled) return end();
    try {
        return look(wakeup, now);
    } catch (const std::bad_alloc&) {
        refresh_.reset();
        schedule_.looked(false, now, core_.with_engine([](Engine& engine) { return engine.random(); }));
        return Await::for_turn(schedule_.next());
    }
}

Await TopologyWatch::look(const Wakeup& wakeup, TimePoint now) {
    if (refresh_) return refreshed(refresh_->resume(wakeup, now), now);
    if (wakeup.kind == Wakeup::Kind::start) return begin(now);
    return look_or_wait(now);
}

Await TopologyWatch::begin(TimePoint now) {
    core_.with_engine([&](Engine& engine) {
        engine.on_refresh_wanted(&waker());
        if (engine.knows_topology()) {
            schedule_.begin_later(now, engine.random());
        } else {
            schedule_.begin_now(now);
        }
    });
    listens_ = true;
    return look_or_wait(now);
}

Await TopologyWatch::look_or_wait(TimePoint now) {
    const bool closed = core_.with_engine([&](Engine& engine) {
        if (engine.refresh_wanted()) schedule_.wanted(now);
        return engine.closed();
    });
    if (closed) return end();
    if (!wish_ && now < schedule_.next()) return Await::for_turn(schedule_.next());

    if (!wish_) wish_.emplace();
    Error error;
    turns_.withdraw(waker());
    switch (turns_.take(*wish_, waker(), error)) {
        case RefreshTurns::Turn::closed: return end();
        case RefreshTurns::Turn::wait: return Await::for_turn(no_deadline);
        case RefreshTurns::Turn::mine:
            wish_.reset();
            refresh_.emplace(core_, turns_, waker());
            return refreshed(refresh_->resume(Wakeup{}, now), now);
        case RefreshTurns::Turn::served: break;
    }
    wish_.reset();
    schedule_.looked(!error, now, core_.with_engine([](Engine& engine) { return engine.random(); }));
    return look_or_wait(now);
}

Await TopologyWatch::refreshed(const Await& await, TimePoint now) {
    if (await.kind != Await::Kind::finished) return await;
    const bool successful = refresh_->took_picture();
    refresh_.reset();
    schedule_.looked(successful, now, core_.with_engine([](Engine& engine) { return engine.random(); }));
    return look_or_wait(now);
}

void TopologyWatch::let_go() noexcept {
    refresh_.reset();
    if (wish_) turns_.withdraw(waker());
    wish_.reset();
    if (std::exchange(listens_, false)) {
        core_.with_engine([](Engine& engine) { engine.on_refresh_wanted(nullptr); });
    }
}

}  // namespace picoxx
