#pragma once

#include <picoxx/port/transport.hpp>

#include <memory>

namespace picoxx {

/// The transport over libpq, version 14 or newer.
///
/// A libpq parameter that has no place in ConnectOptions may stand in `ConnectOptions::extra`. Refused with
/// `invalid_argument`, naming them: names this libpq does not know, and those that ConnectOptions or the driver itself
/// decides.
///
/// With `Environment::ignored` every parameter of libpq is given explicitly, so neither PG* variables nor
/// `~/.postgresql` and `~/.pgpass` act. libpq leaves no way to switch off three variables that go into the start-up
/// message (PGTZ, PGDATESTYLE, PGGEQO; Picodata ignores them all), nor PGSERVICE: a service that is defined changes
/// nothing, one that is not refuses the connection.
///
/// A server's error has Effect::unknown: libpq does not show at which step it arose, so the caller decides by code and
/// text. A wrong password costs one login attempt, whatever the TlsMode. A row limit is `unsupported`. TLS needs no
/// set-up: libpq initialises OpenSSL.
class LibpqTransport final : public Transport {
public:
    Result<std::unique_ptr<Session>> open(const ConnectOptions& options) noexcept override;
};

/// Never null.
[[nodiscard]] std::shared_ptr<Transport> libpq_transport();

}  // namespace picoxx
