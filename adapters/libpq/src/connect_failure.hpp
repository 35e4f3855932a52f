#pragma once

#include <picoxx/port/error.hpp>

#include <string>
#include <string_view>

namespace picoxx::libpq {

enum class ServerOptions : bool { absent, sent };

/// What a handshake's failure means, from the text libpq leaves; up to version 15 it shows nothing else. With sslmode
/// prefer and allow the text has a line for each attempt: a refused login counts more than refused TLS, that more than
/// the rest. Reads English texts: libpq translates its own only in programs that call setlocale, servers theirs by
/// lc_messages. Throws std::bad_alloc.
[[nodiscard]] Error connect_failure(std::string_view libpq_text, std::string node, ServerOptions server_options);

/// The same for what fails before libpq has a socket: the parameters themselves, or an address that refuses at once.
[[nodiscard]] Error start_failure(std::string_view libpq_text, std::string node, ServerOptions server_options);

}  // namespace picoxx::libpq
