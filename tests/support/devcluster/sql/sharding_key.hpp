#pragma once

#include "query_rewriter.hpp"

#include <optional>
#include <vector>

namespace picoxx::devcluster {

/// The condition behind the WHERE of a statement's top level; empty, and at the end of the statement, if it has none.
[[nodiscard]] TokenRange condition_of(const RewrittenQuery& query);

/// For each column of the sharding key, in its order, the values a statement restricts it to: one for `key = value`,
/// several for `key IN (...)`.
using KeyValues = std::vector<std::vector<TokenRange>>;

/// What the condition of a SELECT, UPDATE or DELETE says of the sharding key of its only table; none if it leaves a
/// column open, so that the rows may be in any bucket.
[[nodiscard]] std::optional<KeyValues> key_values(const RewrittenQuery& query);

}  // namespace picoxx::devcluster
