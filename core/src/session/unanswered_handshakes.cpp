#include "session/unanswered_handshakes.hpp"

#include <algorithm>
#include <utility>

namespace picoxx {

void UnansweredHandshakes::put(std::unique_ptr<Handshake> handshake) {
    if (!handshake->has_reached_server()) return;
    handshake->unanswered();
    const std::lock_guard lock{mutex_};
    if (!closed_) kept_.push_back(std::move(handshake));
}

std::unique_ptr<Handshake> UnansweredHandshakes::take(const Endpoint& endpoint, const std::string& address) {
    const std::lock_guard lock{mutex_};
    const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const auto& kept) {
        return kept->endpoint() == endpoint && kept->address() == address;
    });
    if (found == kept_.end()) return nullptr;
    std::unique_ptr<Handshake> taken = std::move(*found);
    kept_.erase(found);
    return taken;
}

void UnansweredHandshakes::close() noexcept {
    std::vector<std::unique_ptr<Handshake>> ended;
    const std::lock_guard lock{mutex_};
    closed_ = true;
    ended.swap(kept_);
}

}  // namespace picoxx
