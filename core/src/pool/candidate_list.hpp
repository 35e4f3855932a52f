#pragma once

#include "pool/pool_node.hpp"

#include <picoxx/port/balance_strategy.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace picoxx {

/// The nodes that can serve now, as a strategy sees them, in the order of their ranks; and how many there are besides
/// that are worth waiting for. It is told of each change of a node: looking at it costs nothing, a change of a node
/// O(log nodes), and one that comes or goes moves those behind it in memory.
class CandidateList {
public:
    explicit CandidateList(std::size_t max_per_node) noexcept
        : max_per_node_{static_cast<std::uint32_t>(max_per_node)} {}

    /// For so many nodes nothing is allocated after this.
    void make_room(std::size_t nodes);
    void clear() noexcept;
    /// @pre the rank of `node` is above those of all that are in it
    void append(PoolNode& node, Standing standing);

    /// `node` has changed, also where its standing is what it was. For one list only: it keeps the standing in
    /// `node.listing`.
    void update(PoolNode& node, Standing standing) {
        const Standing before = node.listing.standing;
        if (before == standing) {
            if (standing == Standing::ready) refresh(node);
        } else if (before == Standing::ready && standing == Standing::busy && leaving_ == nowhere) {
            node.listing.standing = standing;
            leaving_ = place_of(node);
        } else if (before == Standing::busy && leaving_ != nowhere && entries_[leaving_].node == &node &&
                   standing == Standing::ready) {
            node.listing.standing = standing;
            refresh(candidates_[std::exchange(leaving_, nowhere)], node);
        } else {
            change(node, standing);
        }
    }
    /// What changes from statement to statement. @pre `node` is ready
    void refresh(PoolNode& node) noexcept { refresh(candidates_[place_of(node)], node); }

    /// Those that can serve.
    [[nodiscard]] std::span<const Candidate> candidates() noexcept {
        if (leaving_ != nowhere) close_gap();
        return candidates_;
    }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size() - (leaving_ != nowhere ? 1U : 0U); }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    /// @pre `node` is in it, and ready
    [[nodiscard]] const Candidate& candidate(PoolNode& node) const noexcept { return candidates_[place_of(node)]; }
    /// @pre index < candidates().size()
    [[nodiscard]] PoolNode& node(std::size_t index) const noexcept { return *entries_[index].node; }
    /// Nodes that come into question, whether they can serve now or not.
    [[nodiscard]] std::size_t in_question() const noexcept { return in_question_; }

private:
    struct Entry {
        std::uint32_t rank;
        PoolNode* node;
    };
    static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

    [[nodiscard]] std::size_t place_for(std::uint32_t rank) const noexcept;
    [[nodiscard]] std::size_t place_of(PoolNode& node) const noexcept {
        std::uint32_t& last = node.listing.place;
        if (last >= entries_.size() || entries_[last].node != &node) {
            last = static_cast<std::uint32_t>(place_for(node.listing.rank));
        }
        return last;
    }
    void change(PoolNode& node, Standing standing);
    void enter(PoolNode& node);
    void leave(std::size_t place) noexcept;
    void close_gap() noexcept;
    void write(std::size_t place, PoolNode& node) noexcept;
    static void refresh(Candidate& candidate, const PoolNode& node) noexcept {
        candidate.in_flight = node.in_flight();
        candidate.idle = static_cast<std::uint32_t>(node.idle.size());
        candidate.open = static_cast<std::uint32_t>(node.open());
        candidate.recent_errors = node.failures_in_a_row + node.timeouts_in_a_row;
        candidate.latency = node.latency;
    }

    std::uint32_t max_per_node_;
    std::vector<Candidate> candidates_;
    std::vector<Entry> entries_;  // of the same places
    // Whose node cannot serve any more: a gap that is closed before anybody looks. The next node that comes takes it
    // over, so that one connection given back and another one taken move no more than what is between the two.
    std::size_t leaving_ = nowhere;
    std::size_t in_question_ = 0;
};

}  // namespace picoxx
