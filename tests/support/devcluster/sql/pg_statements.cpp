#include "pg_statements.hpp"

#include <iterator>
#include <utility>

namespace picoxx::devcluster {
namespace {

std::string key_of(const std::string& sql, const std::vector<std::uint32_t>& types) {
    std::string key = sql;
    for (const auto type : types) {
        key += '\x1f' + std::to_string(type);
    }
    return key;
}

/// libpq takes a ParameterDescription of more than 30,000 bytes for a broken stream and ends the connection.
constexpr std::size_t describable_parameters = 7498;

std::vector<PgColumn> columns_of(const PgResult& described) {
    std::vector<PgColumn> columns;
    for (std::size_t i = 0; i < described.column_count(); ++i) {
        columns.push_back({std::string{described.column_name(i)}, described.column_oid(i)});
    }
    return columns;
}

}  // namespace

std::optional<PgResult> PgStatements::ensure(const std::string& sql, const std::vector<std::uint32_t>& types) {
    auto key = key_of(sql, types);
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
        entries_.splice(entries_.begin(), entries_, found->second);
        return std::nullopt;
    }
    auto name = "s" + std::to_string(++serial_);
    auto prepared = connection_.prepare(name, sql, types);
    if (!prepared.ok()) {
        return prepared;
    }
    entries_.push_front({std::move(key), std::move(name)});
    by_key_.emplace(entries_.front().key, entries_.begin());
    if (entries_.size() > most) {
        forget(std::prev(entries_.end()));
    }
    return std::nullopt;
}

void PgStatements::forget(std::list<Entry>::iterator entry) {
    static_cast<void>(connection_.run("DEALLOCATE " + entry->name));
    by_key_.erase(entry->key);
    entries_.erase(entry);
}

PgDescription PgStatements::describe(const std::string& sql, const std::vector<std::uint32_t>& types,
                                     ResultColumns columns) {
    if (types.size() > describable_parameters) {
        return describe_by_queries(sql, types, columns);
    }
    const auto described = describe_shortly(sql, types);
    if (!described.ok()) {
        return {{}, {}, described.failure()};
    }
    PgDescription description;
    for (std::size_t i = 0; i < described.parameter_count(); ++i) {
        description.parameter_oids.push_back(described.parameter_oid(i));
    }
    description.columns = columns_of(described);
    return description;
}

PgResult PgStatements::describe_shortly(const std::string& sql, const std::vector<std::uint32_t>& types) {
    if (auto refused = ensure(sql, types)) {
        return *std::move(refused);
    }
    auto described = connection_.describe(entries_.front().name);
    if (!described.ok()) {  // a table has changed under the plan
        forget(entries_.begin());
        if (auto refused = ensure(sql, types)) {
            return *std::move(refused);
        }
        described = connection_.describe(entries_.front().name);
    }
    return described;
}

PgDescription PgStatements::describe_by_queries(const std::string& sql, const std::vector<std::uint32_t>& types,
                                                ResultColumns columns) {
    if (const auto refused = ensure(sql, types)) {
        return {{}, {}, refused->failure()};
    }
    const std::vector<std::optional<std::string>> name{entries_.front().name};
    const auto parameters = connection_.run(
        "SELECT unnest(parameter_types)::oid FROM pg_prepared_statements WHERE name = $1", name);
    if (!parameters.ok()) {
        return {{}, {}, parameters.failure()};
    }
    PgDescription description;
    for (std::size_t row = 0; row < parameters.row_count(); ++row) {
        description.parameter_oids.push_back(
            static_cast<std::uint32_t>(std::stoul(parameters.value(row, 0).value_or("0"))));
    }
    if (columns == ResultColumns::none) {
        return description;
    }
    const std::string unnamed;
    auto rows = connection_.prepare(unnamed, "SELECT * FROM (" + sql + ") AS described LIMIT 0",
                                    description.parameter_oids);
    if (rows.ok()) {
        rows = connection_.execute(unnamed, std::vector<std::optional<std::string>>(description.parameter_oids.size()));
    }
    if (!rows.ok()) {
        return {{}, {}, rows.failure()};
    }
    description.columns = columns_of(rows);
    return description;
}

PgResult PgStatements::execute(const std::string& sql, const std::vector<std::uint32_t>& types,
                               std::span<const std::optional<std::string>> values) {
    if (auto refused = ensure(sql, types)) {
        return *std::move(refused);
    }
    auto result = connection_.execute(entries_.front().name, values);
    // "cached plan must not change result type": a table has changed under the plan; nothing was executed.
    if (!result.ok() && result.failure().sqlstate == "0A000") {
        forget(entries_.begin());
        if (auto refused = ensure(sql, types)) {
            return *std::move(refused);
        }
        result = connection_.execute(entries_.front().name, values);
    }
    return result;
}

}  // namespace picoxx::devcluster
