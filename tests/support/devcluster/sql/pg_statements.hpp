#pragma once

#include "pg_connection.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace picoxx::devcluster {

struct PgColumn {
    std::string name;
    std::uint32_t oid = 0;
};

/// What PostgreSQL makes of a statement: either its parameters' and columns' types or its refusal.
struct PgDescription {
    std::vector<std::uint32_t> parameter_oids;
    std::vector<PgColumn> columns;
    std::optional<PgFailure> failure;

    [[nodiscard]] bool ok() const noexcept { return !failure; }
};

enum class ResultColumns { none, some };

/// The statements a session keeps prepared in the private PostgreSQL, by text and parameter types; the least recently
/// used one goes when there are too many. One thread at a time.
class PgStatements {
public:
    explicit PgStatements(PgConnection& connection) : connection_{connection} {}

    /// @param columns whether the statement returns rows.
    [[nodiscard]] PgDescription describe(const std::string& sql, const std::vector<std::uint32_t>& types,
                                         ResultColumns columns);
    [[nodiscard]] PgResult execute(const std::string& sql, const std::vector<std::uint32_t>& types,
                                   std::span<const std::optional<std::string>> values);

private:
    struct Entry {
        std::string key;
        std::string name;
    };
    /// Prepares unless it is; none on success.
    [[nodiscard]] std::optional<PgResult> ensure(const std::string& sql, const std::vector<std::uint32_t>& types);
    void forget(std::list<Entry>::iterator entry);
    [[nodiscard]] PgResult describe_shortly(const std::string& sql, const std::vector<std::uint32_t>& types);
    /// For so many parameters that libpq does not take their description.
    [[nodiscard]] PgDescription describe_by_queries(const std::string& sql, const std::vector<std::uint32_t>& types,
                                                    ResultColumns columns);

    static constexpr std::size_t most = 64;
    PgConnection& connection_;
    std::list<Entry> entries_;  ///< most recently used first
    std::unordered_map<std::string, std::list<Entry>::iterator> by_key_;
    std::size_t serial_ = 0;
};

}  // namespace picoxx::devcluster
