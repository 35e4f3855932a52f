#include "io/poll_shell.hpp"

#include "io/resolver.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <limits>

#include <poll.h>

namespace picoxx {

void PollShell::run(Task& task) {
    task.set_waker(*this);
    Wakeup wakeup;
    for (;;) {
        const Await await = task.resume(wakeup, Clock::now());
        switch (await.kind) {
            case Await::Kind::io: wakeup = wait_for_io(*await.session, await.until); break;
            case Await::Kind::turn: wakeup = wait_for_turn(await.until); break;
            case Await::Kind::resolve: {
                const std::shared_ptr<NameLookup> lookup = NameLookup::start(await.request->host, {});
                const bool answered = lookup->wait_until(await.until);
                if (answered) lookup->take(*await.request);
                wakeup.kind = answered ? Wakeup::Kind::resolved : Wakeup::Kind::expired;
                break;
            }
            case Await::Kind::finished: return;
        }
    }
}

void PollShell::wake() noexcept {
    woken_ = true;
    turn_.notify_one();
}

Wakeup PollShell::wait_for_io(const Session& session, TimePoint until) {
    const Interest interest = session.interest();
    pollfd watched{};
    watched.fd = session.socket();
    watched.events = static_cast<short>((wants_read(interest) ? POLLIN : 0) | (wants_write(interest) ? POLLOUT : 0));
    for (;;) {
        int timeout = -1;
        if (until != no_deadline) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
            timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
        }
        const int found = poll(&watched, 1, timeout);
        if (found < 0 && errno == EINTR) continue;
        if (found == 0) {
            if (until == no_deadline || Clock::now() < until) continue;
            return Wakeup{Wakeup::Kind::expired, Interest::none};
        }
        // Errors and hang-ups show themselves to a reader.
        const bool readable = found < 0 || (watched.revents & (POLLIN | POLLERR | POLLHUP | POLLNVAL)) != 0;
        const bool writable = (watched.revents & (POLLOUT | POLLERR)) != 0;
        return Wakeup{Wakeup::Kind::ready, readable ? (writable ? Interest::both : Interest::read) : Interest::write};
    }
}

Wakeup PollShell::wait_for_turn(TimePoint until) {
    std::unique_lock lock{mutex_};
    const auto woken = [this] { return woken_; };
    if (until == no_deadline) {
        turn_.wait(lock, woken);
    } else if (!turn_.wait_until(lock, until, woken)) {
        return Wakeup{Wakeup::Kind::expired, Interest::none};
    }
    woken_ = false;
    return Wakeup{Wakeup::Kind::turn, Interest::none};
}

}  // namespace picoxx
