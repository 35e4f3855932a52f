#pragma once

#include "settings/settings.hpp"
#include "task/task.hpp"

#include <picoxx/port/result.hpp>
#include <picoxx/port/transport.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace picoxx {

/// Connects to one node: resolves its name and tries its addresses one after another, all under one deadline. A part of
/// a task, driven by the same wake-ups. Once login or TLS was refused no further address is tried: it is the same node.
class Dial {
public:
    /// Who dials looks for somebody else after so long, and again every so often; the dial goes on. RFC 8305 recommends
    /// it for addresses.
    static constexpr std::chrono::milliseconds patience{250};

    /// `settings` live as long as the dial. It ends before `until`; where there are several addresses, the last one
    /// gets its turn before `hurry`.
    Dial(const Settings& settings, Endpoint endpoint, TimePoint until, TimePoint hurry);

    /// @return `finished` when `take` has something to give. Another shell takes over with another `start`.
    [[nodiscard]] Await resume(const Wakeup& wakeup, TimePoint now);
    /// @pre resume answered `finished`
    [[nodiscard]] Result<std::unique_ptr<Session>> take();
    /// What has been tried so far, and what is awaited. @pre resume did not yet answer `finished`
    [[nodiscard]] std::string progress() const;
    /// The address the session is connected to.
    [[nodiscard]] const std::string& address() const noexcept { return address_; }

private:
    [[nodiscard]] Await open_next(TimePoint now);
    [[nodiscard]] Await open(TimePoint now);
    [[nodiscard]] Await attempt_failed(Error error, TimePoint now);
    [[nodiscard]] bool blames_wishes(const Error& error) const noexcept;
    [[nodiscard]] Error ask_for_password(std::string& password) const;
    [[nodiscard]] Await finish(Error error);

    const Settings& settings_;
    Endpoint endpoint_;
    TimePoint until_;
    TimePoint hurry_;
    TimePoint attempt_until_{};
    ResolveRequest resolve_;
    std::size_t next_address_ = 0;
    std::string address_;
    LoginGuard::Attempt login_;
    std::unique_ptr<Session> session_;
    std::string attempts_;
    std::string sent_wishes_;
    bool without_wishes_ = false;
    Error error_;
};

/// A numeric IPv4 or IPv6 address, which needs no resolving.
[[nodiscard]] bool is_numeric_address(const std::string& host) noexcept;

}  // namespace picoxx
