#include "session/dial.hpp"

#include <algorithm>
#include <exception>
#include <string_view>
#include <utility>

#include <arpa/inet.h>

namespace picoxx {

bool is_numeric_address(const std::string& host) noexcept {
    in6_addr address{};
    return inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

namespace {

// An IPv4 address that is written as an IPv6 address, `::ffff:10.0.0.1`, is the same one.
std::string without_mapping(const std::string& address) {
    constexpr std::string_view prefix = "::ffff:";
    const bool is_mapped = std::string_view{address}.substr(0, prefix.size()) == prefix &&
                           address.find('.') != std::string::npos;
    return is_mapped ? address.substr(prefix.size()) : address;
}

}  // namespace

Dial::Dial(const Settings& settings, Endpoint endpoint, TimePoint until, TimePoint hurry)
    : settings_{settings}, endpoint_{std::move(endpoint)}, until_{until}, hurry_{hurry} {}

Await Dial::resume(const Wakeup& wakeup, TimePoint now) {
    switch (wakeup.kind) {
        case Wakeup::Kind::start:
            if (session_ != nullptr) break;
            if (is_numeric_address(endpoint_.host)) {
                resolve_.addresses.push_back(endpoint_.host);
                return open_next(now);
            }
            resolve_.host = endpoint_.host;
            return Await{Await::Kind::resolve, nullptr, &resolve_, until_};
        case Wakeup::Kind::resolved:
            if (resolve_.addresses.empty()) {
                return finish(make_error(Errc::connect_failed,
                                         "the name " + endpoint_.host + " does not resolve: " + resolve_.failure));
            }
            return open_next(now);
        case Wakeup::Kind::ready:
        case Wakeup::Kind::turn: break;
        case Wakeup::Kind::expired:
            if (session_ == nullptr) {
                return finish(
                    make_error(Errc::deadline_exceeded, "the name " + endpoint_.host + " was not resolved in time"));
            }
            return attempt_failed(make_error(Errc::deadline_exceeded, "no answer to the handshake in time"), now);
        case Wakeup::Kind::cancelled:
            session_.reset();
            login_.broken_off();
            return finish(make_error(Errc::cancelled, "cancelled while connecting"));
    }

    switch (session_->advance(wakeup.ready)) {
        case SessionState::ready:
            login_.accepted(now);
            if (without_wishes_) settings_.wished_options->refused();
            if (!sent_wishes_.empty()) settings_.wished_options->taken();
            return {};
        case SessionState::connecting: return Await{Await::Kind::io, session_.get(), nullptr, attempt_until_};
        case SessionState::closed: break;
    }
    const Error* failure = session_->failure();
    return attempt_failed(failure != nullptr ? *failure : make_error(Errc::connect_failed, "the session was closed"),
                          now);
}

std::string Dial::progress() const {
    if (session_ == nullptr) return "the name " + endpoint_.host + " is not resolved yet";
    return attempts_ + (attempts_.empty() ? "" : "; ") + address_ + ": no answer to the handshake yet";
}

Result<std::unique_ptr<Session>> Dial::take() {
    if (error_) return std::move(error_);
    return std::move(session_);
}

Await Dial::open_next(TimePoint now) {
    address_ = resolve_.addresses[next_address_++];
    // Each address gets a fair share of the time that is left, the last one all of it.
    const auto left = resolve_.addresses.size() - next_address_;
    const TimePoint soon = std::max(now, std::min(until_, hurry_));
    attempt_until_ = left == 0 || soon == no_deadline ? until_
                                                      : now + (soon - now) / static_cast<std::int64_t>(left + 1);
    return open(now);
}

Await Dial::open(TimePoint now) {
    ConnectOptions options = settings_.connect;
    if (Error unknown = ask_for_password(options.password)) return attempt_failed(std::move(unknown), now);
    const std::string server = to_string(Endpoint{without_mapping(address_), endpoint_.port});
    if (Error denied = settings_.logins->begin(server, options.password, now, login_)) {
        return attempt_failed(std::move(denied), now);
    }
    options.endpoint = endpoint_;
    options.address = address_;
    const bool wishes = settings_.wished_options != nullptr && !without_wishes_;
    sent_wishes_ = wishes ? settings_.wished_options->text() : std::string{};
    options.wished_server_options = sent_wishes_;
    Result<std::unique_ptr<Session>> opened = settings_.transport->open(options);
    if (!opened.ok()) return attempt_failed(std::move(opened).error(), now);
    session_ = *std::move(opened);
    return Await{Await::Kind::io, session_.get(), nullptr, attempt_until_};
}

Await Dial::attempt_failed(Error error, TimePoint now) {
    session_.reset();
    if (error.code == Errc::authentication_failed) login_.refused(error, now);
    if (error.code == Errc::deadline_exceeded) login_.broken_off();
    login_.failed();
    if (blames_wishes(error) && !std::exchange(without_wishes_, true)) return open(now);
    const bool refused = error.code == Errc::authentication_failed || error.code == Errc::tls_failed ||
                         error.code == Errc::invalid_argument;
    if (refused || resolve_.addresses.size() == 1) return finish(std::move(error));

    attempts_ += (attempts_.empty() ? "" : "; ") + address_ + ": " + error.text;
    if (!error.server_text.empty()) attempts_ += " (" + error.server_text + ')';
    if (next_address_ < resolve_.addresses.size() && now < until_) return open_next(now);
    error.text = "no address of " + endpoint_.host + " answers: " + attempts_;
    error.server_text.clear();
    return finish(std::move(error));
}

// It is the user's function, and his to throw what he likes.
Error Dial::ask_for_password(std::string& password) const {
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
bool Dial::blames_wishes(const Error& error) const noexcept {
    if (sent_wishes_.empty() || settings_.wished_options->were_taken()) return false;
    const std::string_view words = error.server_text;
    const std::string_view name = std::string_view{sent_wishes_}.substr(0, sent_wishes_.find('='));
    return words.find(name) != std::string_view::npos || words.find("startup parameter") != std::string_view::npos;
}

Await Dial::finish(Error error) {
    error_ = std::move(error);
    if (error_.node.empty()) error_.node = to_string(endpoint_);
    return {};
}

}  // namespace picoxx
