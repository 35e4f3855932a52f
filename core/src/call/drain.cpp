#include "call/drain.hpp"

#include <new>
#include <utility>

namespace picoxx {

void Drain::start(ClientCore& core, std::unique_ptr<Connection> connection) noexcept {
    try {
        core.spawn(std::make_unique<Drain>(core, std::move(connection)));
    } catch (const std::bad_alloc&) {
        core.with_engine([&](Engine& engine) { engine.drain_failed(std::move(connection)); });
    }
}

Drain::~Drain() { Drain::let_go(); }

void Drain::let_go() noexcept {
    if (connection_ != nullptr) core_.with_engine([&](Engine& engine) { engine.drain_failed(std::move(connection_)); });
}

Await Drain::resume(const Wakeup& wakeup, TimePoint now) {
    if (wakeup.kind == Wakeup::Kind::start) until_ = later(now, core_.settings().timeouts.drain);
    const bool over = wakeup.kind == Wakeup::Kind::expired || wakeup.kind == Wakeup::Kind::cancelled;
    Session& session = connection_->session();
    if (!over && session.advance(wakeup.ready) == SessionState::ready && !connection_->at_rest()) {
        return Await{Await::Kind::io, &session, nullptr, until_};
    }
    if (connection_->exchange().done()) {
        // Its rows go now, not with the next statement.
        const Outcome unwanted = connection_->exchange().take_outcome();
    }
    const bool kept = !over && connection_->at_rest();
    connection_->used(now);
    core_.with_engine([&](Engine& engine) {
        if (kept) {
            engine.readmit(std::move(connection_), now);
        } else {
            engine.drain_failed(std::move(connection_));
        }
    });
    return {};
}

}  // namespace picoxx
