#pragma once

#include "pg_statements.hpp"
#include "query_rewriter.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace picoxx::devcluster {

/// The two tuples of a duplicate key, as the storage prints them: `[1, 1934, "a"]`.
struct DuplicateTuples {
    std::string old_tuple;
    std::string new_tuple;
};

/// Finds the first row of a refused INSERT whose key is taken, in the chosen replicaset if one is chosen; none if that
/// cannot be told.
[[nodiscard]] std::optional<DuplicateTuples> find_duplicate(PgStatements& postgres, const RewrittenQuery& query,
                                                            const std::vector<std::uint32_t>& types,
                                                            std::span<const std::optional<std::string>> values);

}  // namespace picoxx::devcluster
