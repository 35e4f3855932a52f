#include <picoxx/libpq/libpq_transport.hpp>
#include <picoxx/testing/plain_postgres.hpp>
#include <picoxx/testing/session_contract.hpp>

namespace picoxx::testing {
namespace {

class LibpqServer final : public SessionContractServer {
public:
    explicit LibpqServer(TlsMode mode) : mode_{mode} {}

    std::unique_ptr<Session> open() override {
        ConnectOptions options = PlainPostgres::shared().options();
        options.tls.mode = mode_;
        return std::move(*LibpqTransport{}.open(options));
    }
    [[nodiscard]] std::string unanswered() const override { return "SELECT pg_sleep(600)"; }

private:
    TlsMode mode_;
};

SessionContractParam over(std::string name, TlsMode mode) {
    return {std::move(name), [mode] { return std::make_shared<LibpqServer>(mode); }};
}

INSTANTIATE_TEST_SUITE_P(Libpq, SessionContract,
                         ::testing::Values(over("plain", TlsMode::disable), over("tls", TlsMode::require)),
                         [](const auto& server) { return server.param.name; });

}  // namespace
}  // namespace picoxx::testing
