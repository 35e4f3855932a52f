#include "command_executor.hpp"
#include "double_form.hpp"
#include "engine_state.hpp"
#include "error_texts.hpp"
#include "statement_plan.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace picoxx::devcluster {
namespace {

/// Reads before writes, in the order the server looks at them.
void check_access(const Catalog::Shared& shared, const std::string& user, const TableUse& use) {
    if (use.table->owner == user && !use.table->system) {
        return;
    }
    const auto& name = use.table->name;
    if (use.access != TableAccess::write && !shared.users.allows(user, "read", "table", name)) {
        throw access_denied("Read access to space", name, user);
    }
    if (use.access != TableAccess::read && !shared.users.allows(user, "write", "table", name)) {
        throw access_denied("Write access to space", name, user);
    }
}

std::string upper(std::string word) {
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return word;
}

std::string explain_text(const RewrittenQuery& query) {
    std::string text = query.verb;
    for (const auto& use : query.tables) {
        text += "\n    scan \"" + use.table->name + "\"";
    }
    return text + "\nexecution options:\n    sql_vdbe_opcode_max = 45000\n    sql_motion_row_max = 5000\nbuckets = " +
           (query.tables.empty() || !query.tables.front().table->sharded() ? "any" : "[1-3000]");
}

/// The query with only the columns it had when it was parsed.
std::string narrowed(const RewrittenQuery& query, const std::vector<Column>& columns) {
    std::string names;
    for (const auto& column : columns) {
        names += (names.empty() ? "" : ", ") + quote_name(column.name);
    }
    return "SELECT " + names + " FROM (" + query.edited.text + ") AS narrowed";
}

std::uint64_t number(const std::optional<std::string>& text) {
    std::uint64_t value = 0;
    if (text) {
        std::from_chars(text->data(), text->data() + text->size(), value);
    }
    return value;
}

/// Runs one parsed statement for one session.
class Execution {
public:
    Execution(SqlEngine& engine, Catalog& catalog, PgStatements& postgres)
        : settings_{engine.settings()}, shared_{catalog.shared()}, postgres_{postgres} {}

    ResultSet run(const Prepared& prepared, const Bound& bound) {
        const auto& plan = *prepared.plan;
        const auto& query = *plan.query;
        for (const auto& use : query.tables) {
            check_access(shared_, settings_.user, use);
        }
        for (const auto& use : query.tables) {
            check_freshness(use);
        }
        if (prepared.kind == StatementKind::explain) {
            return explain(prepared, query);
        }
        auto ran = postgres_.execute(query.edited.text, plan.postgres_types, bound.values);
        if (ran.ok() && prepared.columns && ran.column_count() != prepared.columns->size()) {
            ran = postgres_.execute(narrowed(query, *prepared.columns), plan.postgres_types, bound.values);
        }
        if (!ran.ok()) {
            throw failure_of(ran.failure(), plan, bound);
        }
        ResultSet result;
        if (query.is_dml()) {
            result.tag = upper(query.verb) + (query.verb == "insert" ? " 0 " : " ") + ran.affected();
            return result;
        }
        check_row_limit(ran.row_count(), query, bound);
        result.columns = prepared.columns;
        result.tag = "SELECT";
        fill_rows(result, ran);
        return result;
    }

private:
    /// A plan made before a table changed: sharded tables refuse it, global ones keep serving it.
    void check_freshness(const TableUse& use) {
        const auto now = shared_.tables.find(use.table->name);
        if (now == nullptr) {
            throw plain_error("box error: NoSuchSpace: no such space \"" + use.table->name + "\"");
        }
        if (!use.table->sharded()) {
            return;
        }
        if (now->id != use.table->id) {
            throw storage_error("sbroad: space metadata for table: " + std::to_string(use.table->id) + " not found",
                                replicaset_uuid());
        }
        if (now->schema_version != use.table->schema_version) {
            throw storage_error("sbroad: storage schema version different from router", replicaset_uuid());
        }
    }

    static ResultSet explain(const Prepared& prepared, const RewrittenQuery& query) {
        ResultSet result;
        result.columns = prepared.columns;
        result.tag = "EXPLAIN";
        const auto text = explain_text(query);
        for (std::size_t begin = 0; begin < text.size();) {
            const auto end = std::min(text.find('\n', begin), text.size());
            result.rows.push_back({text.substr(begin, end - begin)});
            begin = end + 1;
        }
        return result;
    }

    static void fill_rows(ResultSet& result, const PgResult& ran) {
        const auto& columns = *result.columns;
        for (std::size_t row = 0; row < ran.row_count(); ++row) {
            auto& values = result.rows.emplace_back();
            for (std::size_t i = 0; i < columns.size(); ++i) {
                auto value = ran.value(row, i);
                if (value && columns[i].oid == oid::unknown) {
                    throw SqlError{"0A000", "feature is not supported: String(Utf8String { s: Ok(\"" + *value +
                                                "\") }) cannot be represented as a value of type Unknown"};
                }
                if (value && columns[i].oid == oid::float8) {
                    value = format_double(*value);
                }
                values.push_back(std::move(value));
            }
        }
    }

    /// The storage an error is blamed on: this instance's replicaset.
    std::string replicaset_uuid() {
        static const std::string sql = "SELECT replicaset_uuid FROM public._pico_instance WHERE name = $1";
        const std::vector<std::optional<std::string>> values{settings_.instance_name};
        const auto found = postgres_.execute(sql, {oid::text}, values);
        return found.ok() && found.row_count() == 1 ? found.value(0, 0).value_or("") : "";
    }

    std::uint64_t bucket_count(const std::string& tier) {
        static const std::string sql = "SELECT bucket_count FROM public._pico_tier WHERE name = $1";
        const std::vector<std::optional<std::string>> values{tier};
        const auto found = postgres_.execute(sql, {oid::text}, values);
        return found.ok() && found.row_count() == 1 ? number(found.value(0, 0)) : 3000;
    }

    SqlError failure_of(const PgFailure& failure, const StatementPlan& plan, const Bound& bound) {
        const auto& query = *plan.query;
        StorageFailure storage{replicaset_uuid(), std::nullopt};
        if (failure.sqlstate == "23505" && query.insert) {
            const auto count = query.target().sharded() ? bucket_count(query.target().tier) : 1;
            storage.duplicates = find_duplicate(postgres_, query, plan.postgres_types, bound.values, count);
        }
        return execution_error(failure, query, storage);
    }

    /// A storage that has more rows than the limit fails by itself, else the router does.
    void check_row_limit(std::size_t rows, const RewrittenQuery& query, const Bound& bound) {
        const auto limit = static_cast<std::size_t>(bound.sql_motion_row_max.value_or(
            settings_.sql_motion_row_max.value_or(static_cast<std::int64_t>(shared_.parameters.motion_row_max()))));
        const bool scans = std::any_of(query.tables.begin(), query.tables.end(),
                                       [](const TableUse& use) { return use.table->sharded(); });
        if (!scans || limit == 0 || rows <= limit) {
            return;
        }
        static const std::string sql =
            "SELECT greatest(count(*), 1) FROM public._pico_replicaset WHERE state = 'ready'";
        const auto replicasets = postgres_.execute(sql, {}, {});
        const std::size_t storages = replicasets.ok() ? number(replicasets.value(0, 0)) : 1;
        const auto share = query.limited ? rows : rows / storages;
        const auto text = "Exceeded maximum number of rows (" + std::to_string(limit) + ") in virtual table: ";
        if (share > limit) {
            throw storage_error("sbroad: unexpected number of values: " + text + std::to_string(share),
                                replicaset_uuid());
        }
        throw plain_error("sbroad: " + text + std::to_string(limit + 1));
    }

    const SessionSettings& settings_;
    Catalog::Shared& shared_;
    PgStatements& postgres_;
};

}  // namespace

SqlResult<ResultSet> SqlEngine::execute(const Prepared& prepared, const Bound& bound) {
    auto& shared = state_->catalog.shared();
    if (!shared.users.may_login(settings_.user)) {
        return access_denied("Usage access to universe", "", settings_.user);
    }
    try {
        const auto& plan = *prepared.plan;
        if (!plan.command) {
            return Execution{*this, state_->catalog, state_->postgres(settings_)}.run(prepared, bound);
        }
        ResultSet result;
        if (const auto* call = std::get_if<CallProcedure>(&plan.command->command)) {
            const auto procedure = shared.tables.find_procedure(call->name);
            if (!procedure) {
                return plain_error("sbroad: invalid routine: routine " + call->name + " not found");
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
    } catch (const SqlError& error) {
        return error;
    } catch (const std::runtime_error& error) {
        return plain_error(error.what());
    }
}

}  // namespace picoxx::devcluster
