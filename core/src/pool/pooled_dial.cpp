#include "pool/pooled_dial.hpp"

#include <utility>

namespace picoxx {

PooledDial::PooledDial(ClientCore& core, PoolNode& node, TimePoint hurry, TimePoint now)
    : core_{core},
      node_{&node},
      now_{now},
      dial_{std::in_place, core.settings(), core.with_engine([&](Engine&) { return node.info.endpoint; }),
            later(now, core.settings().timeouts.connect), hurry} {}

// Whatever happens the place is accounted for.
std::unique_ptr<PooledDial> PooledDial::make(ClientCore& core, PoolNode& node, TimePoint hurry, TimePoint now) {
    try {
        return std::make_unique<PooledDial>(core, node, hurry, now);
    } catch (...) {
        core.with_engine([&](Engine& engine) { engine.dial_cancelled(node, now); });
        throw;
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
    if (std::exchange(left_, false)) engine.dial_attended(*node_);
}

Await PooledDial::resume(const Wakeup& wakeup, TimePoint now) {
    now_ = now;
    const bool over = left_ && wakeup.kind == Wakeup::Kind::cancelled;  // nobody would take it any more
    if (over) return {};
    const Await await = dial_->resume(wakeup, now);
    if (left_ && await.kind == Await::Kind::finished) deliver(now);
    return await;
}

// To the pool, or the failure to the engine.
void PooledDial::deliver(TimePoint now) {
    Result<std::unique_ptr<Connection>> connection = finish();
    if (!connection.ok()) return failed(std::move(connection).error(), nullptr, now);
    (*connection)->used(now);
    core_.with_engine([&](Engine& engine) {
        forget_caller(engine);
        node_ = nullptr;
        engine.dial_delivered(*std::move(connection), now);
    });
}

std::unique_ptr<Connection> PooledDial::take(AcquireRequest& request, TimePoint now) {
    Result<std::unique_ptr<Connection>> connection = finish();
    if (!connection.ok()) {
        failed(std::move(connection).error(), &request, now);
        return nullptr;
    }
    (*connection)->used_by(request.face);
    core_.with_engine([&](Engine& engine) { engine.dial_succeeded(*std::exchange(node_, nullptr), now); });
    return *std::move(connection);
}

Result<std::unique_ptr<Connection>> PooledDial::finish() {
    Result<std::unique_ptr<Session>> session = dial_->take();
    if (!session.ok()) return std::move(session).error();
    return std::make_unique<Connection>(*node_, *std::move(session), dial_->address(),
                                        core_.settings().statement_cache_size);
}

void PooledDial::failed(Error error, AcquireRequest* request, TimePoint now) {
    core_.with_engine([&](Engine& engine) {
        error.node = node_->label;
        if (request != nullptr) request->failed.push_back(FailedNode{node_->serial, error});
        forget_caller(engine);
        engine.dial_failed(*std::exchange(node_, nullptr), error, now);
    });
}

Error PooledDial::leave(std::unique_ptr<PooledDial> dial, Error error) {
    ClientCore& core = dial->core_;
    const bool closed = core.with_engine([&](Engine& engine) {
        dial->left_ = true;
        engine.dial_left(*dial->node_);
        error.node = dial->node_->label;
        return engine.closed();
    });
    error.text += ": " + dial->dial_->progress();
    if (!closed) core.spawn(std::move(dial));
    return error;
}

}  // namespace picoxx
