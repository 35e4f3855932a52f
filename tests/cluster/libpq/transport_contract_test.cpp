#include "listener.hpp"

#include <picoxx/libpq/libpq_transport.hpp>
#include <picoxx/testing/plain_postgres.hpp>
#include <picoxx/testing/transport_contract.hpp>

namespace picoxx::testing {
namespace {

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
                    static const Listener silence;
                    return at_port(silence.port(), mode);
                }};
}

INSTANTIATE_TEST_SUITE_P(Libpq, TransportContract,
                         ::testing::Values(over("plain", TlsMode::disable), over("allow", TlsMode::allow),
                                           over("prefer", TlsMode::prefer), over("tls", TlsMode::require)),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace picoxx::testing
