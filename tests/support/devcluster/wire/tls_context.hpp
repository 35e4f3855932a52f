#pragma once

#include <memory>
#include <string>

using SSL_CTX = struct ssl_ctx_st;
using SSL = struct ssl_st;

namespace picoxx::devcluster {

struct SslDeleter {
    void operator()(SSL* ssl) const noexcept;
};
using SslHandle = std::unique_ptr<SSL, SslDeleter>;

/// A key and a self-signed certificate for `localhost` and 127.0.0.1, made when it is constructed; TLS 1.2 and 1.3.
/// Thread safety: open() may be called from any thread.
class TlsContext {
public:
    /// @throw std::runtime_error if OpenSSL refuses.
    TlsContext();
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    /// The server's side of TLS over a connected socket; the handshake is still to be done.
    [[nodiscard]] SslHandle open(int socket) const;
    /// The certificate in PEM: it is its own authority, so a client may use it as `sslrootcert`.
    [[nodiscard]] const std::string& certificate() const noexcept { return certificate_; }

private:
    struct ContextDeleter {
        void operator()(SSL_CTX* context) const noexcept;
    };
    std::unique_ptr<SSL_CTX, ContextDeleter> context_;
    std::string certificate_;
};

}  // namespace picoxx::devcluster
