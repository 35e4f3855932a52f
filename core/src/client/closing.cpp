#include "client/closing.hpp"

#include <utility>

namespace picoxx {

Closing::~Closing() { Closing::let_go(); }

void Closing::let_go() noexcept {
    if (std::exchange(waiting_, false)) core_.withdraw(waker());
}

Await Closing::resume(const Wakeup& wakeup, TimePoint now) {
    if (wakeup.kind == Wakeup::Kind::start) until_ = later(now, patience_);
    let_go();
    quiet_ = !core_.await_quiet(waker());
    waiting_ = !quiet_;
    if (!quiet_ && now < until_ && wakeup.kind != Wakeup::Kind::cancelled) {
        return Await::for_turn(until_);
    }
    // Once the task is over its waker must not be called any more.
    let_go();
    return {};
}

}  // namespace picoxx
