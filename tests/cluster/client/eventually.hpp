#pragma once

#include <chrono>
#include <thread>

namespace picoxx {

/// Whether `condition` comes true; a minute is more than any loaded machine needs.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::yield();
    }
    return true;
}

}  // namespace picoxx
