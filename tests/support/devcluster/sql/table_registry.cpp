#include "table_registry.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace picoxx::devcluster {

const ColumnDefinition* TableInfo::column(std::string_view column_name) const noexcept {
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const auto& c) { return c.name == column_name; });
    return found == columns.end() ? nullptr : &*found;
}

std::size_t TableInfo::bucket_position() const noexcept {
    std::size_t leading = 0;
    while (leading < columns.size() &&
           std::find(primary_key.begin(), primary_key.end(), columns[leading].name) != primary_key.end()) {
        ++leading;
    }
    return leading;
}

std::size_t TableInfo::field_number(std::string_view column_name) const noexcept {
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const auto& c) { return c.name == column_name; });
    const auto index = static_cast<std::size_t>(found - columns.begin());
    return index + 1 + (sharded() && index >= bucket_position() ? 1U : 0U);
}

TablePointer TableRegistry::find(std::string_view name) const {
    const std::shared_lock lock{mutex_};
    const auto found = tables_.find(name);
    return found == tables_.end() ? nullptr : found->second;
}

TablePointer TableRegistry::find_by_index(std::string_view index) const {
    const std::shared_lock lock{mutex_};
    for (const auto& [name, table] : tables_) {
        if (std::any_of(table->indexes.begin(), table->indexes.end(), [&](const auto& i) { return i.name == index; })) {
            return table;
        }
    }
    return nullptr;
}

std::vector<TablePointer> TableRegistry::tables() const {
    const std::shared_lock lock{mutex_};
    std::vector<TablePointer> all;
    for (const auto& [name, table] : tables_) {
        all.push_back(table);
    }
    return all;
}

void TableRegistry::put(TableInfo table) {
    const std::unique_lock lock{mutex_};
    std::erase_if(tables_, [&](const auto& entry) { return entry.second->id == table.id; });
    auto name = table.name;
    tables_.insert_or_assign(std::move(name), std::make_shared<const TableInfo>(std::move(table)));
}

void TableRegistry::remove(std::string_view name) {
    const std::unique_lock lock{mutex_};
    if (const auto found = tables_.find(name); found != tables_.end()) {
        tables_.erase(found);
    }
}

std::uint64_t TableRegistry::next_table_id() {
    const std::unique_lock lock{mutex_};
    return table_id_++;
}

std::uint64_t TableRegistry::next_schema_version() {
    const std::unique_lock lock{mutex_};
    return ++schema_version_;
}

std::optional<ProcedureInfo> TableRegistry::find_procedure(std::string_view name) const {
    const std::shared_lock lock{mutex_};
    const auto found = procedures_.find(name);
    return found == procedures_.end() ? std::nullopt : std::optional{found->second};
}

void TableRegistry::put_procedure(ProcedureInfo procedure) {
    const std::unique_lock lock{mutex_};
    auto name = procedure.name;
    procedures_.insert_or_assign(std::move(name), std::move(procedure));
}

void TableRegistry::remove_procedure(std::string_view name) {
    const std::unique_lock lock{mutex_};
    if (const auto found = procedures_.find(name); found != procedures_.end()) {
        procedures_.erase(found);
    }
}

}  // namespace picoxx::devcluster
