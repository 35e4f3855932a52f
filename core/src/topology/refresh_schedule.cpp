#include "topology/refresh_schedule.hpp"

#include "pool/back_off.hpp"

#include <algorithm>

namespace picoxx {
namespace {

// From nine to eleven tenths of it.
Duration jittered(Duration pause, std::uint64_t random) noexcept {
    constexpr std::uint64_t steps = 1024;
    const Duration step = pause / static_cast<std::int64_t>(5 * steps);
    return pause - pause / 10 + step * static_cast<std::int64_t>(random % (steps + 1));
}

}  // namespace

void RefreshSchedule::looked(bool successful, TimePoint now, std::uint64_t random) noexcept {
    failures_ = successful ? 0 : failures_ + 1;
    next_ = no_deadline;
    const bool ever = interval_ && later(now, *interval_) < no_deadline - (no_deadline - now) / 4;
    if (ever) next_ = now + jittered(*interval_, random);
    const Duration pause = successful ? jittered(shortest_pause, random)
                                      : std::max<Duration>(back_off(failures_, random), shortest_pause);
    earliest_ = now + pause;
    if (!successful) next_ = std::min(next_, earliest_);
}

void RefreshSchedule::wanted(TimePoint now) noexcept { next_ = std::min(next_, std::max(now, earliest_)); }

}  // namespace picoxx
