#include "io/event_descriptor.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

namespace picoxx {

EventDescriptor::EventDescriptor() noexcept : descriptor_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {}

EventDescriptor::~EventDescriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void EventDescriptor::raise() const noexcept { static_cast<void>(::eventfd_write(descriptor_, 1)); }

void EventDescriptor::lower() const noexcept {
    eventfd_t ignored = 0;
    static_cast<void>(::eventfd_read(descriptor_, &ignored));
}

}  // namespace picoxx
