#pragma once

#include <picoxx/port/time.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

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
    void at(TimePoint time, std::function<void()> event);
    void after(Duration delay, std::function<void()> event) { at(now_ + delay, std::move(event)); }

    /// Time goes on by `span` and nothing happens meanwhile, as where a machine was suspended: what was planned for
    /// that time happens at its end.
    void leap(Duration span) noexcept;
    /// When the last leap ended.
    [[nodiscard]] TimePoint awake_since() const noexcept { return awake_since_; }

    /// Lets time pass until nothing is left to happen, until `end`, or until `stop` is called.
    void run(TimePoint end = no_deadline);
    void stop() noexcept { stopped_ = true; }
    [[nodiscard]] std::uint64_t events() const noexcept { return happened_; }
    /// Called after each event.
    std::function<void()> settled;

    /// SplitMix64.
    [[nodiscard]] std::uint64_t random() noexcept;
    /// @pre count > 0
    [[nodiscard]] std::uint64_t below(std::uint64_t count) noexcept { return random() % count; }
    [[nodiscard]] bool one_in(std::uint64_t count) noexcept { return below(count) == 0; }
    [[nodiscard]] Duration random_delay(Duration shortest, Duration longest) noexcept;

    /// Adds to the fingerprint of this history.
    void trace(std::uint64_t what) noexcept { fingerprint_ = (fingerprint_ ^ what) * 0x100000001b3U; }
    /// Equal for two runs that did the same things at the same times.
    [[nodiscard]] std::uint64_t fingerprint() const noexcept { return fingerprint_; }

    /// Tells what happens, to whoever reads the history: `text()` is made only where somebody does.
    template <class Text>
    void tell(const Text& text) const {
        if (listener) listener(now_, text());
    }
    std::function<void(TimePoint, const std::string&)> listener;

private:
    struct Planned {
        TimePoint time;
        std::uint64_t order;
        std::function<void()> event;
        // The first one of a heap is its greatest.
        [[nodiscard]] friend bool operator<(const Planned& left, const Planned& right) noexcept {
            return left.time != right.time ? left.time > right.time : left.order > right.order;
        }
    };

    TimePoint now_{};
    TimePoint awake_since_{};
    std::uint64_t planned_ = 0;
    std::uint64_t happened_ = 0;
    bool stopped_ = false;
    std::uint64_t random_state_;
    std::uint64_t fingerprint_ = 0xcbf29ce484222325U;
    std::vector<Planned> events_;
};

}  // namespace picoxx::simulation
