#include "libpq_session.hpp"

#include "spare_error.hpp"

#include <new>
#include <utility>

namespace picoxx::libpq {

LibpqSession::LibpqSession(ConnectionHandle connection, std::string node, ServerOptions server_options,
                           std::string with_tls) noexcept
    : connection_{std::move(connection)},
      server_options_{server_options},
      node_{std::move(node)},
      with_tls_{std::move(with_tls)} {
    PQsetNoticeReceiver(connection_.get(), receive_notice, this);
}

LibpqSession::~LibpqSession() { close(); }

NativeSocket LibpqSession::socket() const noexcept {
    return state_ == SessionState::closed ? no_socket : PQsocket(connection_.get());
}

Interest LibpqSession::interest() const noexcept {
    switch (state_) {
        case SessionState::connecting: return connect_interest_;
        case SessionState::closed: return Interest::none;
        case SessionState::ready: break;
    }
    if (output_ == Output::sent) return paused_ ? Interest::none : Interest::read;
    return paused_ ? Interest::write : Interest::both;
}

SessionState LibpqSession::advance(Interest ready) noexcept {
    if (state_ == SessionState::connecting) return advance_connecting(ready);
    if (state_ == SessionState::closed) {
        if (failure_) fail_pending(*failure_);  // lost within `submit`
        return state_;
    }

    if (wants_write(ready) || output_ == Output::held) flush();
    if (wants_read(ready) && !paused_) PQconsumeInput(connection_.get());
    if (tls_ && !paused_) read_decrypted();
    process();
    if (state_ != SessionState::ready || paused_) return state_;
    if (last_words_ || PQstatus(connection_.get()) == CONNECTION_BAD) {
        lose(lost_error());
    } else if (!waiting_.empty()) {
        send_waiting();
    }
    return state_;
}

// ---- the end

void LibpqSession::close() noexcept {
    if (failure_) return fail_pending(*failure_);
    state_ = SessionState::closed;
    connection_.reset();
    if (pending_.empty()) return;
    fail_pending(spare_error(Errc::connection_lost, Effect::unknown, "the session was closed", node_));
}

const Error* LibpqSession::failure() const noexcept { return failure_ ? &*failure_ : nullptr; }

Error LibpqSession::lost_error() const noexcept {
    try {
        Error error = last_words_ ? *last_words_ : make_error(Errc::connection_lost, "the connection was lost");
        error.code = Errc::connection_lost;
        error.node = node_;
        if (last_words_) {
            error.text = ended_by_server;
        } else {
            const std::string_view words{PQerrorMessage(connection_.get())};
            if (!words.empty()) error.text.append(": ").append(words.substr(0, words.find('\n')));
        }
        return error;
    } catch (const std::bad_alloc&) {
        return spare_error(Errc::connection_lost, Effect::none);
    }
}

void LibpqSession::break_down(Error error) noexcept {
    state_ = SessionState::closed;
    failure_ = std::move(error);
    failure_->effect = Effect::none;  // each command has its own
    connection_.reset();
}

void LibpqSession::lose(Error error) noexcept {
    break_down(std::move(error));
    fail_pending(*failure_);
}

void LibpqSession::fail_pending(const Error& error) noexcept {
    std::optional<Error> known = std::exchange(answer_.error, std::nullopt);  // what the server said of the oldest
    while (!pending_.empty()) {
        ResponseSink& sink = *pending_.front().sink;
        const Effect effect = sent() == 0 ? Effect::none : Effect::unknown;
        if (effect == Effect::none) waiting_.pop_front();
        pending_.pop_front();
        Error own = known ? std::move(*known) : spare_copy(error, effect);
        known.reset();
        sink.on_error(std::move(own));
    }
}

// ---- observation

TlsState LibpqSession::tls() const noexcept {
    TlsState state;
    if (connection_ == nullptr || !tls_) return state;
    state.active = true;
    const char* const protocol = PQsslAttribute(connection_.get(), "protocol");
    const char* const cipher = PQsslAttribute(connection_.get(), "cipher");
    state.protocol = protocol == nullptr ? "" : protocol;
    state.cipher = cipher == nullptr ? "" : cipher;
    return state;
}

std::string_view LibpqSession::server_parameter(CStringView name) const noexcept {
    const char* const value = connection_ == nullptr ? nullptr : PQparameterStatus(connection_.get(), name.c_str());
    return value == nullptr ? std::string_view{} : std::string_view{value};
}

}  // namespace picoxx::libpq
