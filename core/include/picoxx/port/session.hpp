#pragma once

#include <picoxx/port/command.hpp>
#include <picoxx/port/response_sink.hpp>
#include <picoxx/port/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace picoxx {

/// A socket descriptor, as the operating system gives it.
using NativeSocket = int;
inline constexpr NativeSocket no_socket = -1;

/// Readiness of a socket, wanted or found.
enum class Interest : std::uint8_t { none = 0, read = 1, write = 2, both = 3 };

[[nodiscard]] constexpr bool wants_read(Interest interest) noexcept {
    return (static_cast<unsigned>(interest) & 1U) != 0;
}
[[nodiscard]] constexpr bool wants_write(Interest interest) noexcept {
    return (static_cast<unsigned>(interest) & 2U) != 0;
}

enum class SessionState : std::uint8_t {
    connecting,  ///< The handshake is under way.
    ready,       ///< Commands may be submitted.
    closed,      ///< Over for good; `failure` says why.
};

/// What protects the connection. Lifetime of the views: the session.
struct TlsState {
    bool active = false;
    std::string_view protocol;  ///< Such as `TLSv1.3`.
    std::string_view cipher;
};

/// One connection to one node: a state machine over one non-blocking socket. It never waits, owns no thread and no
/// timer. Implemented by transports; driven by the core, which waits for what `interest` names and then calls
/// `advance`. Thread safety: used by one thread at a time, not bound to one. Destroying it closes the connection. Every
/// implementation passes the session contract suite (picoxx/testing/session_contract.hpp).
class Session {
public:
    Session() = default;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    virtual ~Session() = default;

    /// May change after any call while connecting: read it again after each. `no_socket` once closed.
    [[nodiscard]] virtual NativeSocket socket() const noexcept = 0;
    /// What to wait for before `advance` has something to do. Read it again after each call.
    [[nodiscard]] virtual Interest interest() const noexcept = 0;
    [[nodiscard]] virtual SessionState state() const noexcept = 0;
    /// Moves as far as it can without waiting: reads, writes, calls sinks. `ready` is what the socket was found to be;
    /// `none` is allowed and only carries on what needs no readiness.
    virtual SessionState advance(Interest ready) noexcept = 0;

    /// Accepts a command and tries to send it at once. Commands are answered in the order they were submitted; several
    /// may be submitted before the first is answered (a batch ends with the first command that has Sync::after). An
    /// error means: not accepted, nothing sent, the sink will not be called; a batch that the command was to end has
    /// ended without it. Otherwise the sink lives until its last call. The command's bytes are copied or sent before
    /// the call returns. A session that breaks meanwhile may be `closed` afterwards; the sinks hear of it from the next
    /// `advance`, of any readiness.
    /// @pre state() == SessionState::ready
    virtual Status submit(const Command& command, ResponseSink& sink) noexcept = 0;
    /// Delivery goes on after a sink paused it; the rows that are already here come from the next `advance`.
    virtual void resume() noexcept = 0;
    /// Commands submitted and not yet answered.
    [[nodiscard]] virtual std::size_t in_flight() const noexcept = 0;

    /// Ends the connection at once. Every sink still waiting hears `connection_lost`: Effect none where nothing of its
    /// command was sent, unknown otherwise.
    virtual void close() noexcept = 0;
    /// Why the session is closed; null while it is not, or where `close` was called.
    [[nodiscard]] virtual const Error* failure() const noexcept = 0;

    [[nodiscard]] virtual TlsState tls() const noexcept = 0;
    /// What the server reported (ParameterStatus), such as `server_version`; empty where it did not. Lifetime: until
    /// the next call.
    [[nodiscard]] virtual std::string_view server_parameter(CStringView name) const noexcept = 0;

    /// An optional ability by name, null where there is none. What it points to is a matter between caller and
    /// implementation.
    [[nodiscard]] virtual void* extension(std::string_view /*name*/) noexcept { return nullptr; }
};

}  // namespace picoxx
