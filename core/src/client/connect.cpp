#include "client/connect.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <string>
#include <utility>

namespace picoxx {

Connect::~Connect() { Connect::let_go(); }

void Connect::let_go() noexcept {
    stop_waiting();
    refresh_.reset();
    dial_.reset();
    stage_ = Stage::finished;
}

void Connect::stop_waiting() noexcept {
    if (stage_ == Stage::waiting_for_refresh) turns_.withdraw(waker());
    if (stage_ == Stage::waiting_for_dials) core_.withdraw(waker());
}

Await Connect::resume(const Wakeup& wakeup, TimePoint now) {
    if (wakeup.kind == Wakeup::Kind::cancelled) return cancelled(wakeup, now);
    switch (stage_) {
        case Stage::starting: return begin(now);
        case Stage::waiting_for_refresh:
            stop_waiting();
            if (now >= deadline_) return out_of_time("while another look at the topology was under way");
            return look_at_topology(now);
        case Stage::refreshing: return refreshed(refresh_->resume(wakeup, now), now);
        case Stage::waiting_for_dials:
            stop_waiting();
            if (now >= deadline_) return out_of_time("while others were connecting");
            return open_next(now,
                             wakeup.kind == Wakeup::Kind::expired ? Engine::Ahead::anywhere : Engine::Ahead::as_wished);
        case Stage::dialling:
            if (wakeup.kind == Wakeup::Kind::expired && now >= deadline_) return stop_dialling();
            if (wakeup.kind == Wakeup::Kind::expired && now >= look_at_ && now < dial_->await().until) {
                return look_elsewhere(now);
            }
            return dialled(dial_->resume(wakeup, now), now);
        case Stage::finished: break;
    }
    return {};
}

Await Connect::begin(TimePoint now) {
    if (readiness_.min_ready > core_.settings().max_size) {
        return finish(make_error(Errc::invalid_argument, "min_ready must be from 0 to the pool's size, " +
                                                             std::to_string(core_.settings().max_size) + ", it is " +
                                                             std::to_string(readiness_.min_ready)));
    }
    if (readiness_.deadline && *readiness_.deadline <= std::chrono::milliseconds{0}) {
        return finish(make_error(Errc::invalid_argument, "the deadline of connect must be greater than 0, it is " +
                                                             std::to_string(readiness_.deadline->count()) + " ms"));
    }
    if (readiness_.deadline) deadline_ = later(now, *readiness_.deadline);
    begun_ = now;
    if (core_.settings().enable_discovery) return look_at_topology(now);
    return open_next(now);
}

Await Connect::look_at_topology(TimePoint now) {
    Error error;
    switch (turns_.take(wish_, waker(), error)) {
        case RefreshTurns::Turn::closed: return finish(make_error(Errc::closed, "the client is closed"));
        case RefreshTurns::Turn::wait: stage_ = Stage::waiting_for_refresh; return Await::for_turn(deadline_);
        case RefreshTurns::Turn::served:
            if (error) return finish(std::move(error));
            return open_next(now);
        case RefreshTurns::Turn::mine: break;
    }
    stage_ = Stage::refreshing;
    refresh_.emplace(core_, turns_, waker(), deadline_);
    return refreshed(refresh_->resume(Wakeup{}, now), now);
}

Await Connect::refreshed(const Await& await, TimePoint now) {
    if (await.kind != Await::Kind::finished) return await;
    if (refresh_->error()) return finish(refresh_->error());
    return open_next(now);
}

// One connection is this task's, as many others as are needed are made in the background at the same time.
Await Connect::open_next(TimePoint now, Engine::Ahead ahead) {
    if (now >= deadline_) return out_of_time("before there were enough connections");
    Acquisition place;
    bool others_dial = false;
    TimePoint next_return = no_deadline;
    Error too_few;
    const bool enough = core_.with_engine([&](Engine& engine) {
        if (engine.made() >= readiness_.min_ready && !engine.closed()) return true;
        if (engine.promised() < readiness_.min_ready || engine.closed())
            place = engine.acquire_ahead(ahead, begun_, now);
        while (place.kind == Acquisition::Kind::dial && engine.promised() < readiness_.min_ready &&
               engine.open_ahead(ahead, now)) {
        }
        if (place.kind != Acquisition::Kind::wait) return false;
        too_few = make_error(Errc::pool_exhausted,
                             "min_ready is " + std::to_string(readiness_.min_ready) + ", but no more than " +
                                 std::to_string(engine.made()) +
                                 " connections can be made: " + std::to_string(engine.usable_nodes()) +
                                 " nodes with at most " + std::to_string(core_.settings().max_per_node) + " each, " +
                                 std::to_string(core_.settings().max_size) + " together");
        others_dial = engine.await_dial(waker());
        next_return = engine.next_return(now);
        return false;
    });
    if (enough) return finish({});
    if (place.kind == Acquisition::Kind::closed) return finish(make_error(Errc::closed, "the client is closed"));
    if (place.kind == Acquisition::Kind::fail && place.error == nullptr) throw std::bad_alloc{};
    if (place.kind == Acquisition::Kind::fail && !std::exchange(asked_for_password_, true) &&
        core_.takes_new_password(now)) {
        return open_next(now);
    }
    if (place.kind == Acquisition::Kind::fail) return finish(std::move(*place.error));
    if (place.kind == Acquisition::Kind::wait) {
        if (!others_dial && next_return == no_deadline) return finish(std::move(too_few));
        stage_ = Stage::waiting_for_dials;
        return Await::for_turn(std::min({deadline_, next_return, now + Dial::patience}));
    }
    dial_ = PooledDial::make(core_, *place.node, deadline_, now);
    stage_ = Stage::dialling;
    look_at_ = now + Dial::patience;
    return dialled(dial_->resume(Wakeup{}, now), now);
}

Await Connect::dialled(Await await, TimePoint now) {
    if (await.kind != Await::Kind::finished) {
        await.until = std::min({await.until, deadline_, look_at_});
        return await;
    }
    Result<std::unique_ptr<Connection>> connection = dial_->take(Face::synchronous, now);
    dial_.reset();
    if (connection.ok()) {
        (*connection)->used(now);
        core_.with_engine([&](Engine& engine) { engine.release(*std::move(connection), now); });
    }
    return open_next(now);
}

// The dial takes its time: it goes on in the background, and others are tried.
Await Connect::look_elsewhere(TimePoint now) {
    look_at_ = now + Dial::patience;
    const bool other = core_.with_engine([&](Engine& engine) { return engine.has_other_than(dial_->node(), now); });
    if (!other) return dialled(dial_->await(), now);
    PooledDial::leave(std::exchange(dial_, nullptr));
    return open_next(now);
}

Await Connect::cancelled(const Wakeup& wakeup, TimePoint now) {
    const bool closed = core_.with_engine([](Engine& engine) { return engine.closed(); });
    stop_waiting();
    if (stage_ == Stage::refreshing) static_cast<void>(refresh_->resume(wakeup, now));
    Error error = closed ? make_error(Errc::closed, "the client was closed while connecting")
                         : make_error(Errc::cancelled, "cancelled while connecting");
    if (dial_ != nullptr && !closed) error = PooledDial::leave(std::move(dial_), std::move(error));
    dial_.reset();
    return finish(std::move(error));
}

Await Connect::stop_dialling() {
    return finish(PooledDial::leave(
        std::move(dial_), make_error(Errc::deadline_exceeded, "the time given to connect ran out while connecting")));
}

Await Connect::out_of_time(std::string_view while_doing) {
    Error error = make_error(Errc::deadline_exceeded, "the time given to connect ran out " + std::string{while_doing});
    core_.with_engine([&](Engine& engine) { engine.name_failed_nodes(error); });
    return finish(std::move(error));
}

void Connect::fail(const std::exception_ptr&) noexcept {
    let_go();
    error_ = {};
    error_.code = Errc::out_of_memory;
}

Await Connect::finish(Error error) {
    stage_ = Stage::finished;
    error_ = std::move(error);
    return {};
}

}  // namespace picoxx
