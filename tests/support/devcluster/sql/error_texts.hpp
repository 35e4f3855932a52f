#pragma once

#include "duplicate_tuples.hpp"
#include "pg_connection.hpp"
#include "query_rewriter.hpp"
#include "sql_result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace picoxx::devcluster {

/// XX000, which Picodata answers for almost everything.
[[nodiscard]] SqlError plain_error(std::string message);

/// `box error: AccessDenied: Read access to space 'T' is denied for user 'U'`; `action` is "Read access to space".
[[nodiscard]] SqlError access_denied(std::string_view action, std::string_view object, std::string_view user);

/// Where an error arose: none = on the node that got the statement, which owns all its rows; else the uuid of the
/// replicaset it came from (empty for a global table, which has none).
using ErrorOrigin = std::optional<std::string>;

/// As an error comes back from a replicaset: the message inside vshard's JSON.
[[nodiscard]] SqlError replicaset_error(std::string_view message, std::string_view replicaset_uuid);
/// As one comes back that arose there while a statement was executed.
[[nodiscard]] SqlError storage_error(std::string_view message, std::string_view replicaset_uuid);
/// As it is if it arose here, else storage_error().
[[nodiscard]] SqlError placed_error(std::string_view message, const ErrorOrigin& origin);

/// What a node answers a write that took it for the master.
[[nodiscard]] SqlError read_only_error(const ErrorOrigin& origin);

/// An expression whose type does not fit the column of an INSERT; `position` is 1-based.
[[nodiscard]] SqlError insert_type_error(std::size_t position, SqlType column, std::string_view given);

/// What Picodata says where the private PostgreSQL refused a query, while it was planned.
/// `declared_types`: of the parameters, 0 = not declared.
[[nodiscard]] SqlError planning_error(const PgFailure& failure, const RewrittenQuery& query,
                                      std::span<const std::uint32_t> declared_types);

/// What an error text tells besides PostgreSQL's words.
struct StorageFailure {
    ErrorOrigin origin;
    std::optional<DuplicateTuples> duplicates;  ///< of a duplicate key
};
/// The same while it was executed.
[[nodiscard]] SqlError execution_error(const PgFailure& failure, const RewrittenQuery& query,
                                       const StorageFailure& storage);

}  // namespace picoxx::devcluster
