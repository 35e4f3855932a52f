#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace picoxx::devcluster {

/// Lets one DDL statement run at a time; for std::unique_lock. In place of std::timed_mutex, whose timed locking GCC
/// 12's ThreadSanitizer does not see.
class DdlTurn {
public:
    void lock() {
        std::unique_lock guard{mutex_};
        freed_.wait(guard, [this] { return !taken_; });
        taken_ = true;
    }

    /// Whether the turn came within `patience`.
    [[nodiscard]] bool try_lock_for(std::chrono::duration<double> patience) {
        constexpr std::chrono::duration<double> longest = std::chrono::hours{24};
        const auto until = std::chrono::steady_clock::now() +
                           std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                               patience < longest ? patience : longest);
        std::unique_lock guard{mutex_};
        if (!freed_.wait_until(guard, until, [this] { return !taken_; })) {
            return false;
        }
        taken_ = true;
        return true;
    }

    void unlock() {
        {
            const std::lock_guard guard{mutex_};
            taken_ = false;
        }
        freed_.notify_one();
    }

private:
    std::mutex mutex_;
    std::condition_variable freed_;
    bool taken_ = false;
};

}  // namespace picoxx::devcluster
