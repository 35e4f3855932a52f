#pragma once

#include "pg_connection.hpp"
#include "query_rewriter.hpp"
#include "sql_result.hpp"

#include <string>
#include <string_view>

namespace picoxx::devcluster {

/// XX000, which Picodata answers for almost everything.
[[nodiscard]] SqlError plain_error(std::string message);

/// `box error: AccessDenied: Read access to space 'T' is denied for user 'U'`; `action` is "Read access to space".
[[nodiscard]] SqlError access_denied(std::string_view action, std::string_view object, std::string_view user);

/// As an error comes back that arose on a storage: the message inside vshard's JSON.
[[nodiscard]] SqlError storage_error(std::string_view message, std::string_view replicaset_uuid);

/// What Picodata says where the private PostgreSQL refused a query, while it was planned.
[[nodiscard]] SqlError planning_error(const PgFailure& failure, const RewrittenQuery& query);
/// The same while it was executed; `replicaset_uuid` stands for the storage that failed.
[[nodiscard]] SqlError execution_error(const PgFailure& failure, const RewrittenQuery& query,
                                       std::string_view replicaset_uuid);

}  // namespace picoxx::devcluster
