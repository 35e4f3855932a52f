#include "request/connect.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace picoxx {

Connect::~Connect() {
    if (stage_ == Stage::waiting) core_.withdraw(waker());
    if (stage_ == Stage::dialling) give_up_dial(now_);
}

Await Connect::resume(const Wakeup& wakeup, TimePoint now) noexcept {
    now_ = now;
    if (wakeup.kind == Wakeup::Kind::cancelled) return cancelled(wakeup, now);
    switch (stage_) {
        case Stage::starting: return begin(now);
        case Stage::waiting:
            core_.withdraw(waker());
            if (now >= deadline_) return out_of_time("while another look at the topology was under way");
            return look_at_topology(now);
        case Stage::refreshing: return refreshed(refresh_->resume(wakeup, now), now);
        case Stage::dialling: return dialled(dial_->resume(wakeup, now), now);
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
    if (core_.settings().enable_discovery) return look_at_topology(now);
    return open_next(now);
}

Await Connect::look_at_topology(TimePoint now) {
    stage_ = Stage::refreshing;
    refresh_.emplace(core_, deadline_);
    refresh_->set_waker(waker());
    return refreshed(refresh_->resume(Wakeup{}, now), now);
}

Await Connect::refreshed(const Await& await, TimePoint now) {
    if (await.kind != Await::Kind::finished) return await;
    if (refresh_->superfluous()) {
        if (core_.with_engine([](Engine& engine) { return engine.closed(); })) {
            return finish(make_error(Errc::closed, "the client is closed"));
        }
        // One is under way elsewhere; after it comes this one.
        stage_ = Stage::waiting;
        if (!core_.await_refresh(waker())) return look_at_topology(now);
        return Await{Await::Kind::turn, nullptr, nullptr, deadline_};
    }
    if (refresh_->error()) return finish(refresh_->error());
    return open_next(now);
}

Await Connect::open_next(TimePoint now) {
    bool enough = false;
    Acquisition place = core_.with_engine([&](Engine& engine) {
        enough = engine.made() >= readiness_.min_ready && !engine.closed();
        return enough ? Acquisition{} : engine.acquire_new(request_, now);
    });
    if (enough || place.kind == Acquisition::Kind::wait) return finish({});
    if (place.kind == Acquisition::Kind::fail) return finish(std::move(*place.error));
    node_ = place.node;
    if (now >= deadline_) {
        give_up_dial(now);
        return out_of_time("while connecting");
    }
    stage_ = Stage::dialling;
    const Endpoint endpoint = core_.with_engine([&](Engine&) { return node_->info.endpoint; });
    dial_.emplace(*core_.settings().transport, core_.settings().connect, endpoint,
                  std::min(deadline_, later(now, core_.settings().timeouts.connect)));
    return dialled(dial_->resume(Wakeup{}, now), now);
}

Await Connect::dialled(const Await& await, TimePoint now) {
    if (await.kind != Await::Kind::finished) return await;
    Result<std::unique_ptr<Session>> session = dial_->take();
    PoolNode& node = *std::exchange(node_, nullptr);
    if (session.ok()) {
        auto connection = std::make_unique<Connection>(node, *std::move(session), dial_->address(),
                                                       core_.settings().statement_cache_size);
        connection->used(now);
        core_.with_engine([&](Engine& engine) {
            engine.dial_succeeded(node);
            engine.release(std::move(connection), now);
        });
    } else {
        Error error = std::move(session).error();
        core_.with_engine([&](Engine& engine) {
            error.node = node.label;
            request_.failed.push_back(FailedNode{node.serial, error});
            engine.dial_failed(node, error, now);
        });
        core_.log().write(LogLevel::warning, "pool", error.node, [&] { return "cannot connect: " + error.text; });
    }
    dial_.reset();
    return open_next(now);
}

Await Connect::cancelled(const Wakeup& wakeup, TimePoint now) {
    const bool closed = core_.with_engine([](Engine& engine) { return engine.closed(); });
    if (stage_ == Stage::waiting) core_.withdraw(waker());
    if (stage_ == Stage::refreshing) static_cast<void>(refresh_->resume(wakeup, now));
    if (stage_ == Stage::dialling) give_up_dial(now);
    return finish(closed ? make_error(Errc::closed, "the client was closed while connecting")
                         : make_error(Errc::cancelled, "cancelled while connecting"));
}

void Connect::give_up_dial(TimePoint now) {
    dial_.reset();
    core_.with_engine([&](Engine& engine) { engine.dial_cancelled(*std::exchange(node_, nullptr), now); });
}

Await Connect::out_of_time(std::string_view while_doing) {
    Error error = make_error(Errc::deadline_exceeded, "the time given to connect ran out " + std::string{while_doing});
    for (const FailedNode& failed : request_.failed) error.text += "; " + failed.error.node + ": " + failed.error.text;
    return finish(std::move(error));
}

Await Connect::finish(Error error) noexcept {
    stage_ = Stage::finished;
    error_ = std::move(error);
    return {};
}

}  // namespace picoxx
