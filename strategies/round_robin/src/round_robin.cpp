#include <picoxx/strategies/round_robin.hpp>

std::size_t picoxx::RoundRobin::pick(std::span<const Candidate> candidates, const PickContext& context) noexcept {
    const std::size_t count = candidates.size();
    if (context.attempt > 0) return beyond_doubt(candidates, context.random % count);
    const std::size_t turn = turns_[count % turns_.size()].fetch_add(1, std::memory_order_relaxed);
    return beyond_doubt(candidates, (start_ + turn) % count);
}

std::shared_ptr<picoxx::BalanceStrategy> picoxx::round_robin() { return std::make_shared<RoundRobin>(); }
