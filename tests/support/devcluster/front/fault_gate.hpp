#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>

namespace picoxx::devcluster {

enum class GateResult {
    open,
    closed  ///< the session was told to end
};

struct SendResult {
    enum class Verdict { go_on, close } verdict = Verdict::go_on;
    long sent = 0;  ///< as `send` gave it; 0 if it was not run
};

/// Where the sessions of one node meet its faults: they wait here while it is paused or slow, and send through here.
/// Thread safety: all functions may be called from any thread.
class FaultGate {
public:
    using Flag = std::atomic<bool>;
    /// Sends up to this many bytes without waiting; gives what a non-blocking send gives.
    using Send = std::function<long(std::size_t limit)>;

    // ---- faults ----
    /// From its return to resume() nothing is sent and no statement begun.
    void pause();
    void resume();
    [[nodiscard]] bool is_paused() const;
    /// Every statement waits this long before it begins.
    void set_delay(std::chrono::milliseconds delay);
    /// The next `bytes` bytes still go out, then the connection that sent the last of them is closed. Happens once.
    void cut_after(std::size_t bytes);

    // ---- sessions; `closing` is the session's own flag, see wake() ----
    [[nodiscard]] GateResult wait_until_open(const Flag& closing);
    [[nodiscard]] GateResult wait_for_delay(const Flag& closing);
    /// Runs `send` while the node is not paused. Verdict `close`: the session was told to end, or this was its last
    /// byte.
    [[nodiscard]] SendResult send(std::size_t size, const Send& send, const Flag& closing);
    /// Sets `closing` and wakes the session that waits with it.
    void wake(Flag& closing);

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool paused_ = false;
    std::chrono::milliseconds delay_{0};
    std::optional<std::size_t> cut_;
};

}  // namespace picoxx::devcluster
