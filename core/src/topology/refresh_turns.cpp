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
    std::vector<Kept> unused_too;
    core_.with_engine([&](Engine& engine) {
        running_ = false;
        looks_ = nullptr;
        unused_too.swap(made_);
        failed_.clear();
        for (Waker* waker : std::exchange(waiting_, {})) waker->wake();
        if (ending == Ending::shared) {
            error_ = error;
            ended_ = begun_;
        }
        if (engine.closed()) unused = std::move(kept_.session);
    });
}

void RefreshTurns::dial_left() noexcept {
    core_.with_engine([&](Engine&) { ++left_dials_; });
}

void RefreshTurns::left_dial_ended(const Endpoint& endpoint, std::unique_ptr<Session> session, Error error) {
    core_.with_engine([&](Engine&) {
        --left_dials_;
        if (!running_) return;
        if (session != nullptr) {
            made_.push_back(Kept{endpoint, std::move(session), 0});
        } else {
            failed_.push_back(std::move(error));
        }
        if (looks_ != nullptr) std::exchange(looks_, nullptr)->wake();
    });
}

RefreshTurns::Found RefreshTurns::take_found(Waker* waker) {
    return core_.with_engine([&](Engine&) {
        Found found;
        if (!made_.empty()) {
            found.made = std::move(made_.back());
            made_.pop_back();
        }
        found.failed.swap(failed_);
        found.more = left_dials_ > 0;
        looks_ = found.made.session == nullptr ? waker : nullptr;
        return found;
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
