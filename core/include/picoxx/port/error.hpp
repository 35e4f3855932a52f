#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace picoxx {

/// What went wrong, as far as a program may want to decide by it. The numbers are part of the plugin ABI: never reuse one.
enum class Errc : std::int32_t {
    ok = 0,
    invalid_argument = 1,       ///< A DSN, an option or a parameter is wrong; nothing was sent.
    unsupported = 2,            ///< The server or the adapter has no such thing.
    connect_failed = 3,         ///< No connection came about: refused, unreachable, or closed during the handshake.
    authentication_failed = 4,  ///< The node refused the user or the password (SQLSTATE 28P01).
    tls_failed = 5,             ///< TLS could not be agreed on, or the certificate was refused.
    connection_lost = 6,        ///< An established connection ended.
    deadline_exceeded = 7,      ///< The time given to the call ran out.
    cancelled = 8,              ///< The caller cancelled.
    closed = 9,                 ///< The client is closed or closing.
    server_error = 10,          ///< The server answered with an error: see sqlstate and server_text.
    skipped = 11,               ///< An earlier statement of the same batch failed; this one was not executed.
    pool_exhausted = 12,        ///< Every connection is busy and no further caller may wait.
    no_node_available = 13,     ///< Every node was tried or is known to be down.
    discovery_failed = 14,      ///< The nodes of the cluster could not be learnt.
    column_mismatch = 15,       ///< A result column was read as a type it does not have.
    null_value = 16,            ///< NULL was read into a type that cannot hold it.
    protocol_error = 17,        ///< The peer does not follow the protocol.
    plugin_refused = 18,        ///< A plugin file or component was refused; the text says why.
    out_of_memory = 19,         ///< An allocation failed.
    internal = 20,              ///< A defect of picoxx; please report it.
};

/// What is known to have happened to the statement that failed.
enum class Effect : std::uint8_t {
    none,     ///< Certainly not executed.
    unknown,  ///< In doubt: executed or not.
    partial,  ///< Some of its rows may have been changed.
};

/// One failure. Plain data: it crosses plugin boundaries by value.
/// `text` is picoxx's own and holds neither a password nor a parameter value; `server_text` is the server's and may quote user data.
struct Error {
    Errc code = Errc::ok;
    Effect effect = Effect::none;
    std::string text;         ///< What happened, in picoxx's words.
    std::string sqlstate;     ///< Five characters, or empty where the server gave none.
    std::string server_text;  ///< The server's message, verbatim, or empty.
    std::string node;         ///< The node concerned, `name (host:port)`, or empty.

    [[nodiscard]] explicit operator bool() const noexcept { return code != Errc::ok; }
};

[[nodiscard]] inline Error make_error(Errc code, std::string text, Effect effect = Effect::none) {
    Error error;
    error.code = code;
    error.effect = effect;
    error.text = std::move(text);
    return error;
}

/// The enumerator's name, for logs and messages.
[[nodiscard]] constexpr std::string_view to_string(Errc code) noexcept {
    switch (code) {
        case Errc::ok: return "ok";
        case Errc::invalid_argument: return "invalid_argument";
        case Errc::unsupported: return "unsupported";
        case Errc::connect_failed: return "connect_failed";
        case Errc::authentication_failed: return "authentication_failed";
        case Errc::tls_failed: return "tls_failed";
        case Errc::connection_lost: return "connection_lost";
        case Errc::deadline_exceeded: return "deadline_exceeded";
        case Errc::cancelled: return "cancelled";
        case Errc::closed: return "closed";
        case Errc::server_error: return "server_error";
        case Errc::skipped: return "skipped";
        case Errc::pool_exhausted: return "pool_exhausted";
        case Errc::no_node_available: return "no_node_available";
        case Errc::discovery_failed: return "discovery_failed";
        case Errc::column_mismatch: return "column_mismatch";
        case Errc::null_value: return "null_value";
        case Errc::protocol_error: return "protocol_error";
        case Errc::plugin_refused: return "plugin_refused";
        case Errc::out_of_memory: return "out_of_memory";
        case Errc::internal: return "internal";
    }
    return "unknown";
}

[[nodiscard]] constexpr std::string_view to_string(Effect effect) noexcept {
    switch (effect) {
        case Effect::none: return "none";
        case Effect::unknown: return "unknown";
        case Effect::partial: return "partial";
    }
    return "unknown";
}

}  // namespace picoxx
