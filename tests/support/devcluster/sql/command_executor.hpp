#pragma once

#include "catalog.hpp"
#include "commands.hpp"
#include "sql_engine.hpp"
#include "sql_result.hpp"

#include <optional>
#include <string>

namespace picoxx::devcluster {

/// Carries out what is no query: DDL, users and grants, ALTER SYSTEM, CALL.
/// @return the command tag. Errors: as Picodata words them.
[[nodiscard]] SqlResult<std::string> execute_command(Catalog& catalog, const std::string& user,
                                                     const ParsedCommand& parsed);

}  // namespace picoxx::devcluster
