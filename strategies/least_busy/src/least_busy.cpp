#include <picoxx/strategies/least_busy.hpp>

#include <cstdint>

namespace picoxx {

std::size_t LeastBusy::pick(std::span<const Candidate> candidates, const PickContext& context) noexcept {
    std::uint32_t fewest = candidates.front().in_flight;
    std::size_t equals = 0;
    for (const Candidate& candidate : candidates) {
        if (candidate.in_flight < fewest) {
            fewest = candidate.in_flight;
            equals = 0;
        }
        if (candidate.in_flight == fewest) ++equals;
    }

    std::size_t to_skip = ((context.random >> 32U) * equals) >> 32U;
    std::size_t index = 0;
    while (candidates[index].in_flight != fewest || to_skip-- > 0) ++index;
    return index;
}

std::shared_ptr<BalanceStrategy> least_busy() { return std::make_shared<LeastBusy>(); }

}  // namespace picoxx
