#pragma once

#include <picoxx/port/time.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace picoxx {

/// When a client looks at the topology without being asked: from time to time, soon after something made the topology
/// doubtful, and again where a look failed. Every pause is drawn at random, so that clients that were started together,
/// or that lost the same node, do not stay together. Decides only; time and randomness are arguments.
class RefreshSchedule {
public:
    /// Between a look and the next one that is wanted: many nodes lost at once cost few looks.
    static constexpr std::chrono::milliseconds shortest_pause{250};

    /// `interval` unset: only where something made the topology doubtful.
    explicit RefreshSchedule(std::optional<std::chrono::milliseconds> interval) noexcept : interval_{interval} {}

    /// The first look comes now.
    void begin_now(TimePoint now) noexcept { next_ = now; }
    /// Somebody has just looked: the first look comes after an interval.
    void begin_later(TimePoint now, std::uint64_t random) noexcept { looked(true, now, random); }
    /// A look has ended, and whether it gave a picture.
    void looked(bool successful, TimePoint now, std::uint64_t random) noexcept;
    /// Something made the topology doubtful: the next look comes earlier.
    void wanted(TimePoint now) noexcept;
    /// When the next look is due.
    [[nodiscard]] TimePoint next() const noexcept { return next_; }

private:
    std::optional<std::chrono::milliseconds> interval_;
    std::uint32_t failures_ = 0;  // in a row
    TimePoint earliest_{};        // for one that is wanted
    TimePoint next_ = no_deadline;
};

}  // namespace picoxx
