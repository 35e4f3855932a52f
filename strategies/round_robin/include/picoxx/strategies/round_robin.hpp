#pragma once

#include <picoxx/port/balance_strategy.hpp>
#include <picoxx/port/plugin_config.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <random>

namespace picoxx {

/// Each node in turn; a second choice is any node, so that the share of one that fails goes to all others alike.
class RoundRobin final : public BalanceStrategy {
public:
    RoundRobin() : start_{std::random_device{}()} {}
    /// Options: `start`, whose turn is first; default any, so that clients started together do not begin at one node.
    explicit RoundRobin(const sdk::Config& config) : start_{config.get_uint("start", std::random_device{}())} {}

    std::size_t pick(std::span<const Candidate> candidates, const PickContext& context) noexcept override;

private:
    const std::uint64_t start_;
    std::array<std::atomic<std::uint64_t>, 16> turns_{};  // by number of candidates: leaders have their own
};

[[nodiscard]] std::shared_ptr<BalanceStrategy> round_robin();

}  // namespace picoxx
