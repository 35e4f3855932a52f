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

Status check(const Command& command) {
    if (command.row_limit != 0) return make_error(Errc::unsupported, "libpq has no row limit: stream the rows instead");
    if (command.kind == Command::Kind::close_statement && command.statement.empty()) {
        return wrong("a statement without a name cannot be closed");
    }
    // libpq would send what stands in front of it.
    if (holds_nul(command.statement) || holds_nul(command.sql)) return wrong("the statement holds a NUL byte");
    if (command.parameters.size() > BoundParameters::max_count) {
        return wrong(std::to_string(command.parameters.size()) + " parameters are more than the protocol's " +
                     std::to_string(BoundParameters::max_count));
    }
    if (command.kind != Command::Kind::execute) return {};
    for (std::size_t i = 0; i < command.parameters.size(); ++i) {
        if (const char* const why = why_refused(command.parameters[i])) {
            return wrong("parameter $" + std::to_string(i + 1) + " " + why);
        }
    }
    return {};
}

std::size_t size_of(const Command& command) noexcept {
    std::size_t size = 64 + command.statement.size() + command.sql.size();
    for (const Parameter& parameter : command.parameters) size += 8 + (parameter.value ? parameter.value->size() : 0);
    return size;
}

bool send_messages(PGconn* connection, const Command& command, BoundParameters& parameters) {
    if (command.kind == Command::Kind::close_statement) return send_close(connection, command.statement);

    parameters.bind(command.parameters);
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
