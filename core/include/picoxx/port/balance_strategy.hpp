#pragma once

#include <picoxx/port/time.hpp>
#include <picoxx/port/topology.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace picoxx {

/// One node that could serve the statement now, as a strategy sees it. Lifetime of the views: the call.
struct Candidate {
    std::string_view id;  ///< Node::id; before discovery the node's `host:port`.
    std::string_view name;
    std::string_view tier;
    std::string_view replicaset;
    std::string_view zone;  ///< Node::zone, such as `DC=1`.
    NodeRole role = NodeRole::unknown;
    bool owns_bucket = false;             ///< Its replicaset holds the statement's bucket (known only with a router).
    std::uint32_t in_flight = 0;          ///< Statements of this client running there.
    std::uint32_t idle = 0;               ///< Sessions that could start at once.
    std::uint32_t open = 0;               ///< Sessions, idle, busy or connecting.
    std::uint32_t max = 0;                ///< Sessions allowed.
    std::uint32_t recent_errors = 0;      ///< Failed dials, lost connections and time-outs since the last success.
    std::chrono::nanoseconds latency{0};  ///< Smoothed time of a statement; 0 where none was measured.

    /// Several errors in a row, and a statement under way that may tell whether it still answers: a further one would
    /// rather wait there than be served. It may be hung, or wait for another node, so it is not to be given up.
    [[nodiscard]] constexpr bool is_in_doubt() const noexcept { return recent_errors >= 3 && in_flight > 0; }
};

/// From `index` on the first candidate that is not in doubt; where all are, that one. @pre index < candidates.size()
[[nodiscard]] constexpr std::size_t beyond_doubt(std::span<const Candidate> candidates, std::size_t index) noexcept {
    for (std::size_t step = 0; step < candidates.size(); ++step) {
        const std::size_t next = index + step < candidates.size() ? index + step : index + step - candidates.size();
        if (!candidates[next].is_in_doubt()) return next;
    }
    return index;
}

/// What a strategy may use besides the candidates, so that it needs no clock and no generator of its own.
struct PickContext {
    std::uint64_t random = 0;  ///< Uniform, new for every call.
    TimePoint now{};
    std::uint32_t attempt = 0;  ///< 0 for the first choice of a statement, 1 after the first candidate failed, ...
};

/// Chooses the node for one statement. Implemented by strategies; called by the client for every statement. Thread
/// safety: called from many threads, under the client's lock, and concurrently where clients share a strategy; must not
/// lock, allocate, wait, do I/O or call the client. The same nodes come in the same order for as long as the topology
/// stays as it is; nodes that cannot serve are left out. Every implementation passes the contract suite
/// (picoxx/testing/balance_strategy_contract.hpp).
class BalanceStrategy {
public:
    /// What plugins call this port, and the version of it: raised by any change to its functions or to what they pass.
    static constexpr const char* interface_id = "picoxx.balance_strategy";
    static constexpr std::uint32_t interface_version = 1;

    static constexpr std::size_t npos = static_cast<std::size_t>(-1);

    BalanceStrategy() = default;
    BalanceStrategy(const BalanceStrategy&) = delete;
    BalanceStrategy& operator=(const BalanceStrategy&) = delete;
    virtual ~BalanceStrategy() = default;

    /// Index into `candidates` of the node to use, or `npos` for "none of these". The core checks the index; one out of
    /// range counts as `npos`.
    /// @pre !candidates.empty()
    virtual std::size_t pick(std::span<const Candidate> candidates, const PickContext& context) noexcept = 0;
};

}  // namespace picoxx
