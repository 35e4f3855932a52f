#pragma once

#include <atomic>
#include <thread>

namespace picoxx {

/// For a few instructions at a time: taking it costs less than a mutex. Whoever finds it taken again and again lets
/// others run.
class SpinLock {
public:
    void lock() noexcept {
        for (int tries = 0; is_taken_.exchange(true, std::memory_order_acquire); ++tries) {
            if (tries > most_tries) std::this_thread::yield();
        }
    }
    void unlock() noexcept { is_taken_.store(false, std::memory_order_release); }

private:
    static constexpr int most_tries = 100;
    std::atomic<bool> is_taken_{false};
};

}  // namespace picoxx
