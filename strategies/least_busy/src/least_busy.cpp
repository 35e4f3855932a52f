#include <picoxx/strategies/least_busy.hpp>

#include <cstdint>

namespace picoxx {

namespace {

constexpr std::size_t sample_size = 32;

// Multiply and shift: a remainder would favour the first candidates and cost a division.
std::size_t scaled(std::uint64_t random, std::size_t count) noexcept { return ((random >> 32U) * count) >> 32U; }

// The best of so many drawn at random: among equals the one drawn first.
std::size_t best_of_sample(std::span<const Candidate> candidates, std::uint64_t random) noexcept {
    std::size_t best = scaled(random, candidates.size());
    for (std::size_t drawn = 1; drawn < sample_size; ++drawn) {
        random = random * 6364136223846793005U +
                 1442695040888963407U;  // Knuth's MMIX generator; its upper half is used
        const std::size_t other = scaled(random, candidates.size());
        if (candidates[other].in_flight < candidates[best].in_flight) best = other;
    }
    return best;
}

}  // namespace

std::size_t LeastBusy::pick(std::span<const Candidate> candidates, const PickContext& context) noexcept {
    if (candidates.size() > sample_size) return best_of_sample(candidates, context.random);
    std::uint32_t fewest = candidates.front().in_flight;
    std::size_t equals = 0;
    for (const Candidate& candidate : candidates) {
        if (candidate.in_flight < fewest) {
            fewest = candidate.in_flight;
            equals = 0;
        }
        if (candidate.in_flight == fewest) ++equals;
    }

    std::size_t to_skip = scaled(context.random, equals);
    std::size_t index = 0;
    while (candidates[index].in_flight != fewest || to_skip-- > 0) ++index;
    return index;
}

std::shared_ptr<BalanceStrategy> least_busy() { return std::make_shared<LeastBusy>(); }

}  // namespace picoxx
