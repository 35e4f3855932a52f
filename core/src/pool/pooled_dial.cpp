#include "pool/pooled_dial.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace picoxx {

PooledDial::PooledDial(ClientCore& core, PoolNode& node, TimePoint hurry, TimePoint now)
    : core_{core},
      node_{&node},
      slow_at_{later(now, Dial::patience)},
      now_{now},
      generation_{core.with_engine([&](Engine&) { return node.generation; })},
      dial_{std::in_place,
            core.settings(),
            core.unanswered(),
            core.with_engine([&](Engine&) { return node.info.endpoint; }),
            later(now, core.settings().timeouts.connect),
            hurry} {}

// Whatever happens the place is accounted for.
std::unique_ptr<PooledDial> PooledDial::make(ClientCore& core, PoolNode& node, TimePoint hurry, TimePoint now) {
    try {
        return std::make_unique<PooledDial>(core, node, hurry, now);
    } catch (...) {
        core.with_engine([&](Engine& engine) { engine.dial_cancelled(node, now); });
        throw;
    }
}

void PooledDial::start_in_background(ClientCore& core, PoolNode& node) noexcept {
    const TimePoint now = core.with_engine([](Engine& engine) { return engine.now(); });
    try {
        auto dial = std::make_unique<PooledDial>(core, node, no_deadline, now);
        dial->caller_ = Caller::none;
        core.spawn(std::move(dial));
    } catch (const std::bad_alloc&) {
        core.with_engine([&](Engine& engine) { engine.dial_cancelled(node, now); });
    }
}

PooledDial::~PooledDial() { PooledDial::let_go(); }

void PooledDial::let_go() noexcept {
    dial_.reset();  // before its place is another's
    if (node_ == nullptr) return;
    core_.with_engine([&](Engine& engine) {
        forget_caller(engine);
        engine.dial_cancelled(*std::exchange(node_, nullptr), now_);
    });
}

// Under the engine's lock.
void PooledDial::forget_caller(Engine& engine) {
    if (std::exchange(caller_, Caller::none) == Caller::left) engine.dial_attended(*node_);
}

Await PooledDial::resume(const Wakeup& wakeup, TimePoint now) {
    now_ = now;
    const bool unattended = caller_ != Caller::present;
    const bool over = unattended && wakeup.kind == Wakeup::Kind::cancelled;  // nobody would take it any more
    if (over) return {};
    const bool is_slow_now = caller_ == Caller::none && wakeup.kind == Wakeup::Kind::expired && now < await_.until;
    if (is_slow_now) {
        caller_ = Caller::left;
        core_.with_engine([&](Engine& engine) { engine.dial_left(*node_); });
        return await_;
    }
    await_ = dial_->resume(wakeup, now);
    if (unattended && await_.kind == Await::Kind::finished) deliver(now);
    Await await = await_;
    if (caller_ == Caller::none) await.until = std::min(await.until, slow_at_);
    return await;
}

// To the pool, or the failure to the engine.
void PooledDial::deliver(TimePoint now) {
    Result<std::unique_ptr<Connection>> connection = finish();
    if (!connection.ok()) {
        static_cast<void>(failed(std::move(connection).error(), now));
        return;
    }
    (*connection)->used(now);
    core_.with_engine([&](Engine& engine) {
        forget_caller(engine);
        node_ = nullptr;
        engine.dial_delivered(*std::move(connection), now);
    });
}

Result<std::unique_ptr<Connection>> PooledDial::take(Face face, TimePoint now) {
    Result<std::unique_ptr<Connection>> connection = finish();
    if (!connection.ok()) return failed(std::move(connection).error(), now);
    (*connection)->used_by(face);
    core_.with_engine([&](Engine& engine) { engine.dial_succeeded(*std::exchange(node_, nullptr), now); });
    return connection;
}

Result<std::unique_ptr<Connection>> PooledDial::finish() {
    Result<std::unique_ptr<Session>> session = core_.take_dialled(*dial_);
    if (!session.ok()) return std::move(session).error();
    auto connection = std::make_unique<Connection>(*node_, *std::move(session), dial_->address(),
                                                   core_.settings().statement_cache_size);
    const TimePoint end = core_.with_engine([&](Engine& engine) { return engine.end_of_life(now_); });
    connection->lives_until(end, generation_);
    connection->used(now_);
    return connection;
}

Error PooledDial::failed(Error error, TimePoint now) {
    core_.with_engine([&](Engine& engine) {
        error.node = node_->label;
        forget_caller(engine);
        PoolNode& node = *std::exchange(node_, nullptr);
        const bool has_moved = dial_->endpoint() != node.info.endpoint;
        if (error.code == Errc::cancelled || has_moved) {
            engine.dial_held_back(node, now);
        } else {
            engine.dial_failed(node, error, now);
        }
    });
    return error;
}

void PooledDial::leave(std::unique_ptr<PooledDial> dial) {
    ClientCore& core = dial->core_;
    const bool closed = core.with_engine([&](Engine& engine) {
        dial->caller_ = Caller::left;
        engine.dial_left(*dial->node_);
        return engine.closed();
    });
    if (!closed) core.spawn(std::move(dial));
}

Error PooledDial::leave(std::unique_ptr<PooledDial> dial, Error error) {
    error.node = dial->core_.with_engine([&](Engine&) { return dial->node_->label; });
    error.text += ": " + dial->dial_->progress();
    leave(std::move(dial));
    return error;
}

}  // namespace picoxx
