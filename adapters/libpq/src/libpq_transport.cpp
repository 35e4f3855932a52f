#include "connect_failure.hpp"
#include "connect_parameters.hpp"
#include "libpq_session.hpp"

#include <picoxx/libpq/libpq_transport.hpp>

#include <new>
#include <string>
#include <utility>

namespace picoxx {
namespace {

Result<std::unique_ptr<Session>> start(const ConnectOptions& options) {
    auto parameters = libpq::connect_parameters(options);
    if (!parameters.ok()) return parameters.error();
    libpq::ConnectionHandle connection{PQconnectStart(libpq::connection_string(*parameters).c_str())};
    if (!connection) throw std::bad_alloc{};

    std::string node = to_string(options.endpoint);
    const auto server_options = options.server_options.empty() ? libpq::ServerOptions::absent
                                                               : libpq::ServerOptions::sent;
    if (PQstatus(connection.get()) == CONNECTION_BAD) {
        return libpq::start_failure(PQerrorMessage(connection.get()), std::move(node), server_options);
    }
    return std::unique_ptr<Session>{
        std::make_unique<libpq::LibpqSession>(std::move(connection), std::move(node), server_options)};
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
