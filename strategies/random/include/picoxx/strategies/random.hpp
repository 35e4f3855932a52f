#pragma once

#include <picoxx/port/balance_strategy.hpp>

#include <cstddef>
#include <memory>
#include <span>

namespace picoxx {

/// Any node, each as likely as the others (to one part in 2^32). Keeps no state: many clients that
/// start at the same moment do not begin with the same node.
class Random final : public BalanceStrategy {
public:
    std::size_t pick(std::span<const Candidate> candidates, const PickContext& context) noexcept override;
};

[[nodiscard]] std::shared_ptr<BalanceStrategy> random();

}  // namespace picoxx
