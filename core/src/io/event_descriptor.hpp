#pragma once

#include <picoxx/port/session.hpp>

#include <atomic>
#include <chrono>

namespace picoxx {

/// A descriptor that becomes readable when somebody raises it, for those who wait in poll(2).
/// Thread safety: `raise` and `raised` from any thread.
class EventDescriptor {
public:
    /// How often those look at `raised` who have no descriptor to wait with.
    static constexpr std::chrono::milliseconds look_again_after{20};

    EventDescriptor() noexcept;
    ~EventDescriptor();
    EventDescriptor(const EventDescriptor&) = delete;
    EventDescriptor& operator=(const EventDescriptor&) = delete;

    /// `no_socket` where the system gave none.
    [[nodiscard]] NativeSocket descriptor() const noexcept { return descriptor_; }
    [[nodiscard]] bool raised() const noexcept { return raised_.load(); }
    void raise() noexcept;
    void lower() noexcept;

private:
    NativeSocket descriptor_;
    std::atomic<bool> raised_{false};
};

}  // namespace picoxx
