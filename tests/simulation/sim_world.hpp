#pragma once

#include <picoxx/port/time.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace picoxx::simulation {

/// Virtual time, and all that will happen in it. One seed gives one history: nothing else decides, so a run can be
/// repeated exactly.
class World {
public:
    explicit World(std::uint64_t seed) : random_state_{seed} {}
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    [[nodiscard]] TimePoint now() const noexcept { return now_; }

    /// Does `event` at `time`, after everything that was planned for the same moment before.
    void at(TimePoint time, std::function<void()> event) {
        events_.emplace(std::pair{time, ++planned_}, std::move(event));
    }
    void after(Duration delay, std::function<void()> event) { at(now_ + delay, std::move(event)); }

    /// Lets time pass until nothing is left to happen, or until `end`.
    void run(TimePoint end = no_deadline) {
        while (!events_.empty() && events_.begin()->first.first <= end) {
            auto next = events_.extract(events_.begin());
            now_ = next.key().first;
            trace(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
            next.mapped()();
        }
    }

    /// SplitMix64.
    [[nodiscard]] std::uint64_t random() noexcept {
        std::uint64_t value = (random_state_ += 0x9e3779b97f4a7c15U);
        value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
        value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
        return value ^ (value >> 31U);
    }
    [[nodiscard]] Duration random_delay(Duration shortest, Duration longest) noexcept {
        return shortest + Duration{static_cast<std::int64_t>(
                              random() % static_cast<std::uint64_t>((longest - shortest).count() + 1))};
    }

    /// Adds to the fingerprint of this history.
    void trace(std::uint64_t what) noexcept { fingerprint_ = (fingerprint_ ^ what) * 0x100000001b3U; }
    /// Equal for two runs that did the same things at the same times.
    [[nodiscard]] std::uint64_t fingerprint() const noexcept { return fingerprint_; }

private:
    TimePoint now_{};
    std::uint64_t planned_ = 0;
    std::uint64_t random_state_;
    std::uint64_t fingerprint_ = 0xcbf29ce484222325U;
    std::map<std::pair<TimePoint, std::uint64_t>, std::function<void()>> events_;
};

}  // namespace picoxx::simulation
