#include "libpq_session.hpp"
#include "self_connection.hpp"
#include "spare_error.hpp"

#include <new>
#include <utility>

namespace picoxx::libpq {

SessionState LibpqSession::advance_connecting(Interest ready) noexcept {
    // libpq takes its own call for readiness: it must not come early.
    const auto wanted = static_cast<unsigned>(connect_interest_);
    if ((static_cast<unsigned>(ready) & wanted) == 0) return state_;
    if (is_connected_to_itself(PQsocket(connection_.get()))) {
        refuse_self_connection();
        return state_;
    }
    switch (PQconnectPoll(connection_.get())) {
        case PGRES_POLLING_READING: connect_interest_ = Interest::read; break;
        case PGRES_POLLING_WRITING: connect_interest_ = Interest::write; break;
        case PGRES_POLLING_OK:
            if (PQsetnonblocking(connection_.get(), 1) != 0) {
                fail_connecting();
                break;
            }
            tls_ = PQsslInUse(connection_.get()) != 0;
            state_ = SessionState::ready;
            break;
        default: fail_connecting();
    }
    return state_;
}

void LibpqSession::refuse_self_connection() noexcept {
    reset_at_close(PQsocket(connection_.get()));
    state_ = SessionState::closed;
    failure_ = spare_error(Errc::connect_failed, Effect::none,
                           "nobody listens there: the system had connected the socket to itself", node_);
    connection_.reset();
}

void LibpqSession::fail_connecting() noexcept {
    state_ = SessionState::closed;
    try {
        failure_ = connect_failure(PQerrorMessage(connection_.get()), node_, server_options_);
        if (begin_with_tls(*failure_)) return;
    } catch (const std::bad_alloc&) {
        failure_ = spare_error(Errc::out_of_memory, Effect::none);
    }
    connection_.reset();
}

// The server refused a connection without TLS before it looked at the password.
bool LibpqSession::begin_with_tls(const Error& refusal) noexcept {
    const bool wants_tls = refusal.code == Errc::tls_failed || refusal.sqlstate == "28000";
    if (with_tls_.empty() || !wants_tls) return false;
    ConnectionHandle again{PQconnectStart(std::exchange(with_tls_, {}).c_str())};
    if (!again || PQstatus(again.get()) == CONNECTION_BAD) return false;
    connection_ = std::move(again);
    PQsetNoticeReceiver(connection_.get(), receive_notice, this);
    connect_interest_ = Interest::write;
    state_ = SessionState::connecting;
    failure_.reset();
    return true;
}

}  // namespace picoxx::libpq
