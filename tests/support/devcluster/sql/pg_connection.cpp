#include "pg_connection.hpp"

#include <libpq-fe.h>

#include <array>
#include <charconv>
#include <list>
#include <stdexcept>
#include <utility>

namespace picoxx::devcluster {
namespace {

std::string field(const PGresult* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text != nullptr ? text : "";
}

/// PostgreSQL keeps no NUL in a text, Picodata does: it is kept as U+FDD0, which Unicode leaves to programs' own use.
constexpr std::string_view kept_nul = "\xEF\xB7\x90";

std::string with_nuls_kept(const std::string& value) {
    std::string kept;
    for (const char c : value) {
        if (c == '\0') {
            kept += kept_nul;
        } else {
            kept += c;
        }
    }
    return kept;
}

std::string with_nuls_back(std::string value) {
    for (auto at = value.find(kept_nul); at != std::string::npos; at = value.find(kept_nul, at + 1)) {
        value.replace(at, kept_nul.size(), 1, '\0');
    }
    return value;
}

/// The values as libpq wants them.
class ParameterPointers {
public:
    explicit ParameterPointers(std::span<const std::optional<std::string>> values) {
        pointers_.reserve(values.size());
        for (const auto& value : values) {
            if (value && value->find('\0') != std::string::npos) {
                pointers_.push_back(rewritten_.emplace_back(with_nuls_kept(*value)).c_str());
            } else {
                pointers_.push_back(value ? value->c_str() : nullptr);
            }
        }
    }
    [[nodiscard]] int count() const noexcept { return static_cast<int>(pointers_.size()); }
    [[nodiscard]] const char* const* data() const noexcept { return pointers_.data(); }

private:
    std::vector<const char*> pointers_;
    std::list<std::string> rewritten_;
};

std::string quoted(std::string_view text, char quote) {
    std::string out(1, quote);
    for (const char c : text) {
        if (c == quote) {
            out.push_back(quote);
        }
        out.push_back(c);
    }
    out.push_back(quote);
    return out;
}

}  // namespace

void PgResultDeleter::operator()(pg_result* result) const noexcept { PQclear(result); }

bool PgResult::ok() const noexcept {
    const auto status = PQresultStatus(result_.get());
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

PgFailure PgResult::failure() const {
    PgFailure failure{field(result_.get(), PG_DIAG_SQLSTATE),
                      field(result_.get(), PG_DIAG_MESSAGE_PRIMARY),
                      field(result_.get(), PG_DIAG_MESSAGE_DETAIL),
                      field(result_.get(), PG_DIAG_TABLE_NAME),
                      field(result_.get(), PG_DIAG_COLUMN_NAME),
                      field(result_.get(), PG_DIAG_CONSTRAINT_NAME),
                      0};
    if (failure.message.empty()) {
        failure.message = PQresultErrorMessage(result_.get());
    }
    const auto position = field(result_.get(), PG_DIAG_STATEMENT_POSITION);
    std::from_chars(position.data(), position.data() + position.size(), failure.position);
    return failure;
}

std::size_t PgResult::row_count() const noexcept { return static_cast<std::size_t>(PQntuples(result_.get())); }

std::size_t PgResult::column_count() const noexcept { return static_cast<std::size_t>(PQnfields(result_.get())); }

std::string_view PgResult::column_name(std::size_t column) const noexcept {
    return PQfname(result_.get(), static_cast<int>(column));
}

std::uint32_t PgResult::column_oid(std::size_t column) const noexcept {
    return PQftype(result_.get(), static_cast<int>(column));
}

std::size_t PgResult::parameter_count() const noexcept { return static_cast<std::size_t>(PQnparams(result_.get())); }

std::uint32_t PgResult::parameter_oid(std::size_t parameter) const noexcept {
    return PQparamtype(result_.get(), static_cast<int>(parameter));
}

std::optional<std::string> PgResult::value(std::size_t row, std::size_t column) const {
    const auto r = static_cast<int>(row);
    const auto c = static_cast<int>(column);
    if (PQgetisnull(result_.get(), r, c) != 0) {
        return std::nullopt;
    }
    return with_nuls_back(
        {PQgetvalue(result_.get(), r, c), static_cast<std::size_t>(PQgetlength(result_.get(), r, c))});
}

std::string PgResult::affected() const { return PQcmdTuples(result_.get()); }

PgConnection::PgConnection(const PostgresAddress& address) : connection_{nullptr} {
    const auto port = std::to_string(address.port);
    // search_path: our functions of the same name and argument types win over PostgreSQL's.
    static constexpr const char* options =
        "-c search_path=public,picoxx,pg_catalog -c lc_messages=C -c timezone=UTC -c datestyle=ISO,MDY -c "
        "client_min_messages=error "
        "-c extra_float_digits=1 -c standard_conforming_strings=on";
    const std::array<const char*, 11> keys{
        "host",    "port",       "user",     "dbname",           "options", "client_encoding",
        "sslmode", "gssencmode", "passfile", "application_name", nullptr};
    const std::array<const char*, 11> values{address.socket_directory.c_str(),
                                             port.c_str(),
                                             address.user.c_str(),
                                             address.database.c_str(),
                                             options,
                                             "UTF8",
                                             "disable",
                                             "disable",
                                             "/dev/null/none",
                                             "picoxx-devcluster",
                                             nullptr};
    connection_ = PQconnectdbParams(keys.data(), values.data(), 0);
    if (PQstatus(connection_) != CONNECTION_OK) {
        std::string text = "private PostgreSQL: ";
        text += PQerrorMessage(connection_);
        PQfinish(connection_);
        throw std::runtime_error{text};
    }
    PQsetNoticeProcessor(
        connection_, [](void*, const char*) {}, nullptr);
}

PgConnection::~PgConnection() { PQfinish(connection_); }

PgConnection::PgConnection(PgConnection&& other) noexcept : connection_{std::exchange(other.connection_, nullptr)} {}

PgResult PgConnection::run(const std::string& sql) { return PgResult{PQexec(connection_, sql.c_str())}; }

PgResult PgConnection::run(const std::string& sql, std::span<const std::optional<std::string>> parameters) {
    const ParameterPointers values{parameters};
    return PgResult{
        PQexecParams(connection_, sql.c_str(), values.count(), nullptr, values.data(), nullptr, nullptr, 0)};
}

PgResult PgConnection::prepare(const std::string& name, const std::string& sql, std::span<const std::uint32_t> types) {
    const std::vector<Oid> oids(types.begin(), types.end());
    return PgResult{PQprepare(connection_, name.c_str(), sql.c_str(), static_cast<int>(oids.size()), oids.data())};
}

PgResult PgConnection::describe(const std::string& name) {
    return PgResult{PQdescribePrepared(connection_, name.c_str())};
}

PgResult PgConnection::execute(const std::string& name, std::span<const std::optional<std::string>> parameters) {
    const ParameterPointers values{parameters};
    return PgResult{PQexecPrepared(connection_, name.c_str(), values.count(), values.data(), nullptr, nullptr, 0)};
}

std::string quote_name(std::string_view name) { return quoted(name, '"'); }

std::string quote_text(std::string_view text) { return quoted(text, '\''); }

}  // namespace picoxx::devcluster
