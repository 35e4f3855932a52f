#include "request/pooled_dial.hpp"

#include <algorithm>
#include <utility>

namespace picoxx {

PooledDial::PooledDial(ClientCore& core, PoolNode& node, TimePoint deadline, TimePoint now)
    : core_{core},
      node_{&node},
      now_{now},
      dial_{std::in_place, *core.settings().transport, core.settings().connect,
            core.with_engine([&](Engine&) { return node.info.endpoint; }),
            std::min(deadline, later(now, core.settings().timeouts.connect))} {}

PooledDial::~PooledDial() {
    dial_.reset();  // before its place is another's
    if (node_ != nullptr) core_.with_engine([&](Engine& engine) { engine.dial_cancelled(*node_, now_); });
}

Await PooledDial::resume(const Wakeup& wakeup, TimePoint now) {
    now_ = now;
    return dial_->resume(wakeup, now);
}

std::unique_ptr<Connection> PooledDial::take(AcquireRequest& request, TimePoint now) {
    Result<std::unique_ptr<Session>> session = dial_->take();
    PoolNode& node = *std::exchange(node_, nullptr);
    if (session.ok()) {
        auto connection = std::make_unique<Connection>(node, *std::move(session), dial_->address(),
                                                       core_.settings().statement_cache_size);
        core_.with_engine([&](Engine& engine) { engine.dial_succeeded(node); });
        return connection;
    }
    Error error = std::move(session).error();
    core_.with_engine([&](Engine& engine) {
        error.node = node.label;
        request.failed.push_back(FailedNode{node.serial, error});
        engine.dial_failed(node, error, now);
    });
    core_.log().write(LogLevel::warning, "pool", error.node, [&] { return "cannot connect: " + error.text; });
    return nullptr;
}

}  // namespace picoxx
