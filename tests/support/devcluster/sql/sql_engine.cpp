#include "sql_engine.hpp"

#include "catalog_shared.hpp"
#include "command_executor.hpp"
#include "error_texts.hpp"
#include "statement_plan.hpp"
#include "value_codec.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace picoxx::devcluster {

struct SqlEngine::State {
    explicit State(Catalog& of) : catalog{of} {}

    /// This session's connection to the private PostgreSQL, opened when it is first needed.
    PgConnection& postgres(const SessionSettings& settings) {
        if (!connection) {
            connection.emplace(catalog.postgres());
            static_cast<void>(connection->run("SET picoxx.instance_uuid = " + quote_text(settings.instance_uuid)));
        }
        return *connection;
    }

    Catalog& catalog;
    std::optional<PgConnection> connection;
};

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

std::optional<std::size_t> parameter_number(const RewrittenQuery& query, std::size_t token_index) {
    const auto& token = query.tokens[token_index];
    if (token.kind == TokenKind::parameter) {
        return std::stoul(token.text);
    }
    if (token.kind != TokenKind::question) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(std::count_if(query.tokens.begin(),
                                                  query.tokens.begin() + static_cast<std::ptrdiff_t>(token_index) + 1,
                                                  [](const Token& one) { return one.kind == TokenKind::question; }));
}

/// {parameter, type} of each sharding-key column of a single-row INSERT whose key columns are bare parameters; else nothing.
StatementMetadata metadata_of(const RewrittenQuery& query, std::span<const std::uint32_t> declared_oids) {
    StatementMetadata metadata;
    for (const auto& use : query.tables) {
        if (use.table->sharded()) {
            metadata.tier = use.table->tier;
        }
    }
    if (query.verb != "insert" || !query.insert || query.insert->rows.size() != 1 || !query.target().sharded()) {
        return metadata;
    }
    const auto& insert = *query.insert;
    for (const auto& key : *query.target().sharding_key) {
        const auto place = static_cast<std::size_t>(std::find(insert.columns.begin(), insert.columns.end(), key) -
                                                    insert.columns.begin());
        if (place >= insert.rows[0].size()) {
            metadata.dk_meta.clear();
            return metadata;
        }
        const auto range = insert.rows[0][place];
        const auto type = query.target().column(key)->type;
        const auto number = parameter_number(query, range.begin);
        const auto size = range.end - range.begin;
        const bool bare = size == 1;
        const bool own_cast = size >= 3 && query.tokens[range.begin + 1].is("::") &&
                              cast_type(query.tokens[range.begin + 2].text) == type;
        const bool typed = number && *number <= declared_oids.size() && declared(declared_oids[*number - 1]);
        const bool fits = !typed || type_of_oid(declared_oids[*number - 1]) == type;
        if (!number || !(bare || (own_cast && fits))) {
            metadata.dk_meta.clear();
            return metadata;
        }
        metadata.dk_meta.emplace_back(static_cast<std::uint32_t>(*number), oid_of(type));
    }
    return metadata;
}

/// Column left-overs of PostgreSQL's naming.
std::vector<Column> columns_of(const PgResult& described, const RewrittenQuery& query) {
    std::vector<Column> columns;
    for (std::size_t i = 0; i < described.column_count(); ++i) {
        Column column{std::string{described.column_name(i)}, wire_oid(described.column_oid(i))};
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

        auto& types = plan->postgres_types;
        for (std::size_t i = 0; i < query.parameter_count; ++i) {
            types.push_back(i < declared_oids.size() ? postgres_type(declared_oids[i]) : 0);
            const auto use = query.parameters.find(i + 1);
            if (types.back() == 0 && (use == query.parameters.end() || use->second.count == 0)) {
                types.back() = oid::text;  // PostgreSQL never sees it
            }
        }
        auto& postgres = state_->postgres(settings_);
        auto parsed = postgres.prepare("", query.edited.text, types);
        if (!parsed.ok() && parsed.failure().sqlstate == "42P18") {
            std::replace(types.begin(), types.end(), std::uint32_t{0}, oid::text);
            parsed = postgres.prepare("", query.edited.text, types);
        }
        if (!parsed.ok()) {
            return planning_error(parsed.failure(), query);
        }
        const auto described = postgres.describe("");
        if (!described.ok()) {
            return planning_error(described.failure(), query);
        }
        for (std::size_t i = 0; i < query.parameter_count; ++i) {
            const auto use = query.parameters.find(i + 1);
            std::uint32_t type = i < described.parameter_count() ? wire_oid(described.parameter_oid(i)) : oid::text;
            if (use == query.parameters.end()) {
                type = oid::json;  // skipped by the text: only NULL can be bound
            } else if (use->second.count == 0 && use->second.in_option) {
                type = *use->second.in_option;
            }
            if (i < declared_oids.size() && declared(declared_oids[i])) {
                type = declared_oids[i];
            }
            prepared.parameter_oids.push_back(type);
        }
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
                return SqlError{"42999", "prepared statement " + std::string{statement_name} + " has been invalidated"};
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
        bound.values.emplace_back(*std::move(decoded));
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

SqlResult<ResultSet> SqlEngine::execute(const Prepared& prepared, const Bound& bound) {
    ResultSet result;
    auto& shared = state_->catalog.shared();
    if (!shared.users.may_login(settings_.user)) {
        return plain_error("box error: AccessDenied: Usage access to universe '' is denied for user '" +
                           settings_.user + "'");
    }
    try {
        const auto& plan = *prepared.plan;
        if (plan.command) {
            if (const auto* call = std::get_if<CallProcedure>(&plan.command->command)) {
                const auto procedure = shared.tables.find_procedure(call->name);
                if (!procedure) {
                    return plain_error("sbroad: routine " + call->name + " not found");
                }
                auto body = prepare(procedure->body);
                if (!body.ok()) {
                    return body.error();
                }
                Bound arguments;
                arguments.values = call->arguments;
                auto ran = execute(*body, arguments);
                if (!ran.ok()) {
                    return ran;
                }
                const auto count = ran->tag.rfind(' ');
                result.tag = "CALL " + (count == std::string::npos ? "0" : ran->tag.substr(count + 1));
                return result;
            }
            auto tag = execute_command(state_->catalog, settings_.user, *plan.command);
            if (!tag.ok()) {
                return tag.error();
            }
            result.tag = *std::move(tag);
            return result;
        }

        const auto& query = *plan.query;
        std::string replicaset_uuid = "00000000-0000-0000-0000-000000000000";
        if (const auto self = state_->catalog.instance(settings_.instance_name)) {
            replicaset_uuid = self->replicaset_uuid;
        }
        for (const auto& use : query.tables) {
            if (use.table->owner != settings_.user || use.table->system) {
                const bool reads = use.access != TableAccess::write;
                if (reads && !shared.users.allows(settings_.user, "read", "table", use.table->name)) {
                    return access_denied("Read access to space", use.table->name, settings_.user);
                }
                if (use.access != TableAccess::read &&
                    !shared.users.allows(settings_.user, "write", "table", use.table->name)) {
                    return access_denied("Write access to space", use.table->name, settings_.user);
                }
            }
            const auto now = shared.tables.find(use.table->name);
            if (now == nullptr) {
                return plain_error("box error: NoSuchSpace: no such space \"" + use.table->name + "\"");
            }
            if (use.table->sharded() && now->id != use.table->id) {
                return storage_error(
                    "sbroad: space metadata for table: " + std::to_string(use.table->id) + " not found",
                    replicaset_uuid);
            }
            if (use.table->sharded() && now->schema_version != use.table->schema_version) {
                return storage_error("sbroad: storage schema version different from router", replicaset_uuid);
            }
        }
        if (prepared.kind == StatementKind::explain) {
            result.columns = prepared.columns;
            result.rows = {{std::optional<std::string>{query.verb}}};
            result.tag = "EXPLAIN";
            return result;
        }
        auto& postgres = state_->postgres(settings_);
        const auto parsed = postgres.prepare("", query.edited.text, plan.postgres_types);
        if (!parsed.ok()) {
            return planning_error(parsed.failure(), query);
        }
        const auto ran = postgres.execute("", bound.values);
        if (!ran.ok()) {
            return execution_error(ran.failure(), query, replicaset_uuid);
        }
        if (query.is_dml()) {
            std::string verb = query.verb;
            std::transform(verb.begin(), verb.end(), verb.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
            result.tag = verb + (verb == "INSERT" ? " 0 " : " ") + ran.affected();
            return result;
        }
        const auto limit = bound.sql_motion_row_max.value_or(
            settings_.sql_motion_row_max.value_or(static_cast<std::int64_t>(shared.parameters.motion_row_max())));
        const bool scans = std::any_of(query.tables.begin(), query.tables.end(),
                                       [](const TableUse& use) { return use.table->sharded(); });
        if (scans && limit > 0 && ran.row_count() > static_cast<std::size_t>(limit)) {
            return plain_error("sbroad: Exceeded maximum number of rows (" + std::to_string(limit) +
                               ") in virtual table: " + std::to_string(ran.row_count()));
        }
        result.columns = prepared.columns;
        result.tag = "SELECT";
        for (std::size_t row = 0; row < ran.row_count(); ++row) {
            auto& values = result.rows.emplace_back();
            for (std::size_t column = 0; column < ran.column_count(); ++column) {
                auto value = ran.value(row, column);
                values.push_back(value
                                     ? std::optional{picodata_text(*std::move(value), (*prepared.columns)[column].oid)}
                                     : std::nullopt);
            }
        }
        return result;
    } catch (const SqlError& error) {
        return error;
    } catch (const std::runtime_error& error) {
        return plain_error(error.what());
    }
}

SqlResult<std::string> SqlEngine::encode(std::string_view text, std::uint32_t value_oid, std::int16_t format) {
    return encode_value(text, value_oid, format);
}

std::string SqlEngine::metadata_json(const Prepared& prepared) {
    std::string query;
    for (const char c : prepared.text) {
        switch (c) {
            case '"': query += "\\\""; break;
            case '\\': query += "\\\\"; break;
            case '\n': query += "\\n"; break;
            case '\r': query += "\\r"; break;
            case '\t': query += "\\t"; break;
            default: query += c;
        }
    }
    std::string keys;
    for (const auto& [number, type] : prepared.metadata.dk_meta) {
        keys += (keys.empty() ? "[" : ",[") + std::to_string(number) + "," + std::to_string(type) + "]";
    }
    const std::string tier = prepared.metadata.tier ? "\"" + *prepared.metadata.tier + "\"" : "null";
    return R"({"type":"PreparedStatementMetadata","query":")" + query + R"(","tier":)" + tier + R"(,"dk_meta":[)" +
           keys + "]}";
}

SqlError SqlEngine::empty_text_error() { return plain_error("sbroad: invalid plan: plan tree top is None"); }

}  // namespace picoxx::devcluster
