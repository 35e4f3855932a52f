#pragma once

#include "commands.hpp"
#include "query_rewriter.hpp"
#include "sql_engine.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace picoxx::devcluster {

/// What the engine keeps of a parsed statement: either a query for PostgreSQL or a command of its own.
struct StatementPlan {
    std::optional<RewrittenQuery> query;
    std::optional<ParsedCommand> command;
    std::vector<std::uint32_t> postgres_types;  ///< of the parameters, 0 = PostgreSQL infers
};

}  // namespace picoxx::devcluster
