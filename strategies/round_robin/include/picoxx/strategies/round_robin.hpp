#pragma once

#include <picoxx/port/balance_strategy.hpp>
#include <picoxx/port/plugin_config.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace picoxx {

/// Each node in turn. A second choice for the same statement is drawn at random and takes no turn,
/// so that the share of a node that fails goes to all others alike.
class RoundRobin final : public BalanceStrategy {
public:
    RoundRobin() = default;
    /// Options: `start`, the turn to begin with; default 0.
    explicit RoundRobin(const sdk::Config& config);

    std::size_t pick(std::span<const Candidate> candidates, const PickContext& context) noexcept override;

private:
    // One turn for each set of candidates: reads (all nodes) and writes (leaders) that alternate on
    // one counter would each see only every other node. Sets that share a slot still get turns,
    // only less evenly.
    std::array<std::atomic<std::uint64_t>, 16> turns_{};
};

[[nodiscard]] std::shared_ptr<BalanceStrategy> round_robin();

}  // namespace picoxx
