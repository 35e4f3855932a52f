#pragma once

#include <picoxx/balance_status.hpp>

#include <picoxx/port/balance_strategy.hpp>
#include <picoxx/port/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace picoxx {

/// Asks the strategy, and contains it: whatever it answers, a candidate comes out. An answer that is no candidate is
/// counted; a strategy that is slow again and again is put aside. One that never returns cannot be helped.
class Balancer {
public:
    using ReadClock = TimePoint (*)() noexcept;

    static constexpr std::chrono::milliseconds slow{1};
    /// One pick of so many is measured, on average.
    static constexpr std::uint32_t sample_of = 64;
    /// From a slow pick on so many are measured.
    static constexpr std::uint32_t watch_for = 64;
    /// So many slow ones among those put the strategy aside.
    static constexpr std::uint32_t too_many_slow = 8;

    /// `clock` measures picks. @pre strategy != nullptr
    explicit Balancer(std::shared_ptr<BalanceStrategy> strategy, std::string name = "custom",
                      ReadClock clock = &Clock::now) noexcept;

    /// @pre !candidates.empty()
    [[nodiscard]] std::size_t pick(std::span<const Candidate> candidates, const PickContext& context) noexcept {
        if (replaced_) return next_turn(candidates.size());
        const std::size_t index = --until_sample_ == 0 ? measured_pick(candidates, context)
                                                       : strategy_->pick(candidates, context);
        return index < candidates.size() ? index : without_choice(index, candidates.size());
    }

    /// The same, of candidates that are offered before others: where it takes none of them their number comes out.
    [[nodiscard]] std::size_t pick_if_any(std::span<const Candidate> candidates, const PickContext& context) noexcept {
        if (replaced_) return next_turn(candidates.size());
        const std::size_t index = --until_sample_ == 0 ? measured_pick(candidates, context)
                                                       : strategy_->pick(candidates, context);
        if (index == BalanceStrategy::npos) return candidates.size();
        return index < candidates.size() ? index : without_choice(index, candidates.size());
    }

    /// Uses another one from now on, with counters at 0. @return the old one, to be destroyed where its code may run.
    [[nodiscard]] std::shared_ptr<BalanceStrategy> set(std::shared_ptr<BalanceStrategy> strategy,
                                                       std::string name) noexcept;
    /// Trusts the one that was put aside again, with counters at 0.
    void reset() noexcept;

    [[nodiscard]] BalanceStatus status() const { return {name_, bad_picks_, slow_picks_, replaced_}; }

    /// There is something to be said that was not said yet.
    [[nodiscard]] bool has_warning() const noexcept { return warning_ != 0; }
    /// One line that names the strategy, each of the three kinds once between two resets. @pre has_warning()
    [[nodiscard]] std::string take_warning();

private:
    enum Warning : std::uint8_t { bad = 1, slow_once = 2, put_aside = 4 };

    [[nodiscard]] std::size_t measured_pick(std::span<const Candidate> candidates, const PickContext& context) noexcept;
    [[nodiscard]] std::size_t without_choice(std::size_t index, std::size_t count) noexcept;
    [[nodiscard]] std::size_t next_turn(std::size_t count) noexcept { return turn_++ % count; }
    void warn(Warning about) noexcept;

    std::shared_ptr<BalanceStrategy> strategy_;
    std::uint32_t until_sample_ = 1;  // the first pick is measured
    bool replaced_ = false;
    std::uint8_t warning_ = 0;
    std::uint8_t warned_ = 0;
    std::uint32_t watched_ = 0;  // picks still to be measured
    std::uint32_t slow_while_watched_ = 0;
    std::size_t turn_ = 0;
    std::uint64_t bad_picks_ = 0;
    std::uint64_t slow_picks_ = 0;
    std::size_t first_bad_index_ = 0;
    std::size_t first_bad_count_ = 0;
    Duration first_slow_{};
    std::string name_;
    ReadClock clock_;
};

}  // namespace picoxx
