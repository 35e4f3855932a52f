#include <picoxx/strategies/least_busy.hpp>

#include <cstdint>
#include <limits>

namespace picoxx {

namespace {

constexpr std::size_t sample_size = 32;

// Multiply and shift: a remainder would favour the first candidates and cost a division.
std::size_t scaled(std::uint64_t random, std::size_t count) noexcept { return ((random >> 32U) * count) >> 32U; }

// Who is in doubt comes after all others.
std::uint32_t load(const Candidate& candidate) noexcept {
    return candidate.is_in_doubt() ? std::numeric_limits<std::uint32_t>::max() : candidate.in_flight;
}

// The best of so many drawn at random: among equals the one drawn first.
std::size_t best_of_sample(std::span<const Candidate> candidates, std::uint64_t random) noexcept {
    std::size_t best = scaled(random, candidates.size());
    for (std::size_t drawn = 1; drawn < sample_size; ++drawn) {
        random = random * 6364136223846793005U +
                 1442695040888963407U;  // Knuth's MMIX generator; its upper half is used
        const std::size_t other = scaled(random, candidates.size());
        if (load(candidates[other]) < load(candidates[best])) best = other;
    }
    return best;
}

}  // namespace

std::size_t LeastBusy::pick(std::span<const Candidate> candidates, const PickContext& context) noexcept {
    if (candidates.size() > sample_size) return best_of_sample(candidates, context.random);
    std::uint32_t fewest = load(candidates.front());
    std::size_t equals = 0;
    for (const Candidate& candidate : candidates) {
        if (load(candidate) < fewest) {
            fewest = load(candidate);
            equals = 0;
        }
        if (load(candidate) == fewest) ++equals;
    }

    std::size_t to_skip = scaled(context.random, equals);
    std::size_t index = 0;
    while (load(candidates[index]) != fewest || to_skip-- > 0) ++index;
    return index;
}

std::shared_ptr<BalanceStrategy> least_busy() { return std::make_shared<LeastBusy>(); }

}  // namespace picoxx
