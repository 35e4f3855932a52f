#include <picoxx/libpq/libpq_transport.hpp>

#include <new>
#include <string>
#include <utility>

#include "connect_failure.hpp"
#include "connect_parameters.hpp"
#include "libpq_handles.hpp"
#include "libpq_session.hpp"

namespace picoxx {

Result<std::unique_ptr<Session>> LibpqTransport::open(const ConnectOptions& options) noexcept {
    using namespace libpq;
    try {
        Result<ConnectParameters> parameters = connect_parameters(options);
        if (!parameters.ok()) return std::move(parameters).error();
        const ServerOptions server_options = options.server_options.empty() ? ServerOptions::absent : ServerOptions::sent;
        ConnectionHandle connection{PQconnectStart(connection_string(*parameters).c_str())};
        if (connection == nullptr) return make_error(Errc::out_of_memory, "libpq could not allocate a connection");
        std::string node = to_string(options.endpoint);
        if (PQstatus(connection.get()) == CONNECTION_BAD) {
            return connect_failure(PQerrorMessage(connection.get()), std::move(node), server_options);
        }
        return std::unique_ptr<Session>{std::make_unique<LibpqSession>(std::move(connection), std::move(node), server_options)};
    } catch (const std::bad_alloc&) {
        Error error;
        error.code = Errc::out_of_memory;
        return error;
    }
}

std::shared_ptr<Transport> libpq_transport() { return std::make_shared<LibpqTransport>(); }

}  // namespace picoxx
