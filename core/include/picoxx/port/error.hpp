#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace picoxx {

/// What went wrong, as far as a program may want to decide by it. The numbers are part of the plugin ABI: never reuse
/// one.
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

/// What the server's error is about, read from its text: Picodata answers almost all of them with SQLSTATE XX000.
/// The numbers are part of the plugin ABI: never reuse one. docs/errors.md has the texts of each.
enum class Condition : std::uint8_t {
    none = 0,                   ///< The error is not one of the server.
    other = 1,                  ///< A text that picoxx does not know.
    duplicate_key = 2,          ///< A row with that key is there already.
    not_null = 3,               ///< A column that must have a value got none.
    access_denied = 4,          ///< The user may not do that.
    no_such_table = 5,          ///< No table of that name.
    no_such_column = 6,         ///< No column of that name.
    no_such_object = 7,         ///< No user, role, index, procedure, function, tier or plugin of that name.
    already_exists = 8,         ///< A table, index, user or the like of that name is there already.
    syntax_error = 9,           ///< The server cannot parse the statement.
    type_mismatch = 10,         ///< Types that do not go together, or cannot be told.
    invalid_value = 11,         ///< A value the server cannot take, compute or send.
    invalid_statement = 12,     ///< It parses and makes no sense: number of parameters or columns, keys, options.
    unsupported = 13,           ///< The server has no such thing.
    cluster_changing = 14,      ///< Failover, DDL, rebalancing or start of an instance is under way.
    read_only = 15,             ///< The instance asked to write is read-only: its role has changed.
    wrong_node = 16,            ///< With the option `forward`: another node has the buckets.
    stale_plan = 17,            ///< The prepared statement is out of date or gone.
    statement_store_full = 18,  ///< The node's store of statements or portals, which all its clients share, is full.
    limit_exceeded = 19,        ///< A limit on rows, opcodes, or the size of a row.
    out_of_space = 20,          ///< The storage is full.
    timeout = 21,               ///< The server's own time limit ran out.
    unreachable_peer = 22,      ///< The node that was asked lost or could not reach another one.
};

/// One failure. Plain data: it crosses plugin boundaries by value. `text` is picoxx's own and holds neither a password
/// nor a parameter value; `server_text` is the server's and may quote user data.
struct Error {
    Errc code = Errc::ok;
    Effect effect = Effect::none;
    Condition server_condition = Condition::none;  ///< Set by the core; read it by `condition()`.
    std::string text;                              ///< What happened, in picoxx's words.
    std::string sqlstate;                          ///< Five characters, or empty where the server gave none.
    std::string server_text;                       ///< The server's message, verbatim, or empty.
    std::string node;                              ///< The node concerned, `name (host:port)`, or empty.
    /// Which statement failed: its SQL with `'...'` in place of text literals and without parameter values, at most 256
    /// bytes and an ellipsis. Empty where there was none. Set by the core.
    std::string statement;

    [[nodiscard]] explicit operator bool() const noexcept { return code != Errc::ok; }
    /// `none` unless the code is `server_error`.
    [[nodiscard]] constexpr Condition condition() const noexcept;
    /// The same call may succeed later, with nothing changed but time: the cluster recovers, load passes. It says
    /// nothing about whether repeating is safe: that is `effect`, or the caller's knowledge. docs/errors.md has the
    /// list.
    [[nodiscard]] constexpr bool transient() const noexcept;
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

[[nodiscard]] constexpr std::string_view to_string(Condition condition) noexcept {
    switch (condition) {
        case Condition::none: return "none";
        case Condition::other: return "other";
        case Condition::duplicate_key: return "duplicate_key";
        case Condition::not_null: return "not_null";
        case Condition::access_denied: return "access_denied";
        case Condition::no_such_table: return "no_such_table";
        case Condition::no_such_column: return "no_such_column";
        case Condition::no_such_object: return "no_such_object";
        case Condition::already_exists: return "already_exists";
        case Condition::syntax_error: return "syntax_error";
        case Condition::type_mismatch: return "type_mismatch";
        case Condition::invalid_value: return "invalid_value";
        case Condition::invalid_statement: return "invalid_statement";
        case Condition::unsupported: return "unsupported";
        case Condition::cluster_changing: return "cluster_changing";
        case Condition::read_only: return "read_only";
        case Condition::wrong_node: return "wrong_node";
        case Condition::stale_plan: return "stale_plan";
        case Condition::statement_store_full: return "statement_store_full";
        case Condition::limit_exceeded: return "limit_exceeded";
        case Condition::out_of_space: return "out_of_space";
        case Condition::timeout: return "timeout";
        case Condition::unreachable_peer: return "unreachable_peer";
    }
    return "unknown";
}

/// Repeating a statement that met this may help, for time alone can mend it.
[[nodiscard]] constexpr bool is_transient(Condition condition) noexcept {
    switch (condition) {
        case Condition::cluster_changing:
        case Condition::read_only:
        case Condition::wrong_node:
        case Condition::stale_plan:
        case Condition::statement_store_full:
        case Condition::timeout:
        case Condition::unreachable_peer: return true;
        default: return false;
    }
}

constexpr Condition Error::condition() const noexcept {
    if (code != Errc::server_error) return Condition::none;
    return server_condition == Condition::none ? Condition::other : server_condition;
}

constexpr bool Error::transient() const noexcept {
    switch (code) {
        case Errc::connect_failed:
        case Errc::connection_lost:
        case Errc::deadline_exceeded:
        case Errc::pool_exhausted:
        case Errc::no_node_available:
        case Errc::discovery_failed:
        case Errc::out_of_memory: return true;
        case Errc::server_error: return is_transient(condition());
        default: return false;
    }
}

}  // namespace picoxx
