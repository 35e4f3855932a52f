#include "topology/left_dial.hpp"

#include <new>
#include <utility>

namespace picoxx {

void LeftDial::start(ClientCore& core, RefreshTurns& turns, Endpoint endpoint, std::unique_ptr<Dial> dial) noexcept {
    turns.dial_left();
    try {
        core.spawn(std::make_unique<LeftDial>(core, turns, endpoint, std::move(dial)));
    } catch (const std::bad_alloc&) {
        static_cast<void>(LeftDial{core, turns, std::move(endpoint), std::move(dial)});
    }
}

Await LeftDial::resume(const Wakeup& wakeup, TimePoint now) {
    now_ = now;
    if (wakeup.kind == Wakeup::Kind::cancelled) {
        let_go();
        return {};
    }
    const Await await = dial_->resume(wakeup, now);
    if (await.kind != Await::Kind::finished) return await;
    Result<std::unique_ptr<Session>> session = core_.take_dialled(*dial_);
    if (session.ok()) {
        end(*std::move(session), {}, now);
    } else {
        end(nullptr, std::move(session).error(), now);
    }
    return {};
}

void LeftDial::let_go() noexcept {
    if (dial_ == nullptr) return;
    Error cancelled;  // without a text: no memory is needed
    cancelled.code = Errc::cancelled;
    end(nullptr, std::move(cancelled), now_);
}

void LeftDial::end(std::unique_ptr<Session> session, Error error, TimePoint now) {
    dial_.reset();
    if (error && error.code != Errc::cancelled && error.node.empty()) error.node = to_string(endpoint_);
    core_.with_engine([&](Engine& engine) { engine.end_discovery_dial(endpoint_, error, now); });
    turns_.left_dial_ended(endpoint_, std::move(session), std::move(error));
}

}  // namespace picoxx
