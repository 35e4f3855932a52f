#include "session/dial.hpp"

#include "session/late_handshakes.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <arpa/inet.h>

namespace picoxx {

namespace {

// Else an earlier dial began it.
bool is_new(const std::unique_ptr<Handshake>& handshake) noexcept { return !handshake->was_unanswered(); }

}  // namespace

bool is_numeric_address(const std::string& host) noexcept {
    in6_addr address{};
    return inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

Dial::Dial(const Settings& settings, UnansweredHandshakes& unanswered, Endpoint endpoint, TimePoint until,
           TimePoint hurry)
    : settings_{settings}, unanswered_{unanswered}, endpoint_{std::move(endpoint)}, until_{until}, hurry_{hurry} {}

Await Dial::resume(const Wakeup& wakeup, TimePoint now) {
    switch (wakeup.kind) {
        case Wakeup::Kind::start:
            if (!under_way_.empty()) return go_on(now);
            if (is_numeric_address(endpoint_.host)) {
                resolve_.addresses.push_back(endpoint_.host);
                return go_on(now);
            }
            resolve_.host = endpoint_.host;
            return Await::for_name(resolve_, until_);
        case Wakeup::Kind::resolved:
            if (resolve_.addresses.empty()) {
                return finish(make_error(Errc::connect_failed,
                                         "the name " + endpoint_.host + " does not resolve: " + resolve_.failure));
            }
            if (resolve_.addresses.size() > 1) prepare_for_several();
            return go_on(now);
        case Wakeup::Kind::ready: return advance(race_.ready, wakeup.ready, now);
        case Wakeup::Kind::turn: return go_on(now);
        case Wakeup::Kind::expired:
            if (under_way_.empty()) {
                return finish(
                    make_error(Errc::deadline_exceeded, "the name " + endpoint_.host + " was not resolved in time"));
            }
            return go_on(now);
        case Wakeup::Kind::cancelled: break;
    }
    under_way_.clear();
    return finish(make_error(Errc::cancelled, "cancelled while connecting"));
}

std::string Dial::progress() const {
    if (under_way_.empty()) return "the name " + endpoint_.host + " is not resolved yet";
    std::string text = attempts_;
    for (const auto& handshake : under_way_) {
        text += (text.empty() ? "" : "; ") + handshake->address() + ": no answer to the handshake yet";
    }
    return text;
}

Result<std::unique_ptr<Session>> Dial::take() {
    if (session_ == nullptr) return std::move(error_);
    return std::move(session_);
}

std::unique_ptr<Task> Dial::take_rest() {
    if (under_way_.empty()) return nullptr;
    return std::make_unique<LateHandshakes>(std::exchange(under_way_, {}), unanswered_, until_);
}

// ---- one address after another, and beside each other

void Dial::prepare_for_several() {
    std::vector<std::string> servers;
    for (const std::string& address : resolve_.addresses) servers.push_back(server_at(address, endpoint_.port));
    settings_.logins->may_be_one_server(servers);
    settings_.last_addresses->put_in_front(endpoint_.host, resolve_.addresses);
}

Await Dial::go_on(TimePoint now) {
    if (now >= until_) {
        for (auto& handshake : std::exchange(under_way_, {})) give_up(std::move(handshake), now);
        return fail();
    }
    const auto has_next = [this] { return next_address_ < resolve_.addresses.size(); };
    while (has_next() && (under_way_.empty() || now >= next_at_)) {
        if (!begin_next(now)) return finish(std::move(error_));
    }
    if (under_way_.empty()) return fail();
    return await_one_of(under_way_, race_, has_next() ? std::min(next_at_, until_) : until_);
}

std::ptrdiff_t Dial::count_new() const noexcept { return std::count_if(under_way_.begin(), under_way_.end(), is_new); }

// @return false where the node was found to refuse us
bool Dial::begin_next(TimePoint now) {
    const std::string address = resolve_.addresses[next_address_++];
    // Earlier ones first, if the server has only been slow; a new one when each address has had its turn.
    std::vector<std::unique_ptr<Handshake>> earlier = unanswered_.take(server_at(address, endpoint_.port));
    if (!earlier.empty()) {
        resolve_.addresses.push_back(address);
        std::move(earlier.begin(), earlier.end(), std::back_inserter(under_way_));
        next_at_ = time_for_next(now);
        return true;
    }
    if (count_new() == most_at_a_time) {
        const auto oldest = std::find_if(under_way_.begin(), under_way_.end(), is_new);
        give_up(std::move(*oldest), now);
        under_way_.erase(oldest);
    }
    auto handshake = std::make_unique<Handshake>(settings_, endpoint_, address);
    if (Error failure = handshake->begin(now)) {
        const bool is_refusal = note_failure(address, std::move(failure));
        return !is_refusal || !under_way_.empty();
    }
    under_way_.push_back(std::move(handshake));
    next_at_ = time_for_next(now);
    return true;
}

void Dial::give_up(std::unique_ptr<Handshake> handshake, TimePoint now) {
    note_failure(handshake->address(), make_error(Errc::deadline_exceeded, "no answer to the handshake in time"));
    unanswered_.put(std::move(handshake), now);
}

// Each address that is left gets a fair share of the time that is left, and no more than our patience while there may
// be another one beside it.
TimePoint Dial::time_for_next(TimePoint now) const noexcept {
    const auto left = static_cast<std::int64_t>(resolve_.addresses.size() - next_address_);
    const TimePoint soon = now < hurry_ ? std::min(until_, hurry_) : until_;
    const Duration share = (soon - now) / (left + 1);
    return now + (count_new() < most_at_a_time ? std::min<Duration>(share, patience) : share);
}

Await Dial::advance(std::size_t which, Interest ready, TimePoint now) {
    const auto found = under_way_.begin() + static_cast<std::ptrdiff_t>(which);
    Handshake& handshake = **found;
    const SessionState state = handshake.advance(ready, now);
    if (state == SessionState::connecting) return go_on(now);
    const std::unique_ptr<Handshake> ended = std::move(*found);
    under_way_.erase(found);
    const bool is_answer = state == SessionState::ready || ended->failure().code == Errc::authentication_failed;
    if (is_answer && resolve_.addresses.size() > 1) {
        settings_.last_addresses->answered(endpoint_.host, ended->address());
    }
    if (state == SessionState::ready && !ended->was_unanswered()) {
        address_ = ended->address();
        session_ = ended->take();
        return {};
    }
    // What an earlier one says is of the past: its server may have closed it meanwhile, its password may be an old one.
    next_at_ = now;
    const bool is_refusal = state == SessionState::closed && note_failure(ended->address(), ended->failure());
    return is_refusal && !ended->was_unanswered() ? finish(std::move(error_)) : go_on(now);
}

// ---- how it fails

// @return whether it is a refusal: what one address says of login and TLS holds for the node
bool Dial::note_failure(const std::string& address, Error error) {
    const bool is_refusal = error.code == Errc::authentication_failed || error.code == Errc::tls_failed ||
                            error.code == Errc::invalid_argument;
    std::string attempt = address + ": " + error.text;
    if (!error.server_text.empty()) attempt += " (" + error.server_text + ')';
    // Several at one address may end alike.
    const bool is_known = ("; " + attempts_ + "; ").find("; " + attempt + "; ") != std::string::npos;
    if (!is_known) attempts_ += (attempts_.empty() ? "" : "; ") + attempt;
    // That others log in there says nothing of the node.
    if (error.code != Errc::cancelled || !error_) error_ = std::move(error);
    return is_refusal;
}

Await Dial::fail() {
    if (!error_) return finish(make_error(Errc::deadline_exceeded, "no time was left to connect"));
    if (resolve_.addresses.size() > 1 && !is_numeric_address(endpoint_.host)) {
        error_.text = "no address of " + endpoint_.host + " answers: " + attempts_;
        error_.server_text.clear();
    }
    return finish(std::move(error_));
}

Await Dial::finish(Error error) {
    error_ = std::move(error);
    if (error_.node.empty()) error_.node = to_string(endpoint_);
    return {};
}

}  // namespace picoxx
