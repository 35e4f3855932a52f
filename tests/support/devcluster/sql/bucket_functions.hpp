#pragma once

#include "table_registry.hpp"

#include <string>
#include <string_view>

namespace picoxx::devcluster {

/// The server's bucket arithmetic as functions of the private PostgreSQL: `picoxx.packed(value)` of every key type and
/// `picoxx.bucket(packed, count)`; and what lets a session write to one replicaset only: `picoxx.chosen_replicaset`, a
/// setting, and `picoxx.is_chosen(tier, bucket)`, true for every bucket while the setting is empty.
[[nodiscard]] std::string_view bucket_function_statements();

/// Gives a sharded table its hidden column: the function `bucket_id(row)`, which PostgreSQL also lets one write as
/// `row.bucket_id` and does not show in `SELECT *`. An INSERT leaves out the rows of replicasets that are not chosen.
/// @pre table.sharded(); the table exists.
[[nodiscard]] std::string hidden_bucket_statements(const TableInfo& table);

/// The bucket of a key whose columns' values are these SQL expressions, in the key's order.
[[nodiscard]] std::string bucket_expression(const TableInfo& table, const std::vector<std::string>& values);

}  // namespace picoxx::devcluster
