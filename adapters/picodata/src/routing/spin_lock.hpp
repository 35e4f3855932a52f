#pragma once

#include <atomic>
#include <thread>

namespace picoxx {

/// Taking it costs less than a mutex. For what is short nearly always; whoever finds it taken again and again lets
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
