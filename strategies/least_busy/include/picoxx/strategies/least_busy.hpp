#pragma once

#include <picoxx/port/balance_strategy.hpp>

#include <cstddef>
#include <memory>
#include <span>

namespace picoxx {

/// The node with the fewest statements of this client in flight; among equals each is as likely as
/// the others. The count is absolute, not relative to `Candidate::max`: a statement costs a node
/// the same whatever the client's limit there. Idle sessions and past errors do not count: the
/// first would keep work from a node that just joined, the second from one that just recovered; the
/// core leaves out nodes that cannot serve. Keeps no state. Cost: two passes over up to 32
/// candidates. Of more than that it compares 32 drawn at random, by `PickContext::random` alone: such
/// a node is hardly ever among the busy ones, and the cost does not grow with the cluster.
class LeastBusy final : public BalanceStrategy {
public:
    std::size_t pick(std::span<const Candidate> candidates, const PickContext& context) noexcept override;
};

[[nodiscard]] std::shared_ptr<BalanceStrategy> least_busy();

}  // namespace picoxx
