#include <picoxx/strategies/round_robin.hpp>

#include <functional>
#include <string_view>

namespace picoxx {

std::size_t RoundRobin::pick(std::span<const Candidate> candidates, const PickContext& context) noexcept {
    const std::size_t count = candidates.size();
    if (context.attempt > 0) return ((context.random >> 32U) * count) >> 32U;
    const std::size_t set = std::hash<std::string_view>{}(candidates.front().id) + count;
    return turns_[set % turns_.size()].fetch_add(1, std::memory_order_relaxed) % count;
}

std::shared_ptr<BalanceStrategy> round_robin() { return std::make_shared<RoundRobin>(); }

}  // namespace picoxx
