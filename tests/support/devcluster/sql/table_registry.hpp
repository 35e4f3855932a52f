#pragma once

#include "commands.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::devcluster {

struct IndexInfo {
    std::string name;
    std::uint64_t id = 0;
    std::vector<std::string> columns;
    bool unique = false;
};

/// A table as the planner sees it. Immutable: a change makes a new one.
struct TableInfo {
    std::uint64_t id = 0;
    std::string name;
    std::vector<ColumnDefinition> columns;
    std::vector<std::string> primary_key;
    std::optional<std::vector<std::string>> sharding_key;  ///< none = global
    std::string tier;
    std::uint64_t bucket_count = 0;  ///< of the tier; 0 = global
    std::string engine = "memtx";
    std::string owner = "admin";
    std::uint64_t schema_version = 0;
    bool system = false;
    std::vector<IndexInfo> indexes;

    [[nodiscard]] bool sharded() const noexcept { return sharding_key.has_value(); }
    [[nodiscard]] const ColumnDefinition* column(std::string_view column_name) const noexcept;
    /// Field number of a column in a stored tuple, 1-based: sharded tables keep bucket_id behind the leading key
    /// columns.
    [[nodiscard]] std::size_t field_number(std::string_view column_name) const noexcept;
    /// Where bucket_id stands among the columns; columns.size() or less. @pre sharded()
    [[nodiscard]] std::size_t bucket_position() const noexcept;
};

using TablePointer = std::shared_ptr<const TableInfo>;

struct ProcedureInfo {
    std::string name;
    std::vector<SqlType> parameters;
    std::string body;
    std::string owner;
};

/// Tables, indexes and procedures by name. Thread safety: all functions; changes are made under the DDL lock.
class TableRegistry {
public:
    [[nodiscard]] TablePointer find(std::string_view name) const;
    /// The table that has the index.
    [[nodiscard]] TablePointer find_by_index(std::string_view index) const;
    [[nodiscard]] std::vector<TablePointer> tables() const;

    /// Adds or replaces; the id decides.
    void put(TableInfo table);
    void remove(std::string_view name);
    [[nodiscard]] std::uint64_t next_table_id();
    /// Grows with every committed DDL.
    [[nodiscard]] std::uint64_t next_schema_version();

    [[nodiscard]] std::optional<ProcedureInfo> find_procedure(std::string_view name) const;
    void put_procedure(ProcedureInfo procedure);
    void remove_procedure(std::string_view name);

private:
    mutable std::shared_mutex mutex_;
    std::map<std::string, TablePointer, std::less<>> tables_;
    std::map<std::string, ProcedureInfo, std::less<>> procedures_;
    std::uint64_t table_id_ = 1025;
    std::uint64_t schema_version_ = 1;
};

}  // namespace picoxx::devcluster
