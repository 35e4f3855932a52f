#include <picoxx/libpq/libpq_transport.hpp>
#include <picoxx/testing/plain_postgres.hpp>
#include <picoxx/testing/transport_contract.hpp>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace picoxx::testing {
namespace {

// A listening socket that nobody accepts from: the system takes the connection, and no answer comes.
class Silence {
public:
    Silence() : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(socket_, 16), 0);
        EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
        port_ = ntohs(address.sin_port);
    }
    ~Silence() { ::close(socket_); }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

private:
    int socket_;
    std::uint16_t port_ = 0;
};

ConnectOptions trusted(TlsMode mode) {
    ConnectOptions options = PlainPostgres::shared().options();
    options.tls.mode = mode;
    return options;
}
ConnectOptions at_port(std::uint16_t port, TlsMode mode) {
    ConnectOptions options = trusted(mode);
    options.endpoint.port = port;
    return options;
}
ConnectOptions wrong_password(TlsMode mode) {
    ConnectOptions options = PlainPostgres::shared().options("by_scram");
    options.password = "Wr0ng";
    options.tls.mode = mode;
    return options;
}

TransportContractParam over(std::string name, TlsMode mode) {
    return {.name = std::move(name),
            .make = &libpq_transport,
            .reachable = [mode] { return trusted(mode); },
            .nobody_listens = [mode] { return at_port(free_port(), mode); },
            .wrong_password = [mode] { return wrong_password(mode); },
            .silent =
                [mode] {
                    static const Silence silence;
                    return at_port(silence.port(), mode);
                }};
}

INSTANTIATE_TEST_SUITE_P(Libpq, TransportContract,
                         ::testing::Values(over("plain", TlsMode::disable), over("allow", TlsMode::allow),
                                           over("prefer", TlsMode::prefer), over("tls", TlsMode::require)),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace picoxx::testing
