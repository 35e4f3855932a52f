#pragma once

#include "query_rewriter.hpp"
#include "sql_engine.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace picoxx::devcluster {

/// Number of the parameter a token is; none if it is no parameter.
[[nodiscard]] std::optional<std::size_t> parameter_number(const RewrittenQuery& query, std::size_t token_index);

/// Tier and sharding-key parameters of a statement: {parameter, type} for each key column of a single-row INSERT whose
/// key columns are bare parameters, else none.
[[nodiscard]] StatementMetadata metadata_of(const RewrittenQuery& query, std::span<const std::uint32_t> declared_oids);

}  // namespace picoxx::devcluster
