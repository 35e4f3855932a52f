#include "fault_gate.hpp"

#include <algorithm>

namespace picoxx::devcluster {

void FaultGate::pause() {
    const std::lock_guard lock{mutex_};
    paused_ = true;
}

void FaultGate::resume() {
    const std::lock_guard lock{mutex_};
    paused_ = false;
    changed_.notify_all();
}

bool FaultGate::is_paused() const {
    const std::lock_guard lock{mutex_};
    return paused_;
}

void FaultGate::set_delay(std::chrono::milliseconds delay) {
    const std::lock_guard lock{mutex_};
    delay_ = delay;
}

void FaultGate::cut_after(std::size_t bytes) {
    const std::lock_guard lock{mutex_};
    cut_ = bytes;
}

GateResult FaultGate::wait_until_open(const Flag& closing) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return !paused_ || closing; });
    return closing ? GateResult::closed : GateResult::open;
}

GateResult FaultGate::wait_for_delay(const Flag& closing) {
    std::unique_lock lock{mutex_};
    if (delay_.count() > 0) changed_.wait_for(lock, delay_, [&] { return closing.load(); });
    changed_.wait(lock, [&] { return !paused_ || closing; });
    return closing ? GateResult::closed : GateResult::open;
}

SendResult FaultGate::send(std::size_t size, const Send& send, const Flag& closing) {
    using enum SendResult::Verdict;
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return !paused_ || closing; });
    if (closing) return {close, 0};
    if (!cut_) return {go_on, send(size)};

    const long sent = *cut_ > 0 ? send(std::min(size, *cut_)) : 0;
    if (sent > 0) *cut_ -= static_cast<std::size_t>(sent);
    if (*cut_ > 0) return {go_on, sent};
    cut_.reset();
    return {close, sent};
}

void FaultGate::wake(Flag& closing) {
    const std::lock_guard lock{mutex_};
    closing = true;
    changed_.notify_all();
}

}  // namespace picoxx::devcluster
