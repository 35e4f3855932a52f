#pragma once

#include <picoxx/port/session.hpp>

namespace picoxx {

/// A descriptor that becomes readable when somebody raises it, for those who wait in poll(2).
/// Thread safety: `raise` from any thread. Where the system gives no descriptor, raising it does nothing.
class EventDescriptor {
public:
    EventDescriptor() noexcept;
    ~EventDescriptor();
    EventDescriptor(const EventDescriptor&) = delete;
    EventDescriptor& operator=(const EventDescriptor&) = delete;

    [[nodiscard]] NativeSocket descriptor() const noexcept { return descriptor_; }
    void raise() const noexcept;
    void lower() const noexcept;

private:
    NativeSocket descriptor_;
};

}  // namespace picoxx
