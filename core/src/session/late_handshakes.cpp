#include "session/late_handshakes.hpp"

#include <cstddef>
#include <utility>

namespace picoxx {

Await LateHandshakes::resume(const Wakeup& wakeup, TimePoint now) {
    switch (wakeup.kind) {
        case Wakeup::Kind::ready: {
            const auto ready = under_way_.begin() + static_cast<std::ptrdiff_t>(race_.ready);
            if ((*ready)->advance(wakeup.ready, now) != SessionState::connecting) under_way_.erase(ready);
            break;
        }
        case Wakeup::Kind::expired:
            for (auto& handshake : std::exchange(under_way_, {})) unanswered_.put(std::move(handshake), now);
            break;
        case Wakeup::Kind::cancelled: under_way_.clear(); break;
        case Wakeup::Kind::start:
        case Wakeup::Kind::turn:
        case Wakeup::Kind::resolved: break;
    }
    if (under_way_.empty()) return {};
    return await_one_of(under_way_, race_, until_);
}

}  // namespace picoxx
