#include "command_messages.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace picoxx::libpq {
namespace {

Error wrong(std::string text) { return make_error(Errc::invalid_argument, std::move(text)); }

bool holds_nul(CStringView text) noexcept { return !text.empty() && text.view().find('\0') != std::string_view::npos; }

bool send_close(PGconn* connection, CStringView statement) {
#ifdef LIBPQ_HAS_CLOSE_PREPARED
    return PQsendClosePrepared(connection, statement.c_str()) != 0;
#else
    std::string sql = "DEALLOCATE \"";
    for (const char c : statement.view()) {
        if (c == '"') sql += '"';
        sql += c;
    }
    sql += '"';
    return PQsendQueryParams(connection, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) != 0;
#endif
}

}  // namespace

Status bind(const Command& command, BoundParameters& parameters) {
    if (command.row_limit != 0) return make_error(Errc::unsupported, "libpq has no row limit: stream the rows instead");
    if (command.kind == Command::Kind::close_statement && command.statement.empty()) {
        return wrong("a statement without a name cannot be closed");
    }
    // libpq would send what stands in front of it.
    if (holds_nul(command.statement) || holds_nul(command.sql)) return wrong("the statement holds a NUL byte");
    constexpr std::size_t bytes_of_headers = 64;
    const std::size_t bytes = bytes_of_headers + command.statement.size() + command.sql.size();
    return command.kind == Command::Kind::execute ? parameters.bind(command.parameters, bytes)
                                                  : parameters.bind_types(command.parameters, bytes);
}

bool send_messages(PGconn* connection, const Command& command, const BoundParameters& parameters) {
    if (command.kind == Command::Kind::close_statement) return send_close(connection, command.statement);

    const int format = static_cast<int>(command.result_format);
    if (command.kind == Command::Kind::prepare) {
        const bool describe = command.describe == Command::Describe::yes;
        return PQsendPrepare(connection, command.statement.c_str(), command.sql.c_str(), parameters.count(),
                             parameters.types()) != 0 &&
               (!describe || PQsendDescribePrepared(connection, command.statement.c_str()) != 0);
    }
    if (!command.sql.empty()) {
        return PQsendQueryParams(connection, command.sql.c_str(), parameters.count(), parameters.types(),
                                 parameters.values(), parameters.lengths(), parameters.formats(), format) != 0;
    }
    return PQsendQueryPrepared(connection, command.statement.c_str(), parameters.count(), parameters.values(),
                               parameters.lengths(), parameters.formats(), format) != 0;
}

bool send_sync(PGconn* connection) noexcept {
#ifdef LIBPQ_HAS_SEND_PIPELINE_SYNC
    return PQsendPipelineSync(connection) != 0;
#else
    return PQpipelineSync(connection) != 0;
#endif
}

}  // namespace picoxx::libpq
