#include "sql_engine.hpp"

#include "double_form.hpp"
#include "engine_state.hpp"
#include "error_texts.hpp"
#include "statement_metadata.hpp"
#include "statement_plan.hpp"
#include "value_codec.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace picoxx::devcluster {

namespace {

std::vector<Token> without_trailing_semicolons(std::vector<Token> tokens) {
    while (tokens.size() >= 2 && tokens[tokens.size() - 2].is(";")) {
        tokens.erase(tokens.end() - 2);
    }
    return tokens;
}

/// Takes `EXPLAIN [(…)]` off the front.
bool take_explain(std::vector<Token>& tokens) {
    if (!tokens.front().is_word("explain")) {
        return false;
    }
    std::size_t count = 1;
    if (tokens[1].is("(") && tokens[2].kind == TokenKind::identifier && !tokens[2].is_word("select") &&
        !tokens[2].is_word("values") && !tokens[2].is_word("with")) {
        while (!tokens[count].is(")") && tokens[count].kind != TokenKind::end) {
            ++count;
        }
        ++count;
    }
    tokens.erase(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(std::min(count, tokens.size() - 1)));
    return true;
}

void check_declared(std::span<const std::uint32_t> oids) {
    for (const auto declared : oids) {
        if (accepted_parameter_oid(declared)) {
            continue;
        }
        const auto name = refused_type_name(declared);
        throw SqlError{"0A000", name ? "feature is not supported: " + std::string{*name} + " parameters"
                                     : "feature is not supported: parameter oid " + std::to_string(declared)};
    }
}

bool declared(std::uint32_t parameter_oid) noexcept { return parameter_oid != 0 && parameter_oid != oid::unknown; }

/// What PostgreSQL is told of a parameter.
std::uint32_t postgres_type(std::uint32_t declared_oid) noexcept {
    switch (declared_oid) {
        case 0:
        case oid::unknown: return 0;
        case oid::int2:
        case oid::int4: return oid::int8;
        case oid::varchar: return oid::text;
        default: return declared_oid;
    }
}

/// Types PostgreSQL is told at first: the declared ones, 0 where it has to infer, text for what it never sees.
std::vector<std::uint32_t> first_types(const RewrittenQuery& query, std::span<const std::uint32_t> declared_oids) {
    std::vector<std::uint32_t> types;
    for (std::size_t i = 0; i < query.parameter_count; ++i) {
        types.push_back(i < declared_oids.size() ? postgres_type(declared_oids[i]) : 0);
        const auto use = query.parameters.find(i + 1);
        if (types.back() == 0 && (use == query.parameters.end() || use->second.count == 0)) {
            types.back() = oid::text;
        }
    }
    return types;
}

/// The type a parameter gets where PostgreSQL inferred one Picodata does not have: `int4` -> `int8`.
std::uint32_t widened(std::uint32_t inferred) noexcept {
    switch (inferred) {
        case oid::boolean:
        case oid::json:
        case oid::float8:
        case oid::timestamptz:
        case oid::numeric:
        case oid::uuid: return inferred;
        default: return wire_oid(inferred);
    }
}

/// Describes the query; `types` become what PostgreSQL inferred, as far as Picodata knows it.
PgDescription describe(PgStatements& postgres, const RewrittenQuery& query, std::vector<std::uint32_t>& types) {
    const auto with_instead_of_unknown = [&](std::uint32_t type) {
        auto guess = types;
        std::replace(guess.begin(), guess.end(), std::uint32_t{0}, type);
        return guess;
    };
    const auto columns = query.is_dml() ? ResultColumns::none : ResultColumns::some;
    auto described = postgres.describe(query.edited.text, types, columns);
    if (!described.ok() && described.failure->sqlstate == "42P18") {  // no type at all for a parameter: text
        types = with_instead_of_unknown(oid::text);
        described = postgres.describe(query.edited.text, types, columns);
    } else if (!described.ok() && described.failure->sqlstate == "42725") {  // `$1 + $2`: integers
        types = with_instead_of_unknown(oid::int8);
        described = postgres.describe(query.edited.text, types, columns);
    }
    if (!described.ok()) {
        return described;
    }
    auto wider = types;
    for (std::size_t i = 0; i < wider.size() && i < described.parameter_oids.size(); ++i) {
        wider[i] = widened(described.parameter_oids[i]);
        types[i] = described.parameter_oids[i];
    }
    if (wider != types) {
        auto again = postgres.describe(query.edited.text, wider, columns);
        if (again.ok()) {
            types = std::move(wider);
            return again;
        }
    }
    return described;
}

std::vector<std::uint32_t> parameter_oids(const RewrittenQuery& query, std::span<const std::uint32_t> declared_oids,
                                          const PgDescription& described) {
    std::vector<std::uint32_t> oids;
    for (std::size_t i = 0; i < query.parameter_count; ++i) {
        const auto use = query.parameters.find(i + 1);
        std::uint32_t type = i < described.parameter_oids.size() ? wire_oid(described.parameter_oids[i]) : oid::text;
        if (use == query.parameters.end()) {
            type = oid::json;  // skipped by the text: only NULL can be bound
        } else if (use->second.count == 0 && use->second.in_option) {
            type = *use->second.in_option;
        }
        if (i < declared_oids.size() && declared(declared_oids[i])) {
            type = declared_oids[i];
        }
        oids.push_back(type);
    }
    return oids;
}

/// Bare parameters in VALUES with a declared type the column does not take.
void check_targets(const RewrittenQuery& query, std::span<const std::uint32_t> declared_oids) {
    if (!query.insert) {
        return;
    }
    for (const auto& row : query.insert->rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            const auto number = row[i].end - row[i].begin == 1 ? parameter_number(query, row[i].begin) : std::nullopt;
            if (!number || *number > declared_oids.size() || !declared(declared_oids[*number - 1])) {
                continue;
            }
            const auto given = type_of_oid(declared_oids[*number - 1]);
            const auto column = query.target().column(query.insert->columns[i])->type;
            if (given && !assignable(*given, column)) {
                throw insert_type_error(i + 1, column, planner_name(*given));
            }
        }
    }
}

/// Column left-overs of PostgreSQL's naming.
std::vector<Column> columns_of(const PgDescription& described, const RewrittenQuery& query) {
    std::vector<Column> columns;
    for (std::size_t i = 0; i < described.columns.size(); ++i) {
        Column column{described.columns[i].name, wire_oid(described.columns[i].oid)};
        if (std::find(query.null_columns.begin(), query.null_columns.end(), i) != query.null_columns.end()) {
            column.oid = oid::unknown;
        }
        if (query.verb == "values") {
            column.name = "COLUMN_" + std::to_string(i + 1);
        }
        columns.push_back(std::move(column));
    }
    return columns;
}

/// Where PostgreSQL stumbled, in the statement as it was sent; its positions count characters.
std::size_t original_offset(const EditedStatement& edited, const PgFailure& failure) {
    const auto& text = edited.text;
    std::size_t offset = 0;
    for (std::size_t character = 1; character < failure.position && offset < text.size(); ++character) {
        do {
            ++offset;
        } while (offset < text.size() && (static_cast<unsigned char>(text[offset]) & 0xC0U) == 0x80U);
    }
    return failure.position == 0 ? edited.original_offset(text.size()) : edited.original_offset(offset);
}

/// What the server makes of a decoded parameter before it uses it.
std::optional<std::string> as_received(std::string value, const Prepared& prepared, std::size_t index) {
    const auto type = prepared.parameter_oids[index];
    if (prepared.plan->query) {
        const auto use = prepared.plan->query->parameters.find(index + 1);
        const bool to_integer = use != prepared.plan->query->parameters.end() && use->second.cast_everywhere &&
                                use->second.cast == SqlType::integer;
        if (to_integer && (type == oid::float8 || type == oid::numeric)) {
            return truncated(value);
        }
    }
    return type == oid::float8 ? altered_double(value) : std::optional{std::move(value)};
}

}  // namespace

SqlEngine::SqlEngine(Catalog& catalog, SessionSettings settings)
    : settings_{std::move(settings)}, state_{std::make_unique<State>(catalog)} {}
SqlEngine::~SqlEngine() = default;

SqlResult<Prepared> SqlEngine::prepare(std::string_view text, std::span<const std::uint32_t> declared_oids) {
    Prepared prepared;
    prepared.text = text;
    auto tokenized = tokenize(text);
    if (!tokenized.ok()) {
        return tokenized.error();
    }
    auto tokens = without_trailing_semicolons(*std::move(tokenized));
    if (tokens.size() == 1 || (tokens.size() == 2 && tokens.front().is(";"))) {
        return prepared;
    }
    auto plan = std::make_shared<StatementPlan>();
    try {
        check_declared(declared_oids);
        if (auto command = parse_command(tokens)) {
            prepared.kind = command->kind;
            prepared.deallocate = command->deallocate;
            plan->command = *std::move(command);
            prepared.plan = std::move(plan);
            return prepared;
        }
        const bool explain = take_explain(tokens);
        auto query = rewrite_query(text, std::move(tokens), state_->catalog.shared().tables);

        check_targets(query, declared_oids);
        const auto declared_types = first_types(query, declared_oids);
        plan->postgres_types = declared_types;
        const auto described = describe(state_->postgres(settings_), query, plan->postgres_types);
        if (!described.ok()) {
            const auto& failure = *described.failure;
            if (failure.sqlstate == "42601") {
                return syntax_error(text, original_offset(query.edited, failure), "EOI");
            }
            return planning_error(failure, query, declared_types);
        }
        prepared.parameter_oids = parameter_oids(query, declared_oids, described);
        prepared.metadata = metadata_of(query, declared_oids);
        if (explain) {
            prepared.kind = StatementKind::explain;
            prepared.columns = std::vector<Column>{{"QUERY PLAN", oid::text}};
        } else {
            prepared.kind = query.is_dml() ? StatementKind::dml : StatementKind::query;
            if (!query.is_dml()) {
                prepared.columns = columns_of(described, query);
            }
        }
        for (const auto& use : query.tables) {
            const auto kind = use.table->system      ? TableKind::system
                              : use.table->sharded() ? TableKind::sharded
                                                     : TableKind::global;
            prepared.tables = std::max(prepared.tables, kind);
        }
        plan->query = std::move(query);
    } catch (const SyntaxFailure& failure) {
        return syntax_error(text, failure.offset, failure.expected);
    } catch (const SqlError& error) {
        return error;
    } catch (const std::runtime_error& error) {
        return plain_error(error.what());
    }
    prepared.plan = std::move(plan);
    return prepared;
}

SqlResult<Bound> SqlEngine::bind(const Prepared& prepared, std::string_view statement_name,
                                 std::span<const std::int16_t> formats,
                                 std::span<const std::optional<std::string>> values) {
    const auto wanted = prepared.parameter_oids.size();
    if (values.size() != wanted) {
        return SqlError{"08P01", "protocol violation: bind message supplies " + std::to_string(values.size()) +
                                     " parameters, but prepared statement \"" + std::string{statement_name} +
                                     "\" requires " + std::to_string(wanted)};
    }
    if (formats.size() > 1 && formats.size() != values.size()) {
        return SqlError{"08P01", "protocol violation: got " + std::to_string(formats.size()) + " format codes for " +
                                     std::to_string(values.size()) + " items"};
    }
    if (prepared.plan != nullptr && prepared.plan->query && settings_.invalidation == StatementInvalidation::on) {
        for (const auto& use : prepared.plan->query->tables) {
            const auto now = state_->catalog.shared().tables.find(use.table->name);
            if (now == nullptr) {
                return plain_error("sbroad: space metadata for table: " + use.table->name + " not found");
            }
            if (now->id != use.table->id || now->schema_version != use.table->schema_version) {
                return invalidated_error(statement_name);
            }
        }
    }
    Bound bound;
    for (std::size_t i = 0; i < wanted; ++i) {
        if (!values[i]) {
            bound.values.emplace_back();
            continue;
        }
        const std::int16_t format = formats.empty() ? std::int16_t{0} : formats[formats.size() == 1 ? 0 : i];
        auto decoded = decode_parameter(*values[i], prepared.parameter_oids[i], format, i + 1);
        if (!decoded.ok()) {
            return decoded.error();
        }
        bound.values.push_back(as_received(*std::move(decoded), prepared, i));
    }
    if (prepared.plan != nullptr && prepared.plan->query) {
        const auto& options = prepared.plan->query->options;
        const auto value_of = [&](const std::optional<OptionValue>& option) -> std::optional<std::int64_t> {
            if (!option || option->literal) {
                return option ? option->literal : std::nullopt;
            }
            const auto& value = bound.values.at(option->parameter - 1);
            return value ? std::optional{static_cast<std::int64_t>(std::stoll(*value))} : std::nullopt;
        };
        bound.sql_motion_row_max = value_of(options.motion_row_max);
        bound.sql_vdbe_opcode_max = value_of(options.vdbe_opcode_max);
        if (options.read_preference_parameter > 0) {
            const auto& value = bound.values.at(options.read_preference_parameter - 1);
            if (value && *value != "leader" && *value != "replica" && *value != "any") {
                return plain_error(
                    "sbroad: invalid OptionSpec: expected read_preference to be one of [leader, replica, any], got: "
                    "\"" +
                    *value + "\"");
            }
        }
    }
    return bound;
}

SqlResult<std::string> SqlEngine::encode(std::string_view text, std::uint32_t value_oid, std::int16_t format) {
    return encode_value(text, value_oid, format);
}

SqlError SqlEngine::empty_text_error() { return plain_error("sbroad: invalid plan: plan tree top is None"); }

SqlError SqlEngine::invalidated_error(std::string_view statement_name) {
    return {"42999", "prepared statement " + std::string{statement_name} + " has been invalidated"};
}

}  // namespace picoxx::devcluster
