#include "pool/candidate_list.hpp"

#include <algorithm>
#include <utility>

namespace picoxx {

void CandidateList::make_room(std::size_t nodes) {
    if (nodes <= std::min(candidates_.capacity(), entries_.capacity())) return;
    candidates_.reserve(std::max(nodes, 2 * candidates_.size()));
    entries_.reserve(std::max(nodes, 2 * entries_.size()));
}

void CandidateList::clear() noexcept {
    candidates_.clear();
    entries_.clear();
    leaving_ = nowhere;
    in_question_ = 0;
}

void CandidateList::append(PoolNode& node, Standing standing) {
    if (standing < Standing::busy) return;
    ++in_question_;
    if (standing != Standing::ready) return;
    candidates_.emplace_back();
    entries_.emplace_back();
    write(entries_.size() - 1, node);
}

void CandidateList::change(PoolNode& node, Standing standing) {
    const Standing before = std::exchange(node.listing.standing, standing);
    if (before < Standing::busy) ++in_question_;
    if (standing < Standing::busy) --in_question_;
    if (before == Standing::ready) {
        leave(place_of(node));
    } else if (standing == Standing::ready) {
        enter(node);
    }
}

std::size_t CandidateList::place_for(std::uint32_t rank) const noexcept {
    const auto found = std::lower_bound(entries_.begin(), entries_.end(), rank,
                                        [](const Entry& entry, std::uint32_t wanted) { return entry.rank < wanted; });
    return static_cast<std::size_t>(found - entries_.begin());
}

void CandidateList::leave(std::size_t place) noexcept {
    if (leaving_ != nowhere) {
        if (leaving_ < place) --place;
        close_gap();
    }
    leaving_ = place;
}

void CandidateList::close_gap() noexcept {
    const auto gap = static_cast<std::ptrdiff_t>(std::exchange(leaving_, nowhere));
    candidates_.erase(candidates_.begin() + gap);
    entries_.erase(entries_.begin() + gap);
}

void CandidateList::enter(PoolNode& node) {
    std::size_t place = place_for(node.listing.rank);
    if (leaving_ == nowhere) {
        candidates_.emplace(candidates_.begin() + static_cast<std::ptrdiff_t>(place));
        entries_.emplace(entries_.begin() + static_cast<std::ptrdiff_t>(place));
    } else {
        const std::size_t gap = std::exchange(leaving_, nowhere);
        const auto candidate = candidates_.begin();
        const auto entry = entries_.begin();
        const auto from = static_cast<std::ptrdiff_t>(gap);
        const auto to = static_cast<std::ptrdiff_t>(place);
        if (place > gap) {
            std::move(candidate + from + 1, candidate + to, candidate + from);
            std::move(entry + from + 1, entry + to, entry + from);
            --place;
        } else {
            std::move_backward(candidate + to, candidate + from, candidate + from + 1);
            std::move_backward(entry + to, entry + from, entry + from + 1);
        }
    }
    write(place, node);
}

void CandidateList::write(std::size_t place, PoolNode& node) noexcept {
    Candidate& candidate = candidates_[place];
    candidate.id = node.info.id;
    candidate.name = node.info.name;
    candidate.tier = node.info.tier;
    candidate.replicaset = node.info.replicaset;
    candidate.zone = node.info.zone;
    candidate.role = node.info.role;
    candidate.owns_bucket = false;
    candidate.max = max_per_node_;
    refresh(candidate, node);
    entries_[place] = {node.listing.rank, &node};
    node.listing.place = static_cast<std::uint32_t>(place);
}

}  // namespace picoxx
