#pragma once

#include <picoxx/port/endpoint.hpp>
#include <picoxx/port/result.hpp>
#include <picoxx/port/session.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace picoxx {

/// The sslmode family, with libpq's meanings.
enum class TlsMode : std::uint8_t { disable, allow, prefer, require, verify_ca, verify_full };

/// How a connection is protected. Paths are files in PEM form; empty is "none".
struct TlsOptions {
    TlsMode mode = TlsMode::prefer;  ///< Default prefer: TLS where the server offers it.
    std::string root_certificate{};  ///< Needed by verify_ca and verify_full.
    std::string certificate{};       ///< Client certificate (mTLS).
    std::string key{};               ///< Its private key.
    std::string key_password{};      ///< Never printed.
    std::string revocation_list{};
    std::string minimum_protocol = "TLSv1.2";
};

/// TCP's own watch over a silent peer.
struct KeepaliveOptions {
    bool enabled = true;
    std::chrono::seconds idle{30};      ///< Silence before the first probe; >= 1 s.
    std::chrono::seconds interval{10};  ///< Between probes; >= 1 s.
    int count = 3;                      ///< Probes lost before the connection counts as dead; >= 1.
    /// Longest time sent bytes stay unacknowledged; 0 to 2 147 483 647 ms, 0 is the system's.
    std::chrono::milliseconds tcp_user_timeout{30'000};
};

/// Whether what the process inherited may change a connection (PG* variables, service files, .pgpass).
enum class Environment : std::uint8_t { ignored, used };

/// All that is needed to open one session to one node.
struct ConnectOptions {
    Endpoint endpoint{};    ///< As the user or the cluster names it; certificates are checked against its host.
    std::string address{};  ///< The numeric address to connect to. Never empty: the core resolves names.
    std::string user{};
    std::string password{};  ///< Never printed.
    std::string database{};  ///< Picodata ignores it.
    std::string application_name{};
    std::string server_options{};  ///< The start-up parameter `options`: `key=value,key=value`. Empty is not sent.
    /// More of them, which the client can do without: sent behind the others, and not worth a word where a node closes
    /// the connection.
    std::string wished_server_options{};
    TlsOptions tls{};
    KeepaliveOptions keepalive{};
    Environment environment = Environment::ignored;
    std::vector<std::pair<std::string, std::string>>
        extra;  ///< The transport's own parameters; unknown ones are refused.
};

/// Opens sessions. Implemented by adapters (libpq); called by the core. Thread safety: called concurrently. Every
/// implementation passes the contract suite (picoxx/testing/transport_contract.hpp), and its sessions that of sessions.
class Transport {
public:
    /// What plugins call this port, and the version of it: raised by any change to its functions or to what they pass.
    static constexpr const char* interface_id = "picoxx.transport";
    static constexpr std::uint32_t interface_version = 2;

    Transport() = default;
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;
    virtual ~Transport() = default;

    /// Starts to connect and returns without waiting; the session is then `connecting`. It keeps no reference to
    /// `options`. A session may outlive nothing but its transport.
    virtual Result<std::unique_ptr<Session>> open(const ConnectOptions& options) noexcept = 0;
};

}  // namespace picoxx
