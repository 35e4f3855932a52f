#include <picoxx/strategies/random.hpp>

namespace picoxx {

std::size_t Random::pick(std::span<const Candidate> candidates, const PickContext& context) noexcept {
    // Multiply and shift: a remainder would favour the first candidates and cost a division.
    return ((context.random >> 32U) * candidates.size()) >> 32U;
}

std::shared_ptr<BalanceStrategy> random() { return std::make_shared<Random>(); }

}  // namespace picoxx
