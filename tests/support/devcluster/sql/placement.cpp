#include "placement.hpp"

#include "bucket_functions.hpp"
#include "sharding_key.hpp"

#include <algorithm>
#include <cstdlib>

namespace picoxx::devcluster {
namespace {

std::string text_of(const RewrittenQuery& query, TokenRange range) {
    const auto& places = query.edited.places;
    const auto begin = places[range.begin].edited;
    return query.edited.text.substr(begin, places[range.end].edited - begin);
}

std::string of_type(const std::string& value, const TableInfo& table, const std::string& column) {
    return "(" + value + ")::" + std::string{postgres_name(table.column(column)->type)};
}

/// `SELECT bucket` of the rows of an INSERT.
std::string buckets_of_rows(const RewrittenQuery& query, const TableInfo& table) {
    const auto& insert = *query.insert;
    std::string columns;
    for (std::size_t i = 0; i < insert.columns.size(); ++i) {
        columns += (i == 0 ? "c" : ", c") + std::to_string(i);
    }
    std::vector<std::string> key;
    for (const auto& column : *table.sharding_key) {
        const auto place = std::find(insert.columns.begin(), insert.columns.end(), column);
        const auto value = place == insert.columns.end() ? std::string{"NULL"}
                                                         : "v.c" + std::to_string(place - insert.columns.begin());
        key.push_back(of_type(value, table, column));
    }
    return "SELECT DISTINCT " + bucket_expression(table, key) + " AS bucket FROM (" + text_of(query, insert.source) +
           ") AS v (" + columns + ")";
}

/// `SELECT bucket` of every combination of the key's values.
std::string buckets_of_key(const RewrittenQuery& query, const TableInfo& table, const KeyValues& values) {
    std::string sources;
    std::vector<std::string> key;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto alias = "k" + std::to_string(i);
        std::string rows;
        for (const auto value : values[i]) {
            rows += (rows.empty() ? "(" : ", (") + of_type(text_of(query, value), table, (*table.sharding_key)[i]) +
                    ")";
        }
        sources += (i == 0 ? "(VALUES " : ", (VALUES ") + rows + ") AS " + alias + " (v)";
        key.push_back(alias + ".v");
    }
    return "SELECT DISTINCT " + bucket_expression(table, key) + " AS bucket FROM " + sources;
}

std::optional<std::string> bucket_query(const RewrittenQuery& query, const TableInfo& table) {
    if (query.insert) {
        return buckets_of_rows(query, table);
    }
    const auto values = key_values(query);
    return values ? std::optional{buckets_of_key(query, table, *values)} : std::nullopt;
}

Storage storage_of(const PgResult& rows, std::size_t row) {
    return {rows.value(row, 0).value_or(""), rows.value(row, 1).value_or(""), rows.value(row, 2).value_or("")};
}

Placement everywhere(PgStatements& postgres, const TableInfo& table) {
    const std::vector<std::optional<std::string>> values{table.tier};
    const auto found = postgres.execute(
        "SELECT name, uuid, current_master_name FROM public._pico_replicaset WHERE uuid IN (SELECT replicaset_uuid "
        "FROM "
        "picoxx.bucket_range WHERE tier = $1) ORDER BY name",
        {oid::text}, values);
    Placement placement;
    for (std::size_t row = 0; found.ok() && row < found.row_count(); ++row) {
        placement.storages.push_back(storage_of(found, row));
    }
    return placement;
}

}  // namespace

const TableInfo* placed_table(const RewrittenQuery& query) {
    if (query.is_dml()) {
        return query.target().sharded() ? &query.target() : nullptr;
    }
    const auto found = std::find_if(query.tables.begin(), query.tables.end(),
                                    [](const TableUse& use) { return use.table->sharded(); });
    return found == query.tables.end() ? nullptr : found->table.get();
}

Placement placement_of(PgStatements& postgres, const RewrittenQuery& query, const std::vector<std::uint32_t>& types,
                       std::span<const std::optional<std::string>> values) {
    const auto& table = *placed_table(query);
    const auto buckets = bucket_query(query, table);
    if (!buckets) {
        return everywhere(postgres, table);
    }
    const auto found = postgres.execute(
        "SELECT r.name, r.uuid, r.current_master_name, b.bucket FROM (" + *buckets +
            ") AS b JOIN picoxx.bucket_range AS g ON g.tier = " + quote_text(table.tier) +
            " AND b.bucket BETWEEN g.first AND g.last JOIN public._pico_replicaset AS r ON r.uuid = g.replicaset_uuid "
            "ORDER BY r.name, b.bucket",
        types, values);
    if (!found.ok() || found.row_count() == 0) {
        return everywhere(postgres, table);
    }
    Placement placement;
    placement.buckets.emplace();
    for (std::size_t row = 0; row < found.row_count(); ++row) {
        placement.buckets->push_back(std::strtoull(found.value(row, 3).value_or("0").c_str(), nullptr, 10));
        auto storage = storage_of(found, row);
        if (placement.storages.empty() || placement.storages.back().name != storage.name) {
            placement.storages.push_back(std::move(storage));
        }
    }
    std::sort(placement.buckets->begin(), placement.buckets->end());
    return placement;
}

}  // namespace picoxx::devcluster
