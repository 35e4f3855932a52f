#include "system_calls.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

thread_local picoxx::testing::SystemCalls calls;
thread_local bool from_same_port = false;

}  // namespace

picoxx::testing::SystemCalls picoxx::testing::system_calls() noexcept { return calls; }

picoxx::testing::SamePort::SamePort() noexcept { from_same_port = true; }
picoxx::testing::SamePort::~SamePort() { from_same_port = false; }

// The program's own definitions come before the C library's, for libpq too.
extern "C" {

__attribute__((visibility("default"))) ssize_t send(int socket, const void* bytes, std::size_t size, int flags) {
    ++calls.sends;
    return ::syscall(SYS_sendto, socket, bytes, size, flags, nullptr, 0);
}

__attribute__((visibility("default"))) ssize_t recv(int socket, void* bytes, std::size_t size, int flags) {
    ++calls.receives;
    return ::syscall(SYS_recvfrom, socket, bytes, size, flags, nullptr, nullptr);
}

__attribute__((visibility("default"))) int connect(int socket, const sockaddr* address, socklen_t size) {
    if (from_same_port) ::bind(socket, address, size);
    return static_cast<int>(::syscall(SYS_connect, socket, address, size));
}

__attribute__((visibility("default"))) int poll(pollfd* entries, nfds_t count, int milliseconds) {
    ++calls.polls;
    return static_cast<int>(::syscall(SYS_poll, entries, count, milliseconds));
}
}
