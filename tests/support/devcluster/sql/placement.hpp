#pragma once

#include "pg_statements.hpp"
#include "query_rewriter.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace picoxx::devcluster {

/// A replicaset that holds buckets a statement is about.
struct Storage {
    std::string name;
    std::string uuid;
    std::string master;  ///< name of the instance
};

/// Where a statement over a sharded table goes.
struct Placement {
    std::vector<Storage> storages;                      ///< by name
    std::optional<std::vector<std::uint64_t>> buckets;  ///< ascending; none = all

    /// Whether `instance` answers alone: it is the master of the only replicaset.
    [[nodiscard]] bool is_here(const std::string& instance) const {
        return storages.size() == 1 && storages.front().master == instance;
    }
};

/// The sharded table that decides where a statement goes: what it writes, else the first it reads; none = no such
/// table.
[[nodiscard]] const TableInfo* placed_table(const RewrittenQuery& query);

/// Asks PostgreSQL for the buckets of the rows an INSERT has or of the key a condition names. What the text does not
/// tell goes to all replicasets of the table's tier. @pre placed_table(query) != nullptr
[[nodiscard]] Placement placement_of(PgStatements& postgres, const RewrittenQuery& query,
                                     const std::vector<std::uint32_t>& types,
                                     std::span<const std::optional<std::string>> values);

}  // namespace picoxx::devcluster
