#include "call/drain.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace picoxx {

void Drain::ask(ClientCore& core, std::vector<std::unique_ptr<Connection>> connections) noexcept {
    for (auto& connection : connections) start(core, std::move(connection), Begins::asking);
}

void Drain::start(ClientCore& core, std::unique_ptr<Connection> connection, Begins begins) noexcept {
    try {
        core.spawn(std::make_unique<Drain>(core, std::move(connection), begins));
    } catch (const std::bad_alloc&) {
        core.with_engine([&](Engine& engine) { engine.drain_failed(std::move(connection), true); });
    }
}

Drain::~Drain() { Drain::let_go(); }

void Drain::let_go() noexcept {
    if (connection_ != nullptr)
        core_.with_engine([&](Engine& engine) { engine.drain_failed(std::move(connection_), has_place_); });
}

Await Drain::resume(const Wakeup& wakeup, TimePoint now) {
    if (wakeup.kind == Wakeup::Kind::start) {
        until_ = later(now, core_.settings().timeouts.drain);
        place_until_ = now + patience;
        if (begins_ == Begins::asking && !connection_->look()) {
            connection_->exchange().start(connection_->session(), StatementView{"SELECT 1"}, nullptr);
        }
    }
    const bool out_of_time = wakeup.kind == Wakeup::Kind::expired && now >= until_;
    const bool over = out_of_time || wakeup.kind == Wakeup::Kind::cancelled || !may_drain_on(now);
    Session& session = connection_->session();
    if (!over && session.advance(wakeup.ready) == SessionState::ready && !connection_->at_rest()) {
        return Await::for_io(session, has_place_ ? std::min(place_until_, until_) : until_);
    }
    if (connection_->exchange().done()) {
        // Its rows go now, not with the next statement.
        const Outcome unwanted = connection_->exchange().take_outcome();
    }
    const bool kept = !over && connection_->at_rest();
    connection_->used(now);
    core_.with_engine([&](Engine& engine) {
        if (kept) {
            engine.readmit(std::move(connection_), has_place_, now);
        } else {
            engine.drain_failed(std::move(connection_), has_place_);
        }
    });
    return {};
}

// After a while without its place.
bool Drain::may_drain_on(TimePoint now) {
    if (!has_place_ || now < place_until_ || connection_->at_rest()) return true;
    const bool drains_on = core_.with_engine([&](Engine& engine) { return engine.give_place_up(*connection_, now); });
    has_place_ = !drains_on;
    return drains_on;
}

}  // namespace picoxx
