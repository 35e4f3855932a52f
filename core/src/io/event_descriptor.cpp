#include "io/event_descriptor.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

namespace picoxx {

EventDescriptor::EventDescriptor() noexcept : descriptor_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {}

EventDescriptor::~EventDescriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void EventDescriptor::raise() noexcept {
    raised_ = true;
    if (descriptor_ >= 0) static_cast<void>(::eventfd_write(descriptor_, 1));
}

// What is raised in between stays readable, or is seen by the next look at the flag.
void EventDescriptor::lower() noexcept {
    if (descriptor_ >= 0) {
        eventfd_t ignored = 0;
        static_cast<void>(::eventfd_read(descriptor_, &ignored));
    }
    raised_ = false;
}

}  // namespace picoxx
