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
    // 18 is free: it was never given out.
    out_of_memory = 19,  ///< An allocation failed.
    internal = 20,       ///< A defect of picoxx; please report it.

    plugin_not_found = 100,       ///< No such plugin file, or none of that name in any plugin directory.
    plugin_insecure_path = 101,   ///< Others can change the file or a folder above it.
    plugin_bad_name = 102,        ///< The name or path is not of the form that is needed.
    plugin_not_a_library = 103,   ///< The file is no shared library for this processor, or not whole.
    plugin_not_a_plugin = 104,    ///< A shared library, but no plugin of picoxx.
    plugin_abi_mismatch = 105,    ///< Built for another plugin ABI, or for another version of a port.
    plugin_build_mismatch = 106,  ///< Another C++ standard library, processor or sanitizer.
    plugin_core_too_old = 107,    ///< The plugin needs a newer picoxx.
    plugin_load_failed = 108,     ///< The system's linker refused it, or the file was replaced meanwhile.
    plugin_bad_descriptor = 109,  ///< What the plugin says of itself is damaged, or not what its name says.
    plugin_duplicate = 110,       ///< A plugin or component of that name is already registered, or two fill one place.
    plugin_unknown_component = 111,  ///< No registered component has that name.
    plugin_wrong_interface = 112,    ///< There is a component of that name, but it does something else.
    plugin_bad_config = 113,         ///< An option of a component is unknown or makes no sense.
    plugin_create_failed = 114,      ///< The component could not be made.
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
        case Errc::out_of_memory: return "out_of_memory";
        case Errc::internal: return "internal";
        case Errc::plugin_not_found: return "plugin_not_found";
        case Errc::plugin_insecure_path: return "plugin_insecure_path";
        case Errc::plugin_bad_name: return "plugin_bad_name";
        case Errc::plugin_not_a_library: return "plugin_not_a_library";
        case Errc::plugin_not_a_plugin: return "plugin_not_a_plugin";
        case Errc::plugin_abi_mismatch: return "plugin_abi_mismatch";
        case Errc::plugin_build_mismatch: return "plugin_build_mismatch";
        case Errc::plugin_core_too_old: return "plugin_core_too_old";
        case Errc::plugin_load_failed: return "plugin_load_failed";
        case Errc::plugin_bad_descriptor: return "plugin_bad_descriptor";
        case Errc::plugin_duplicate: return "plugin_duplicate";
        case Errc::plugin_unknown_component: return "plugin_unknown_component";
        case Errc::plugin_wrong_interface: return "plugin_wrong_interface";
        case Errc::plugin_bad_config: return "plugin_bad_config";
        case Errc::plugin_create_failed: return "plugin_create_failed";
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
