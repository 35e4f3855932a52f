#include "request/pooled_dial.hpp"

#include "topology/refresh.hpp"

#include <utility>

namespace picoxx {
namespace {

// A dial whose caller has left.
class UnattendedDial final : public Task {
public:
    UnattendedDial(ClientCore& core, std::unique_ptr<PooledDial> dial) noexcept : core_{core}, dial_{std::move(dial)} {}

    Await resume(const Wakeup& wakeup, TimePoint now) noexcept override {
        if (wakeup.kind == Wakeup::Kind::cancelled) return {};
        const Await await = dial_->resume(wakeup, now);
        if (await.kind != Await::Kind::finished) return await;
        AcquireRequest nobody;
        if (std::unique_ptr<Connection> connection = dial_->take(nobody, now); connection != nullptr) {
            connection->used(now);
            core_.with_engine([&](Engine& engine) { engine.release(std::move(connection), now); });
        } else {
            request_refresh(core_);
        }
        return {};
    }

private:
    ClientCore& core_;
    std::unique_ptr<PooledDial> dial_;
};

}  // namespace

PooledDial::PooledDial(ClientCore& core, PoolNode& node, TimePoint hurry, TimePoint now)
    : core_{core},
      node_{&node},
      now_{now},
      dial_{std::in_place,
            *core.settings().transport,
            core.settings().connect,
            core.with_engine([&](Engine&) { return node.info.endpoint; }),
            later(now, core.settings().timeouts.connect),
            hurry} {}

PooledDial::~PooledDial() {
    dial_.reset();  // before its place is another's
    if (node_ == nullptr) return;
    core_.with_engine([&](Engine& engine) {
        forget_caller();
        engine.dial_cancelled(*node_, now_);
    });
}

// Under the engine's lock.
void PooledDial::forget_caller() noexcept {
    if (std::exchange(left_, false)) Engine::dial_attended(*node_);
}

Await PooledDial::resume(const Wakeup& wakeup, TimePoint now) {
    now_ = now;
    return dial_->resume(wakeup, now);
}

std::unique_ptr<Connection> PooledDial::take(AcquireRequest& request, TimePoint now) {
    Result<std::unique_ptr<Session>> session = dial_->take();
    PoolNode& node = *node_;
    if (session.ok()) {
        auto connection = std::make_unique<Connection>(node, *std::move(session), dial_->address(),
                                                       core_.settings().statement_cache_size);
        core_.with_engine([&](Engine& engine) {
            forget_caller();
            engine.dial_succeeded(node, now);
        });
        node_ = nullptr;
        return connection;
    }
    Error error = std::move(session).error();
    core_.with_engine([&](Engine& engine) {
        error.node = node.label;
        request.failed.push_back(FailedNode{node.serial, error});
        forget_caller();
        engine.dial_failed(node, error, now);
    });
    node_ = nullptr;
    core_.log().write(LogLevel::warning, "pool", error.node, [&] { return "cannot connect: " + error.text; });
    return nullptr;
}

Error PooledDial::leave(std::unique_ptr<PooledDial> dial, Error error) {
    ClientCore& core = dial->core_;
    core.with_engine([&](Engine&) {
        dial->left_ = true;
        Engine::dial_left(*dial->node_);
        error.node = dial->node_->label;
    });
    error.text += ": " + dial->dial_->progress();
    core.spawn(std::make_unique<UnattendedDial>(core, std::move(dial)));
    return error;
}

}  // namespace picoxx
