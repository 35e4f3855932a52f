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

}  // namespace picoxx
