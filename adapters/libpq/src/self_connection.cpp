#include "self_connection.hpp"

#include <cstring>

#include <sys/socket.h>

namespace picoxx::libpq {

bool is_connected_to_itself(int socket) noexcept {
    sockaddr_storage own{};
    sockaddr_storage peer{};
    socklen_t own_size = sizeof own;
    socklen_t peer_size = sizeof peer;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &own_size) != 0) return false;
    if (::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) return false;
    return own_size == peer_size && std::memcmp(&own, &peer, own_size) == 0;
}

void reset_at_close(int socket) noexcept {
    const linger at_once{1, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace picoxx::libpq
