#include "io/poll_shell.hpp"

#include "io/resolver.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <functional>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <poll.h>

namespace picoxx {
namespace {

int milliseconds_until(TimePoint until, TimePoint now) noexcept {
    if (until == no_deadline) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

}  // namespace

void PollShell::run(Task& task, const std::stop_token& stop) {
    task.set_waker(*this);
    std::optional<std::stop_callback<std::function<void()>>> on_stop;
    if (stop.stop_possible()) {
        event_ = std::make_unique<EventDescriptor>();
        on_stop.emplace(stop, [this] { stop_requested(); });
    }
    Wakeup wakeup;
    for (;;) {
        const TimePoint now = Clock::now();
        const Await await = task.go_on(wakeup, now);
        if (await.kind == Await::Kind::finished) return;
        wakeup = wait(await, now);
    }
}

void PollShell::wake() noexcept {
    woken_ = true;
    if (turn_) turn_->notify_one();
    if (polls_for_turn_) event_->raise();
}

void PollShell::stop_requested() {
    stop_requested_ = true;
    event_->raise();
    const std::lock_guard lock{mutex_};
    if (turn_) turn_->notify_one();
}

[[gnu::always_inline]] inline pollfd PollShell::watch(const Session& session) noexcept {
    const Interest interest = session.interest();
    return pollfd{session.socket(),
                  static_cast<short>((wants_read(interest) ? POLLIN : 0) | (wants_write(interest) ? POLLOUT : 0)), 0};
}

[[gnu::always_inline]] inline Wakeup PollShell::wait_for_io(const Await& await, TimePoint now) {
    if (await.session == nullptr) [[unlikely]]
        return wait_for_one_of(*await.of.race, await.until, now);
    std::array<pollfd, own_descriptors + 1> watched{pollfd{}, pollfd{}, watch(*await.session)};
    return wait_for_descriptors(watched, await.until, now);
}

Wakeup PollShell::wait(const Await& await, TimePoint now) {
    switch (await.kind) {
        case Await::Kind::io: return wait_for_io(await, now);
        case Await::Kind::io_or_turn: return wait_for_io_or_turn(await, now);
        case Await::Kind::turn: return wait_for_turn(await.until);
        case Await::Kind::resolve: return wait_for_name(*await.of.request, await.until, now);
        case Await::Kind::finished: break;
    }
    return {};
}

// Errors and hang-ups show themselves to a reader. @pre something was found
Interest PollShell::found(const pollfd& watched) noexcept {
    const bool readable = (watched.revents & ~POLLOUT) != 0;
    const bool writable = (watched.revents & (POLLOUT | POLLERR)) != 0;
    return readable ? (writable ? Interest::both : Interest::read) : Interest::write;
}

Wakeup PollShell::wait_for_one_of(Race& race, TimePoint until, TimePoint now) {
    std::vector<pollfd> watched(own_descriptors);
    for (const Session* session : race.sessions) watched.push_back(watch(*session));
    const Wakeup wakeup = wait_for_descriptors(watched, until, now);
    const auto is_ready = [](const pollfd& one) { return one.revents != 0; };
    const auto first = watched.begin() + own_descriptors;
    const auto ready = std::find_if(first, watched.end(), is_ready);
    if (ready != watched.end()) race.ready = static_cast<std::size_t>(ready - first);
    return wakeup;
}

// What is watched comes behind the shell's own. `ready` when one is, or, where none is watched, when `event_` was
// raised for another reason than a stop; `turn` when it was raised while `polls_for_turn_`.
Wakeup PollShell::wait_for_descriptors(std::span<pollfd> watched, TimePoint until, TimePoint now) {
    const bool listens = event_ != nullptr;
    // poll passes over what has no descriptor.
    watched[0] = pollfd{terminated_.descriptor(), POLLIN, 0};
    watched[1] = pollfd{listens ? event_->descriptor() : no_socket, POLLIN, 0};
    // Where the process has no descriptor left for events, their flags are looked at from time to time.
    const bool blind = watched[0].fd == no_socket || (listens && watched[1].fd == no_socket);
    for (;; now = Clock::now()) {
        if (listens && stop_requested_.exchange(false)) {
            return Wakeup{Wakeup::Kind::cancelled, Interest::none, Cancellation::partial};
        }
        const TimePoint wait_until = blind ? std::min(until, now + EventDescriptor::look_again_after) : until;
        const int ready = poll(watched.data(), watched.size(), milliseconds_until(wait_until, now));
        if (ready < 0) {
            if (errno == EINTR) continue;
            return Wakeup{Wakeup::Kind::ready, Interest::read};  // the session hears what is wrong
        }
        if (blind ? terminated_.raised() : watched[0].revents != 0) {
            return Wakeup{Wakeup::Kind::cancelled, Interest::none, Cancellation::terminal};
        }
        if (listens && (blind ? event_->raised() : watched[1].revents != 0)) {
            event_->lower();
            if (stop_requested_) continue;
            if (watched.size() == own_descriptors) return Wakeup{Wakeup::Kind::ready};
            if (take_turn()) return Wakeup{Wakeup::Kind::turn};
        }
        for (std::size_t i = own_descriptors; i < watched.size(); ++i) {
            if (watched[i].revents != 0) return Wakeup{Wakeup::Kind::ready, found(watched[i])};
        }
        if (until != no_deadline && Clock::now() >= until) return Wakeup{Wakeup::Kind::expired};
    }
}

Wakeup PollShell::wait_for_io_or_turn(const Await& await, TimePoint now) {
    if (event_ == nullptr) event_ = std::make_unique<EventDescriptor>();
    {
        const std::lock_guard lock{mutex_};
        if (std::exchange(woken_, false)) return Wakeup{Wakeup::Kind::turn};
        polls_for_turn_ = true;
    }
    const Wakeup wakeup = wait_for_io(await, now);
    const std::lock_guard lock{mutex_};
    polls_for_turn_ = false;
    return wakeup;
}

// Whether somebody woke who waits for that by `event_`.
bool PollShell::take_turn() {
    const std::lock_guard lock{mutex_};
    return polls_for_turn_ && std::exchange(woken_, false);
}

Wakeup PollShell::wait_for_turn(TimePoint until) {
    std::unique_lock lock{mutex_};
    if (!turn_) turn_.emplace();
    const auto called = [this] { return woken_ || stop_requested_; };
    if (until == no_deadline) {
        turn_->wait(lock, called);
    } else if (!turn_->wait_until(lock, until, called)) {
        return Wakeup{Wakeup::Kind::expired};
    }
    if (stop_requested_.exchange(false)) {
        return Wakeup{Wakeup::Kind::cancelled, Interest::none, Cancellation::partial};
    }
    woken_ = false;
    return Wakeup{Wakeup::Kind::turn};
}

Wakeup PollShell::wait_for_name(ResolveRequest& request, TimePoint until, TimePoint now) {
    if (event_ == nullptr) event_ = std::make_unique<EventDescriptor>();
    event_->lower();
    const std::shared_ptr<NameLookup> lookup = NameLookup::start(request.host,
                                                                 [event = event_.get()] { event->raise(); });
    std::array<pollfd, own_descriptors> none_besides{};
    Wakeup wakeup = wait_for_descriptors(none_besides, until, now);
    lookup->abandon();
    if (wakeup.kind == Wakeup::Kind::ready) {
        wakeup.kind = lookup->take(request) ? Wakeup::Kind::resolved : Wakeup::Kind::expired;
    }
    return wakeup;
}

}  // namespace picoxx
