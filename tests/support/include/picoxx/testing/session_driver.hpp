#pragma once

#include <picoxx/port/session.hpp>

#include <chrono>

#include <poll.h>

namespace picoxx::testing {

/// Drives a session by poll(2) until `done()` is true.
/// @return false where the session closed, or nothing came for `patience`, before that
template <class Done>
[[nodiscard]] bool drive(Session& session, Done done, std::chrono::milliseconds patience = std::chrono::seconds{5}) {
    while (!done()) {
        if (session.state() == SessionState::closed) return false;
        const Interest interest = session.interest();
        pollfd entry{};
        entry.fd = session.socket();
        if (wants_read(interest)) entry.events |= POLLIN;
        if (wants_write(interest)) entry.events |= POLLOUT;
        if (::poll(&entry, 1, static_cast<int>(patience.count())) <= 0) return false;

        // An error or a hang-up shows to whoever reads or writes.
        const bool broken = (entry.revents & (POLLERR | POLLHUP)) != 0;
        unsigned ready = 0;
        if (broken || (entry.revents & POLLIN) != 0) ready |= static_cast<unsigned>(Interest::read);
        if (broken || (entry.revents & POLLOUT) != 0) {
            ready |= static_cast<unsigned>(Interest::write);
        }
        session.advance(static_cast<Interest>(ready));
    }
    return true;
}

/// @return whether the session became ready
[[nodiscard]] inline bool drive_to_ready(Session& session) {
    return drive(session, [&] { return session.state() == SessionState::ready; });
}

}  // namespace picoxx::testing
