#include "pool/balancer.hpp"

#include <utility>

namespace picoxx {

Balancer::Balancer(std::shared_ptr<BalanceStrategy> strategy, std::string name, ReadClock clock) noexcept
    : strategy_{std::move(strategy)}, name_{std::move(name)}, clock_{clock} {}

std::size_t Balancer::measured_pick(std::span<const Candidate> candidates, const PickContext& context) noexcept {
    const TimePoint start = clock_();
    const std::size_t index = strategy_->pick(candidates, context);
    const Duration took = clock_() - start;
    if (took >= slow) {
        if (slow_picks_++ == 0) first_slow_ = took;
        warn(slow_once);
        if (watched_ == 0) watched_ = watch_for;
        if (++slow_while_watched_ == too_many_slow) {
            replaced_ = true;
            warn(put_aside);
        }
    }
    if (watched_ > 0 && --watched_ == 0) slow_while_watched_ = 0;
    // At random, so that no rhythm of the strategy's hides from it.
    until_sample_ = watched_ > 0 ? 1 : 1 + static_cast<std::uint32_t>(context.random) % (2 * sample_of - 1);
    return index;
}

std::size_t Balancer::without_choice(std::size_t index, std::size_t count) noexcept {
    if (index != BalanceStrategy::npos) {
        if (bad_picks_++ == 0) {
            first_bad_index_ = index;
            first_bad_count_ = count;
        }
        warn(bad);
    }
    return next_turn(count);
}

std::shared_ptr<BalanceStrategy> Balancer::set(std::shared_ptr<BalanceStrategy> strategy, std::string name) noexcept {
    reset();
    name_ = std::move(name);
    return std::exchange(strategy_, std::move(strategy));
}

void Balancer::reset() noexcept {
    until_sample_ = 1;
    replaced_ = false;
    warning_ = warned_ = 0;
    watched_ = slow_while_watched_ = 0;
    bad_picks_ = slow_picks_ = 0;
}

void Balancer::warn(Warning about) noexcept {
    if ((warned_ & about) != 0) return;
    warned_ = static_cast<std::uint8_t>(warned_ | about);
    warning_ = static_cast<std::uint8_t>(warning_ | about);
}

std::string Balancer::take_warning() {
    const std::string who = "balance strategy \"" + name_ + '"';
    const auto take = [this](Warning about) {
        const bool wanted = (warning_ & about) != 0;
        warning_ = static_cast<std::uint8_t>(warning_ & ~about);
        return wanted;
    };
    if (take(bad)) {
        return who + " returned " + std::to_string(first_bad_index_) + " for " + std::to_string(first_bad_count_) +
               " endpoints; treated as no endpoint (said once, counted always)";
    }
    if (take(slow_once)) {
        return who + " took " +
               std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(first_slow_).count()) +
               " us for a pick (said once, counted always)";
    }
    static_cast<void>(take(put_aside));
    return who + " was slow " + std::to_string(too_many_slow) + " times in " + std::to_string(watch_for) +
           " picks: the nodes are taken in turn until it is set or reset";
}

}  // namespace picoxx
