#pragma once

#include "table_registry.hpp"

#include <string>
#include <vector>

namespace picoxx::devcluster {

/// The system tables as the planner sees them.
[[nodiscard]] std::vector<TableInfo> system_tables();

/// CREATE TABLE for the private PostgreSQL.
[[nodiscard]] std::string create_statement(const TableInfo& table);

/// Schema picoxx: the functions Picodata has and PostgreSQL lacks, and the tables behind them.
[[nodiscard]] std::string function_statements();

/// What `SELECT version()` answers.
[[nodiscard]] const std::string& server_version();

}  // namespace picoxx::devcluster
