#pragma once

#include "fault_gate.hpp"
#include "wire/tls_context.hpp"

#include <string>
#include <string_view>

namespace picoxx::devcluster {

enum class SocketResult {
    ok,
    closed  ///< end of stream, an error, a cut, or terminate()
};

/// The connection to one client: waits for bytes and sends them, in clear or over TLS, through the node's FaultGate.
/// Thread safety: one thread uses it; terminate() may be called from any other.
class ClientSocket {
public:
    /// Takes the descriptor over.
    ClientSocket(int descriptor, FaultGate& gate);
    ~ClientSocket();
    ClientSocket(const ClientSocket&) = delete;
    ClientSocket& operator=(const ClientSocket&) = delete;

    /// Waits for bytes and appends them to `buffer`.
    [[nodiscard]] SocketResult read_some(std::string& buffer);
    [[nodiscard]] SocketResult write_all(std::string_view bytes);
    /// Does the server's part of a TLS handshake; everything after it is encrypted.
    [[nodiscard]] SocketResult start_tls(const TlsContext& context);

    /// Ends the connection: the client sees its end at once, waiting calls return `closed`.
    void terminate() noexcept;
    /// Set by terminate(); what else waits for this client watches it.
    [[nodiscard]] const FaultGate::Flag& closing() const noexcept { return closing_; }

private:
    enum class Readiness { readable, writable };
    SocketResult wait(Readiness readiness);
    /// Waits for what TLS asked for after it returned `result`; `closed` if it asked for nothing.
    SocketResult wait_for_tls(int result);

    const int descriptor_;
    FaultGate& gate_;
    SslHandle tls_;
    FaultGate::Flag closing_{false};
};

}  // namespace picoxx::devcluster
