#include "client_socket.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace picoxx::devcluster {

ClientSocket::ClientSocket(int descriptor, FaultGate& gate) : descriptor_{descriptor}, gate_{gate} {
    const int on = 1;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) | O_NONBLOCK);
}

ClientSocket::~ClientSocket() {
    tls_.reset();
    ::close(descriptor_);
}

void ClientSocket::terminate() noexcept {
    gate_.wake(closing_);
    ::shutdown(descriptor_, SHUT_RDWR);  // wakes poll() too
}

SocketResult ClientSocket::wait(Readiness readiness) {
    const auto events = static_cast<short>(readiness == Readiness::readable ? POLLIN : POLLOUT);
    pollfd watched{descriptor_, events, 0};
    while (::poll(&watched, 1, -1) < 0)
        if (errno != EINTR) return SocketResult::closed;
    return closing_ ? SocketResult::closed : SocketResult::ok;
}

SocketResult ClientSocket::wait_for_tls(int result) {
    switch (SSL_get_error(tls_.get(), result)) {
        case SSL_ERROR_WANT_READ: return wait(Readiness::readable);
        case SSL_ERROR_WANT_WRITE: return wait(Readiness::writable);
        default: return SocketResult::closed;
    }
}

SocketResult ClientSocket::read_some(std::string& buffer) {
    char bytes[65536];
    while (true) {
        if (!tls_ && wait(Readiness::readable) == SocketResult::closed) return SocketResult::closed;
        if (gate_.wait_until_open(closing_) == GateResult::closed) return SocketResult::closed;
        if (tls_) {
            ERR_clear_error();
            const int count = SSL_read(tls_.get(), bytes, sizeof bytes);
            if (count > 0) {
                buffer.append(bytes, static_cast<std::size_t>(count));
                return SocketResult::ok;
            }
            if (wait_for_tls(count) == SocketResult::closed) return SocketResult::closed;
            continue;
        }
        const auto count = ::recv(descriptor_, bytes, sizeof bytes, 0);
        if (count > 0) {
            buffer.append(bytes, static_cast<std::size_t>(count));
            return SocketResult::ok;
        }
        if (count == 0 || (errno != EAGAIN && errno != EINTR)) return SocketResult::closed;
    }
}

SocketResult ClientSocket::write_all(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto send = [&](std::size_t limit) -> long {
            if (!tls_) return ::send(descriptor_, bytes.data(), limit, MSG_NOSIGNAL | MSG_DONTWAIT);
            ERR_clear_error();
            return SSL_write(tls_.get(), bytes.data(), static_cast<int>(limit));
        };
        const auto [verdict, sent] = gate_.send(bytes.size(), send, closing_);
        if (verdict == SendResult::Verdict::close) return terminate(), SocketResult::closed;
        if (sent > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (tls_) {
            if (wait_for_tls(static_cast<int>(sent)) == SocketResult::closed) return SocketResult::closed;
        } else if (errno == EAGAIN) {
            if (wait(Readiness::writable) == SocketResult::closed) return SocketResult::closed;
        } else if (errno != EINTR) {
            return SocketResult::closed;
        }
    }
    return SocketResult::ok;
}

SocketResult ClientSocket::start_tls(const TlsContext& context) {
    tls_ = context.open(descriptor_);
    SSL_set_mode(tls_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    while (true) {
        if (gate_.wait_until_open(closing_) == GateResult::closed) return SocketResult::closed;
        ERR_clear_error();
        const int result = SSL_do_handshake(tls_.get());
        if (result == 1) return SocketResult::ok;
        if (wait_for_tls(result) == SocketResult::closed) return SocketResult::closed;
    }
}

}  // namespace picoxx::devcluster
