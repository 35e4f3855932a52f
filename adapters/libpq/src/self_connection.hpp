#pragma once

namespace picoxx::libpq {

/// Both ends of the TCP connection are this socket. That happens on the loopback interface where nobody listens at a
/// port of the range that the system picks clients' ports from, and it picks that very port.
[[nodiscard]] bool is_connected_to_itself(int socket) noexcept;

/// Lets the socket's end leave nothing behind: the port would stay occupied for a minute.
void reset_at_close(int socket) noexcept;

}  // namespace picoxx::libpq
