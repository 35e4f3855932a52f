#include "sim_world.hpp"

#include <algorithm>
#include <utility>

namespace picoxx::simulation {

void World::at(TimePoint time, std::function<void()> event) {
    events_.push_back(Planned{time, ++planned_, std::move(event)});
    std::push_heap(events_.begin(), events_.end());
}

void World::leap(Duration span) noexcept {
    now_ += span;
    awake_since_ = now_;
}

void World::run(TimePoint end) {
    stopped_ = false;
    while (!stopped_ && !events_.empty() && events_.front().time <= end) {
        std::pop_heap(events_.begin(), events_.end());
        const Planned next = std::move(events_.back());
        events_.pop_back();
        now_ = std::max(now_, next.time);
        ++happened_;
        trace(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
        next.event();
        if (settled) settled();
    }
    if (!stopped_ && end != no_deadline) now_ = std::max(now_, end);
}

std::uint64_t World::random() noexcept {
    std::uint64_t value = (random_state_ += 0x9e3779b97f4a7c15U);
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31U);
}

Duration World::random_delay(Duration shortest, Duration longest) noexcept {
    return shortest +
           Duration{static_cast<std::int64_t>(below(static_cast<std::uint64_t>((longest - shortest).count() + 1)))};
}

}  // namespace picoxx::simulation
