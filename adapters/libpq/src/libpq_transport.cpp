#include "connect_failure.hpp"
#include "connect_parameters.hpp"
#include "libpq_session.hpp"

#include <picoxx/libpq/libpq_transport.hpp>

#include <new>
#include <string>
#include <utility>

namespace picoxx {
namespace {

Result<std::string> connection_string(ConnectOptions options, TlsMode mode) {
    options.tls.mode = mode;
    auto parameters = libpq::connect_parameters(options);
    if (!parameters.ok()) return parameters.error();
    return libpq::connection_string(*parameters);
}

Result<std::unique_ptr<Session>> start(const ConnectOptions& options) {
    // libpq's own `allow` tries again with TLS after a wrong password, too, which counts against the account.
    const bool allow = options.tls.mode == TlsMode::allow;
    Result<std::string> first = connection_string(options, allow ? TlsMode::disable : options.tls.mode);
    if (!first.ok()) return std::move(first).error();
    Result<std::string> with_tls{std::string{}};
    if (allow) with_tls = connection_string(options, TlsMode::require);
    if (!with_tls.ok()) return std::move(with_tls).error();
    libpq::ConnectionHandle connection{PQconnectStart(first->c_str())};
    if (!connection) throw std::bad_alloc{};

    std::string node = to_string(options.endpoint);
    const auto server_options = options.server_options.empty() ? libpq::ServerOptions::absent
                                                               : libpq::ServerOptions::sent;
    if (PQstatus(connection.get()) == CONNECTION_BAD) {
        return libpq::start_failure(PQerrorMessage(connection.get()), std::move(node), server_options);
    }
    return std::unique_ptr<Session>{std::make_unique<libpq::LibpqSession>(std::move(connection), std::move(node),
                                                                          server_options, *std::move(with_tls))};
}

}  // namespace

Result<std::unique_ptr<Session>> LibpqTransport::open(const ConnectOptions& options) noexcept {
    try {
        return start(options);
    } catch (const std::bad_alloc&) {
        Error error;
        error.code = Errc::out_of_memory;
        return error;
    }
}

std::shared_ptr<Transport> libpq_transport() { return std::make_shared<LibpqTransport>(); }

}  // namespace picoxx
