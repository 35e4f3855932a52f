#include "session/handshake.hpp"

#include <exception>
#include <string_view>
#include <utility>

namespace picoxx {
namespace {

// An IPv4 address that is written as an IPv6 address, `::ffff:10.0.0.1`, is the same one.
std::string without_mapping(const std::string& address) {
    constexpr std::string_view prefix = "::ffff:";
    const bool is_mapped = std::string_view{address}.substr(0, prefix.size()) == prefix &&
                           address.find('.') != std::string::npos;
    return is_mapped ? address.substr(prefix.size()) : address;
}

}  // namespace

std::string server_at(const std::string& address, std::uint16_t port) {
    return to_string(Endpoint{without_mapping(address), port});
}

Handshake::Handshake(const Settings& settings, Endpoint endpoint, std::string address)
    : settings_{settings}, endpoint_{std::move(endpoint)}, address_{std::move(address)} {}

// Nothing was broken off where nothing was sent.
Handshake::~Handshake() {
    if (session_ == nullptr || !has_reached_server()) login_.failed();
}

// Until its network connection stands a session waits to write.
bool Handshake::has_reached_server() const noexcept { return !wants_write(session_->interest()); }

Error Handshake::begin(TimePoint now) {
    ConnectOptions options = settings_.connect;
    if (Error unknown = ask_for_password(options.password)) return unknown;
    if (Error denied = settings_.logins->begin(server_at(address_, endpoint_.port), options.password, now, login_))
        return denied;
    options.endpoint = endpoint_;
    options.address = address_;
    const bool wishes = settings_.wished_options != nullptr && !without_wishes_;
    sent_wishes_ = wishes ? settings_.wished_options->text() : std::string{};
    options.wished_server_options = sent_wishes_;
    Result<std::unique_ptr<Session>> opened = settings_.transport->open(options);
    if (!opened.ok()) {
        login_.failed();
        return std::move(opened).error();
    }
    session_ = *std::move(opened);
    return {};
}

SessionState Handshake::advance(Interest ready, TimePoint now) {
    const SessionState state = session_->advance(ready);
    if (state == SessionState::ready) {
        login_.accepted(now);
        if (without_wishes_) settings_.wished_options->refused();
        if (!sent_wishes_.empty()) settings_.wished_options->taken();
    }
    if (state != SessionState::closed) return state;
    const Error* failure = session_->failure();
    failure_ = failure != nullptr ? *failure : make_error(Errc::connect_failed, "the session was closed");
    session_.reset();
    if (failure_.code == Errc::authentication_failed) {
        login_.refused(failure_, now);
    } else {
        login_.failed();
    }
    if (was_unanswered_ || !blames_wishes(failure_) || std::exchange(without_wishes_, true))
        return SessionState::closed;
    failure_ = begin(now);
    return failure_ ? SessionState::closed : SessionState::connecting;
}

// It is the user's function, and his to throw what he likes.
Error Handshake::ask_for_password(std::string& password) const {
    if (!settings_.password_provider) return {};
    try {
        password = settings_.password_provider();
        return {};
    } catch (const std::exception& failure) {
        return make_error(Errc::connect_failed, std::string{"password_provider failed: "} + failure.what());
    } catch (...) {
        return make_error(Errc::connect_failed, "password_provider failed");
    }
}

// PostgreSQL refuses the connection over options that it does not know, and quotes them; a pooler names the startup
// parameter.
bool Handshake::blames_wishes(const Error& error) const noexcept {
    if (sent_wishes_.empty() || settings_.wished_options->were_taken()) return false;
    const std::string_view words = error.server_text;
    const std::string_view name = std::string_view{sent_wishes_}.substr(0, sent_wishes_.find('='));
    return words.find(name) != std::string_view::npos || words.find("startup parameter") != std::string_view::npos;
}

Await await_one_of(std::span<const std::unique_ptr<Handshake>> handshakes, Race& race, TimePoint until) {
    race.ready = 0;
    race.sessions.clear();
    if (handshakes.size() == 1) return Await::for_io(handshakes.front()->session(), until);
    for (const auto& handshake : handshakes) race.sessions.push_back(&handshake->session());
    return Await::for_one_of(race, until);
}

}  // namespace picoxx
