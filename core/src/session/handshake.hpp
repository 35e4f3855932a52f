#pragma once

#include "settings/settings.hpp"
#include "task/task.hpp"

#include <picoxx/port/endpoint.hpp>
#include <picoxx/port/error.hpp>
#include <picoxx/port/session.hpp>
#include <picoxx/port/time.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace picoxx {

/// As the LoginGuard knows it.
[[nodiscard]] std::string server_at(const std::string& address, std::uint16_t port);

/// Connects to one address of a node and logs in there. Is it destroyed before its end, then the login is broken off.
class Handshake {
public:
    /// `settings` live as long as the handshake.
    Handshake(const Settings& settings, Endpoint endpoint, std::string address);
    ~Handshake();
    Handshake(const Handshake&) = delete;
    Handshake& operator=(const Handshake&) = delete;

    /// @return why it cannot begin; `cancelled` where it has to wait for other logins
    [[nodiscard]] Error begin(TimePoint now);
    /// Goes on, since its socket is `ready`.
    /// @return `ready`: `take` gives the session; `closed`: `failure` says why
    [[nodiscard]] SessionState advance(Interest ready, TimePoint now);

    /// The server has not answered in time. What it says one day is of the past.
    void unanswered() noexcept {
        was_unanswered_ = true;
        login_.unanswered();
    }
    [[nodiscard]] bool was_unanswered() const noexcept { return was_unanswered_; }
    /// Whether the server may know of it: something was sent.
    [[nodiscard]] bool has_reached_server() const noexcept;

    /// As the LoginGuard knows it.
    [[nodiscard]] std::string server() const { return server_at(address_, endpoint_.port); }
    [[nodiscard]] const std::string& address() const noexcept { return address_; }
    /// @pre under way
    [[nodiscard]] Session& session() const noexcept { return *session_; }
    [[nodiscard]] std::unique_ptr<Session> take() noexcept { return std::move(session_); }
    [[nodiscard]] const Error& failure() const noexcept { return failure_; }

private:
    [[nodiscard]] Error ask_for_password(std::string& password) const;
    [[nodiscard]] bool blames_wishes(const Error& error) const noexcept;

    const Settings& settings_;
    Endpoint endpoint_;
    std::string address_;
    LoginGuard::Attempt login_;
    std::unique_ptr<Session> session_;
    std::string sent_wishes_;
    bool without_wishes_ = false;
    bool was_unanswered_ = false;
    Error failure_;
};

/// For the first of them that goes on. `race` lives until the task is resumed. @pre there is one
[[nodiscard]] Await await_one_of(std::span<const std::unique_ptr<Handshake>> handshakes, Race& race, TimePoint until);

}  // namespace picoxx
