#include "session/unanswered_handshakes.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace picoxx {

void UnansweredHandshakes::put(std::unique_ptr<Handshake> handshake, TimePoint now) {
    if (!handshake->has_reached_server()) return;
    handshake->unanswered();
    std::vector<std::unique_ptr<Handshake>> ended;  // destroyed when the lock is free again
    const std::lock_guard lock{mutex_};
    const auto over = std::stable_partition(kept_.begin(), kept_.end(), [&](const auto& kept) {
        return kept->advance(Interest::read, now) == SessionState::connecting;
    });
    std::move(over, kept_.end(), std::back_inserter(ended));
    kept_.erase(over, kept_.end());
    if (closed_) return;
    kept_.push_back(std::move(handshake));
    if (kept_.size() <= most_kept) return;
    ended.push_back(std::move(kept_.front()));
    kept_.erase(kept_.begin());
}

std::vector<std::unique_ptr<Handshake>> UnansweredHandshakes::take(const std::string& server) {
    std::vector<std::unique_ptr<Handshake>> taken;
    const std::lock_guard lock{mutex_};
    const auto others = std::stable_partition(kept_.begin(), kept_.end(),
                                              [&](const auto& kept) { return kept->server() != server; });
    std::move(others, kept_.end(), std::back_inserter(taken));
    kept_.erase(others, kept_.end());
    return taken;
}

void UnansweredHandshakes::close() noexcept {
    std::vector<std::unique_ptr<Handshake>> ended;
    const std::lock_guard lock{mutex_};
    closed_ = true;
    ended.swap(kept_);
}

}  // namespace picoxx
