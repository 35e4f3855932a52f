#include "error_texts.hpp"

#include "sql_types.hpp"

#include <algorithm>
#include <utility>

namespace picoxx::devcluster {
namespace {

/// The text between the first pair of `open` and `close`.
std::string between(std::string_view text, std::string_view open, std::string_view close) {
    const auto begin = text.find(open);
    if (begin == std::string_view::npos) {
        return {};
    }
    const auto start = begin + open.size();
    const auto end = text.find(close, start);
    return std::string{text.substr(start, end == std::string_view::npos ? end : end - start)};
}

std::string json_escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '"':
            case '\\':
            case '/': (out += '\\') += c; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default: out += c;
        }
    }
    return out;
}

/// The value PostgreSQL could not read: what stands between the first quotation mark behind a colon and the last one.
std::string refused_value(std::string_view message) {
    const auto begin = message.find(": \"");
    const auto end = message.rfind('"');
    return begin == std::string_view::npos ? std::string{} : std::string{message.substr(begin + 3, end - begin - 3)};
}

bool touches_sharded(const RewrittenQuery& query) {
    return std::any_of(query.tables.begin(), query.tables.end(),
                       [](const TableUse& use) { return use.table->sharded(); });
}

/// `operator does not exist: bigint = text` -> `=(int, text)`
std::string operator_signature(std::string_view message) {
    const std::string words = between(message, "operator does not exist: ", "\n");
    const auto left_end = words.find_first_of("=<>+-*/|%!");
    if (left_end == std::string::npos) {
        return words;
    }
    const auto right_begin = words.find_first_not_of("=<>+-*/|%!", left_end);
    const auto trim = [](std::string text) {
        while (!text.empty() && text.back() == ' ') {
            text.pop_back();
        }
        return text.substr(std::min(text.find_first_not_of(' '), text.size()));
    };
    const std::string symbol = words.substr(left_end, right_begin - left_end);
    return symbol + "(" + planner_name_of_postgres(trim(words.substr(0, left_end))) + ", " +
           planner_name_of_postgres(trim(words.substr(right_begin))) + ")";
}

/// `Key (a, b)=(1, x) already exists.` -> `[1, x]`
std::string duplicate_key(const PgFailure& failure) {
    return "[" + between(failure.detail, ")=(", ") already exists") + "]";
}

/// The primary index goes by the table's number, others by their name.
std::string index_name(const PgFailure& failure, const TableInfo& table) {
    for (const auto& index : table.indexes) {
        if (index.name == failure.constraint) {
            return index.name;
        }
    }
    return std::to_string(table.id) + "_pkey";
}

std::string duplicate_text(const PgFailure& failure, const TableInfo& table, const StorageFailure& storage) {
    const auto key = duplicate_key(failure);
    const auto tuples = storage.duplicates.value_or(DuplicateTuples{key, key});
    return "TupleFound: Duplicate key exists in unique index \"" + index_name(failure, table) + "\" in space \"" +
           table.name + "\" with old tuple - " + tuples.old_tuple + " and new tuple - " + tuples.new_tuple;
}

/// `$1` used as two types, if that is why an operator was not found.
std::optional<SqlError> inconsistent_parameter(std::string_view message, const RewrittenQuery& query,
                                               std::span<const std::uint32_t> declared_types) {
    for (const auto& [number, use] : query.parameters) {
        const bool inferred = number <= declared_types.size() && declared_types[number - 1] == 0;
        if (!inferred || use.count < 2) {
            continue;
        }
        const auto signature = operator_signature(message);
        const auto open = signature.find('(');
        const auto comma = signature.find(", ");
        if (open == std::string::npos || comma == std::string::npos) {
            return std::nullopt;
        }
        const auto left = signature.substr(open + 1, comma - open - 1);
        const auto right = signature.substr(comma + 2, signature.size() - comma - 3);
        const auto name = "$" + std::to_string(number);
        return plain_error("sbroad: inconsistent types " + left + " and " + right + " deduced for parameter " + name +
                           ", consider using transitive type casts through a common type, e.g. " + name + "::" + left +
                           "::" + right + " and " + name + "::" + left);
    }
    return std::nullopt;
}

std::string null_text(const PgFailure& failure, const TableInfo& table) {
    const auto* column = table.column(failure.column);
    return "FieldType: Tuple field " + std::to_string(table.field_number(failure.column)) + " (" + failure.column +
           ") type does not match one required by operation: expected " +
           std::string{column != nullptr ? storage_name(column->type) : "any"} + ", got nil";
}

}  // namespace

SqlError plain_error(std::string message) { return {"XX000", std::move(message)}; }

SqlError access_denied(std::string_view action, std::string_view object, std::string_view user) {
    return plain_error("box error: AccessDenied: " + std::string{action} + " '" + std::string{object} +
                       "' is denied for user '" + std::string{user} + "'");
}

SqlError replicaset_error(std::string_view message, std::string_view replicaset_uuid) {
    return plain_error(
        R"(sbroad: box error: ProcLua: {"code":32,"base_type":"ClientError","type":"ClientError","message":"Error on replicaset )" +
        std::string{replicaset_uuid} + ": " + json_escaped(message) +
        R"(","trace":[{"file":"vshard\/error.lua","line":284}]})");
}

SqlError storage_error(std::string_view message, std::string_view replicaset_uuid) {
    return replicaset_error("Failed to execute '.proc_sql_execute': " + std::string{message}, replicaset_uuid);
}

SqlError placed_error(std::string_view message, const ErrorOrigin& origin) {
    return origin ? storage_error(message, *origin) : plain_error(std::string{message});
}

SqlError read_only_error(const ErrorOrigin& origin) {
    return placed_error(
        "sbroad: invalid transaction: transaction rolled-back: failed to insert space: box error: Readonly: Can't "
        "modify "
        "data on a read-only instance - box.cfg.read_only is true",
        origin);
}

SqlError insert_type_error(std::size_t position, SqlType column, std::string_view given) {
    return plain_error("sbroad: INSERT column at position " + std::to_string(position) + " is of type " +
                       std::string{planner_name(column)} + ", but expression is of type " + std::string{given});
}

SqlError planning_error(const PgFailure& failure, const RewrittenQuery& query,
                        std::span<const std::uint32_t> declared_types) {
    const auto& message = failure.message;
    if (failure.sqlstate == "42P01") {
        return plain_error("sbroad: table with name \"" + between(message, "relation \"", "\"") + "\" not found");
    }
    if (failure.sqlstate == "42703") {
        std::string name = between(message, "column \"", "\"");
        if (name.empty()) {
            name = between(message, "column ", " does");
        }
        if (const auto dot = name.rfind('.'); dot != std::string::npos) {
            name = name.substr(dot + 1);
        }
        return plain_error("sbroad: column with name \"" + name + "\" not found");
    }
    if (failure.sqlstate == "42883") {
        if (message.find("operator does not exist") != std::string::npos) {
            if (auto inconsistent = inconsistent_parameter(message, query, declared_types)) {
                return *std::move(inconsistent);
            }
            return plain_error("sbroad: could not resolve operator overload for " + operator_signature(message));
        }
        return plain_error("sbroad: could not resolve function overload for " + between(message, "function ", " does"));
    }
    if (failure.sqlstate == "42804" && query.is_dml()) {
        const std::string column = between(message, "column \"", "\"");
        const auto& target = query.target();
        std::size_t position = 1;
        if (query.insert) {
            const auto& columns = query.insert->columns;
            position = static_cast<std::size_t>(std::find(columns.begin(), columns.end(), column) - columns.begin()) +
                       1;
        }
        const auto* definition = target.column(column);
        return insert_type_error(position, definition != nullptr ? definition->type : SqlType::integer,
                                 planner_name_of_postgres(between(message, "expression is of type ", "\n")));
    }
    if (failure.sqlstate == "22P02" || failure.sqlstate == "22007") {
        const std::string type = planner_name_of_postgres(between(message, "for type ", ":"));
        return plain_error("sbroad: failed to parse '" + refused_value(message) + "' as a value of type " + type +
                           ", consider using explicit type casts");
    }
    if (failure.sqlstate == "42P08") {
        return plain_error(
            "sbroad: inconsistent types text and int deduced for parameter " + between(message, "parameter ", " ") +
            ", consider using transitive type casts through a common type, e.g. $1::text::int and $1::text");
    }
    if (failure.sqlstate == "42846") {
        return plain_error("sbroad: could not resolve cast: " + message);
    }
    return plain_error("sbroad: invalid query: " + message);
}

SqlError execution_error(const PgFailure& failure, const RewrittenQuery& query, const StorageFailure& storage) {
    if (failure.sqlstate == "PX000") {  // raised by our own functions, in Picodata's words
        return plain_error(failure.message);
    }
    const bool sharded = touches_sharded(query);
    const auto wrapped = [&](const std::string& message) {
        return sharded ? placed_error(message, storage.origin) : plain_error(message);
    };
    if (failure.sqlstate == "22012") {
        return wrapped("sbroad: Failed to execute SQL statement: division by zero");
    }
    if (failure.sqlstate == "22P02" || failure.sqlstate == "22007") {
        const auto type = storage_name_of_postgres(between(failure.message, "for type ", ":"));
        return wrapped("sbroad: Type mismatch: can not convert string('" + refused_value(failure.message) + "') to " +
                       type);
    }
    if (failure.sqlstate == "22003") {
        return plain_error("encoding error: out of range integral type conversion attempted");
    }
    if (query.is_dml() && (failure.sqlstate == "23505" || failure.sqlstate == "23502" || failure.sqlstate == "23514")) {
        const auto& table = query.target();
        const bool duplicate = failure.sqlstate == "23505";
        const auto text = duplicate ? duplicate_text(failure, table, storage) : null_text(failure, table);
        if (!table.sharded()) {
            return plain_error((storage.origin ? "server responded with error: " : "box error: ") + text);
        }
        return placed_error("sbroad: invalid transaction: transaction rolled-back: failed to insert space: " +
                                (duplicate ? text : "box error: " + text),
                            storage.origin);
    }
    return planning_error(failure, query, {});
}

}  // namespace picoxx::devcluster
