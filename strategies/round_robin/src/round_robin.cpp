#include <picoxx/strategies/round_robin.hpp>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace picoxx {
namespace {

// Cheaper than a good hash, and good enough to tell a few sets apart: the names of nodes differ near their end.
std::size_t mix_of(std::string_view id) noexcept {
    std::uint64_t last = 0;
    const std::size_t size = std::min(id.size(), sizeof last);
    if (size > 0) std::memcpy(&last, id.data() + (id.size() - size), size);
    return static_cast<std::size_t>((last * 0x9e3779b97f4a7c15U) >> 56U);
}

}  // namespace

RoundRobin::RoundRobin(const sdk::Config& config) {
    const std::uint64_t start = config.get_uint("start", 0);
    for (std::atomic<std::uint64_t>& turn : turns_) turn.store(start, std::memory_order_relaxed);
}

std::size_t RoundRobin::pick(std::span<const Candidate> candidates, const PickContext& context) noexcept {
    const std::size_t count = candidates.size();
    if (context.attempt > 0) return ((context.random >> 32U) * count) >> 32U;
    const std::size_t set = mix_of(candidates.front().id) + count;
    return turns_[set % turns_.size()].fetch_add(1, std::memory_order_relaxed) % count;
}

std::shared_ptr<BalanceStrategy> round_robin() { return std::make_shared<RoundRobin>(); }

}  // namespace picoxx
