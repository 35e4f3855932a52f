#include <picoxx/testing/fake_transport.hpp>
#include <picoxx/testing/transport_contract.hpp>

namespace picoxx::testing {
namespace {

// Nodes that are reached, refuse the login, and say nothing; where there is none nobody listens.
std::shared_ptr<Transport> transport_of_three() {
    auto transport = std::make_shared<FakeTransport>();
    transport->node({"127.0.0.1", 1001});
    transport->node({"127.0.0.1", 1002}).refuse(make_error(Errc::authentication_failed, "login refused"));
    transport->node({"127.0.0.1", 1003}).hang_logins();
    return transport;
}

ConnectOptions to(std::uint16_t port) {
    ConnectOptions options;
    options.endpoint = {"127.0.0.1", port};
    options.address = "127.0.0.1";
    options.password = "Wr0ng";
    return options;
}

// [mine]
INSTANTIATE_TEST_SUITE_P(fake, TransportContract,
                         ::testing::Values(TransportContractParam{.name = "fake",
                                                                  .make = &transport_of_three,
                                                                  .reachable = [] { return to(1001); },
                                                                  .nobody_listens = [] { return to(1); },
                                                                  .wrong_password = [] { return to(1002); },
                                                                  .silent = [] { return to(1003); }}),
                         [](const auto& tested) { return tested.param.name; });
// [mine]

}  // namespace
}  // namespace picoxx::testing
