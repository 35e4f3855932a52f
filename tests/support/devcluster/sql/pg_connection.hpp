#pragma once

#include "catalog.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct pg_conn;
struct pg_result;

namespace picoxx::devcluster {

/// What the private PostgreSQL said when it refused a statement.
struct PgFailure {
    std::string sqlstate;
    std::string message;
    std::string detail;
    std::string table;
    std::string column;
    std::string constraint;
    std::size_t position = 0;  ///< 1-based, in characters; 0 = none
};

struct PgResultDeleter {
    void operator()(pg_result* result) const noexcept;
};

/// One answer of the private PostgreSQL.
class PgResult {
public:
    explicit PgResult(pg_result* result) noexcept : result_{result} {}

    [[nodiscard]] bool ok() const noexcept;
    /// @pre !ok()
    [[nodiscard]] PgFailure failure() const;
    [[nodiscard]] std::size_t row_count() const noexcept;
    [[nodiscard]] std::size_t column_count() const noexcept;
    [[nodiscard]] std::string_view column_name(std::size_t column) const noexcept;
    [[nodiscard]] std::uint32_t column_oid(std::size_t column) const noexcept;
    [[nodiscard]] std::size_t parameter_count() const noexcept;
    [[nodiscard]] std::uint32_t parameter_oid(std::size_t parameter) const noexcept;
    [[nodiscard]] std::optional<std::string> value(std::size_t row, std::size_t column) const;
    [[nodiscard]] std::string affected() const;

private:
    std::unique_ptr<pg_result, PgResultDeleter> result_;
};

/// A blocking connection to the private PostgreSQL. One thread at a time.
class PgConnection {
public:
    /// @throw std::runtime_error if it cannot connect.
    explicit PgConnection(const PostgresAddress& address);
    ~PgConnection();
    PgConnection(PgConnection&& other) noexcept;
    PgConnection& operator=(PgConnection&&) = delete;

    /// One statement or, without parameters, several.
    [[nodiscard]] PgResult run(const std::string& sql);
    [[nodiscard]] PgResult run(const std::string& sql, std::span<const std::optional<std::string>> parameters);
    [[nodiscard]] PgResult prepare(const std::string& name, const std::string& sql,
                                   std::span<const std::uint32_t> types);
    [[nodiscard]] PgResult describe(const std::string& name);
    [[nodiscard]] PgResult execute(const std::string& name, std::span<const std::optional<std::string>> parameters);

private:
    pg_conn* connection_;
};

/// "name" with PostgreSQL's quoting.
[[nodiscard]] std::string quote_name(std::string_view name);
/// 'text' with PostgreSQL's quoting (standard_conforming_strings on).
[[nodiscard]] std::string quote_text(std::string_view text);

}  // namespace picoxx::devcluster
