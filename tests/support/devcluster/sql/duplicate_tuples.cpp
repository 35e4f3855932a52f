#include "duplicate_tuples.hpp"

#include <algorithm>

namespace picoxx::devcluster {
namespace {

/// Column `i` of the table: `c` + its place among the inserted ones, or NULL.
std::string new_value(const InsertShape& insert, const std::string& column) {
    const auto place = std::find(insert.columns.begin(), insert.columns.end(), column) - insert.columns.begin();
    return place == static_cast<std::ptrdiff_t>(insert.columns.size()) ? "NULL" : "v.c" + std::to_string(place);
}

std::string tuple_text(const TableInfo& table, const PgResult& row, std::size_t first, const std::string& bucket) {
    std::string text = "[";
    for (std::size_t i = 0; i <= table.columns.size(); ++i) {
        if (table.sharded() && i == table.bucket_position()) {
            text += (text.size() > 1 ? ", " : "") + bucket;
        }
        if (i < table.columns.size()) {
            text += (text.size() > 1 ? ", " : "") + row.value(0, first + i).value_or("null");
        }
    }
    return text + "]";
}

}  // namespace

std::optional<DuplicateTuples> find_duplicate(PgStatements& postgres, const RewrittenQuery& query,
                                              const std::vector<std::uint32_t>& types,
                                              std::span<const std::optional<std::string>> values) {
    if (!query.insert) {
        return std::nullopt;
    }
    const auto& insert = *query.insert;
    const auto& table = query.target();
    const auto& places = query.edited.places;
    const auto begin = places[insert.source.begin].edited;
    const auto source = query.edited.text.substr(begin, places[insert.source.end].edited - begin);
    std::string columns;
    for (std::size_t i = 0; i < insert.columns.size(); ++i) {
        columns += (i == 0 ? "c" : ", c") + std::to_string(i);
    }
    std::string old_values;
    std::string new_values;
    for (const auto& column : table.columns) {
        old_values += "to_json(t." + quote_name(column.name) + "), ";
        new_values += "to_json((" + new_value(insert, column.name) + ")::" + std::string{postgres_name(column.type)} +
                      "), ";
    }
    std::string match;
    for (const auto& key : table.primary_key) {
        match += (match.empty() ? "" : " AND ") + ("t." + quote_name(key) + " = (" + new_value(insert, key)) +
                 ")::" + std::string{postgres_name(table.column(key)->type)};
    }
    const std::string bucket = table.sharded() ? "public.bucket_id(t.*)" : "0";
    const std::string chosen = table.sharded()
                                   ? " WHERE picoxx.is_chosen(" + quote_text(table.tier) + ", " + bucket + ")"
                                   : "";
    const auto found = postgres.execute("SELECT " + old_values + new_values + bucket + " FROM (" + source + ") AS v (" +
                                            columns + ") JOIN public." + quote_name(table.name) + " AS t ON " + match +
                                            chosen + " LIMIT 1",
                                        types, values);
    if (!found.ok() || found.row_count() != 1) {
        return std::nullopt;
    }
    const auto count = table.columns.size();
    const auto bucket_number = found.value(0, 2 * count).value_or("0");
    return DuplicateTuples{tuple_text(table, found, 0, bucket_number), tuple_text(table, found, count, bucket_number)};
}

}  // namespace picoxx::devcluster
