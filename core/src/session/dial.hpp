#pragma once

#include "session/handshake.hpp"
#include "session/unanswered_handshakes.hpp"
#include "settings/settings.hpp"
#include "task/task.hpp"

#include <picoxx/port/result.hpp>
#include <picoxx/port/session.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace picoxx {

/// Connects to one node: resolves its name and tries its addresses, the one that answered last first, all under one
/// deadline. While an address takes its time the next one is tried beside it; whichever is first serves. A part of a
/// task, driven by the same wake-ups. Once login or TLS was refused no further address is tried: it is the same node.
class Dial {
public:
    /// Who dials looks for somebody else after so long, and again every so often; the dial goes on. RFC 8305 recommends
    /// it for addresses, where it holds, too.
    static constexpr std::chrono::milliseconds patience{250};

    /// `settings` and `unanswered` outlive the dial. It ends before `until`; where there are several addresses, the last
    /// one gets its turn before `hurry`.
    Dial(const Settings& settings, UnansweredHandshakes& unanswered, Endpoint endpoint, TimePoint until,
         TimePoint hurry);

    /// @return `finished` when `take` has something to give. Another shell takes over with another `start`.
    [[nodiscard]] Await resume(const Wakeup& wakeup, TimePoint now);
    /// @pre resume answered `finished`
    [[nodiscard]] Result<std::unique_ptr<Session>> take();
    /// What is still being tried at other addresses, to be made to its end in the background; null where there is
    /// nothing. @pre resume answered `finished`
    [[nodiscard]] std::unique_ptr<Task> take_rest();
    /// What has been tried so far, and what is awaited. @pre resume did not yet answer `finished`
    [[nodiscard]] std::string progress() const;
    [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }
    /// The address the session is connected to.
    [[nodiscard]] const std::string& address() const noexcept { return address_; }

private:
    // The guard allows no more: they may all be the same server.
    static constexpr std::ptrdiff_t most_at_a_time = 3;

    void prepare_for_several();
    [[nodiscard]] Await go_on(TimePoint now);
    [[nodiscard]] bool begin_next(TimePoint now);
    [[nodiscard]] std::ptrdiff_t count_new() const noexcept;
    void give_up(std::unique_ptr<Handshake> handshake, TimePoint now);
    [[nodiscard]] TimePoint time_for_next(TimePoint now) const noexcept;
    [[nodiscard]] Await advance(std::size_t which, Interest ready, TimePoint now);
    bool note_failure(const std::string& address, Error error);
    [[nodiscard]] Await fail();
    [[nodiscard]] Await finish(Error error);

    const Settings& settings_;
    UnansweredHandshakes& unanswered_;
    Endpoint endpoint_;
    TimePoint until_;
    TimePoint hurry_;
    ResolveRequest resolve_;
    std::size_t next_address_ = 0;
    TimePoint next_at_{};  // another one is tried; while there is one
    std::vector<std::unique_ptr<Handshake>> under_way_;
    Race race_;
    std::unique_ptr<Session> session_;
    std::string address_;
    std::string attempts_;  // that failed
    Error error_;           // the last one's
};

/// A numeric IPv4 or IPv6 address, which needs no resolving.
[[nodiscard]] bool is_numeric_address(const std::string& host) noexcept;

}  // namespace picoxx
