#include "topology/refresh_turns.hpp"

#include <utility>

namespace picoxx {

RefreshTurns::Turn RefreshTurns::take(Wish& wish, Waker& waker, Error& error) {
    return core_.with_engine([&](Engine& engine) {
        if (engine.closed()) return Turn::closed;
        if (wish.look != 0 && ended_ >= wish.look) {
            error = error_;
            return Turn::served;
        }
        if (!running_) {
            running_ = true;
            asking_ = false;
            ++begun_;
            return Turn::mine;
        }
        if (wish.look == 0) wish.look = wish.need == Need::any || !asking_ ? begun_ : begun_ + 1;
        waiting_.push_back(&waker);
        return Turn::wait;
    });
}

void RefreshTurns::withdraw(Waker& waker) noexcept {
    core_.with_engine([&](Engine&) { std::erase(waiting_, &waker); });
}

void RefreshTurns::asks() {
    core_.with_engine([&](Engine&) { asking_ = true; });
}

void RefreshTurns::end(Ending ending, const Error& error) {
    std::unique_ptr<Session> unused;  // closed when the lock is free again
    core_.with_engine([&](Engine& engine) {
        running_ = false;
        for (Waker* waker : std::exchange(waiting_, {})) waker->wake();
        if (ending == Ending::shared) {
            error_ = error;
            ended_ = begun_;
        }
        if (engine.closed()) unused = std::move(kept_.session);
    });
}

void RefreshTurns::close() {
    std::unique_ptr<Session> unused;
    core_.with_engine([&](Engine&) {
        for (Waker* waker : std::exchange(waiting_, {})) waker->wake();
        if (!running_) unused = std::move(kept_.session);
    });
}

}  // namespace picoxx
