#pragma once

#include <chrono>

namespace picoxx {

/// The one clock of the driver: monotonic, so that a changed wall clock moves no deadline.
/// Ports and state machines never read it; they are told the time.
using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;

/// A deadline that never comes.
inline constexpr TimePoint no_deadline = TimePoint::max();

/// `now` and some time; `no_deadline` where that is too far off to be told.
template <class Rep, class Period>
[[nodiscard]] constexpr TimePoint later(TimePoint now, std::chrono::duration<Rep, Period> time) noexcept {
    return time >= std::chrono::duration_cast<std::chrono::duration<Rep, Period>>(no_deadline - now) ? no_deadline
                                                                                                     : now + time;
}

}  // namespace picoxx
