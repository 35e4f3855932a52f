#pragma once

#include <picoxx/port/transport.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace picoxx::testing {

class SupervisedScript;

/// A private PostgreSQL on a free port of the loopback interface, TLS on, its data under /tmp. It ends with this
/// object, and also when the process dies, however it dies.
///
/// Users, each with the password `T0psecret`: `trusted`, `by_md5`, `by_scram`, and `by_tls`, who may not come without
/// TLS.
class PlainPostgres {
public:
    PlainPostgres();
    ~PlainPostgres();
    PlainPostgres(const PlainPostgres&) = delete;
    PlainPostgres& operator=(const PlainPostgres&) = delete;

    /// One for the whole program.
    static PlainPostgres& shared();

    /// How to reach it, without TLS.
    [[nodiscard]] ConnectOptions options(const std::string& user = "trusted") const;
    /// A connected session. Fails the test and gives null where none came about.
    [[nodiscard]] std::unique_ptr<Session> connect() const;
    [[nodiscard]] std::unique_ptr<Session> connect(const ConnectOptions& options) const;

    /// The certificate authority of its certificate, which names `localhost`.
    [[nodiscard]] std::string root_certificate() const;

private:
    [[nodiscard]] bool start();

    std::uint16_t port_ = 0;
    std::unique_ptr<SupervisedScript> script_;
};

/// A port of the loopback interface on which nobody listens.
[[nodiscard]] std::uint16_t free_port();

}  // namespace picoxx::testing
