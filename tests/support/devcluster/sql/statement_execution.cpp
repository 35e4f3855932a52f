#include "command_executor.hpp"
#include "double_form.hpp"
#include "engine_state.hpp"
#include "error_texts.hpp"
#include "placement.hpp"
#include "statement_plan.hpp"
#include "write_execution.hpp"

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

/// `[1934,2049]`, ranges where numbers follow one another: `[2,14-16]`.
std::string bucket_list(const std::vector<std::uint64_t>& buckets) {
    std::string list;
    for (std::size_t i = 0; i < buckets.size(); ++i) {
        const auto first = i;
        while (i + 1 < buckets.size() && buckets[i + 1] == buckets[i] + 1) {
            ++i;
        }
        list += (list.empty() ? "" : ",") + std::to_string(buckets[first]);
        list += i > first ? "-" + std::to_string(buckets[i]) : "";
    }
    return "[" + list + "]";
}

std::string explain_text(const RewrittenQuery& query, const std::string& buckets) {
    std::string text = query.verb;
    for (const auto& use : query.tables) {
        text += "\n    scan \"" + use.table->name + "\"";
    }
    return text +
           "\nexecution options:\n    sql_vdbe_opcode_max = 45000\n    sql_motion_row_max = 5000\nbuckets = " + buckets;
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
    Execution(SqlEngine& engine, Catalog& catalog, PgStatements& postgres, const Prepared& prepared, const Bound& bound)
        : settings_{engine.settings()},
          shared_{catalog.shared()},
          postgres_{postgres},
          prepared_{prepared},
          plan_{*prepared.plan},
          query_{*plan_.query},
          bound_{bound} {}

    ResultSet run() {
        for (const auto& use : query_.tables) {
            check_access(shared_, settings_.user, use);
        }
        for (const auto& use : query_.tables) {
            check_freshness(use);
        }
        if (prepared_.kind == StatementKind::explain) {
            return explain();
        }
        // Before they change.
        const auto owner = settings_.counts_owners ? at_owner() : std::nullopt;
        auto result = query_.is_dml() ? write() : read();
        result.at_owner = owner;
        return result;
    }

    SqlError fail(const ScriptedFailure& failure) {
        const auto placement = placed_table(query_) != nullptr ? place() : Placement{};
        if (prepared_.kind == StatementKind::dml) {
            WriteExecution{postgres_, shared_, settings_.instance_name, plan_, bound_}.apply(
                placement, failure.applied_replicasets);
        }
        std::string blamed;  // the first that did not apply its part
        if (!placement.storages.empty()) {
            blamed = placement.storages[std::min(failure.applied_replicasets, placement.storages.size() - 1)].uuid;
        }
        const bool here = placement.storages.empty() || placement.is_here(settings_.instance_name);
        auto error = worded(failure, here ? ErrorOrigin{} : ErrorOrigin{blamed}, blamed);
        error.sqlstate = failure.sqlstate;
        return error;
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
            throw placed_error("sbroad: space metadata for table: " + std::to_string(use.table->id) + " not found",
                               origin());
        }
        if (now->schema_version != use.table->schema_version) {
            throw placed_error("sbroad: storage schema version different from router", origin());
        }
    }

    static SqlError worded(const ScriptedFailure& failure, const ErrorOrigin& origin, const std::string& blamed) {
        switch (failure.form) {
            case FailureForm::placed: return placed_error(failure.text, origin);
            case FailureForm::storage: return storage_error(failure.text, blamed);
            case FailureForm::replicaset: return replicaset_error(failure.text, blamed);
            case FailureForm::verbatim: break;
        }
        return plain_error(failure.text);
    }

    ResultSet write() {
        const auto rows = WriteExecution{postgres_, shared_, settings_.instance_name, plan_, bound_}.run();
        ResultSet result;
        result.tag = upper(query_.verb) + (query_.verb == "insert" ? " 0 " : " ") + std::to_string(rows);
        return result;
    }

    ResultSet read() {
        auto ran = postgres_.execute(query_.edited.text, plan_.postgres_types, bound_.values);
        if (ran.ok() && prepared_.columns && ran.column_count() != prepared_.columns->size()) {
            ran = postgres_.execute(narrowed(query_, *prepared_.columns), plan_.postgres_types, bound_.values);
        }
        if (!ran.ok()) {
            throw execution_error(ran.failure(), query_, {origin(), std::nullopt});
        }
        check_row_limit(ran.row_count());
        ResultSet result;
        result.columns = prepared_.columns;
        result.tag = "SELECT";
        fill_rows(result, ran);
        return result;
    }

    ResultSet explain() {
        ResultSet result;
        result.columns = prepared_.columns;
        result.tag = "EXPLAIN";
        std::string buckets = "any";
        if (const auto* table = placed_table(query_)) {
            const auto placement = place();
            buckets = placement.buckets ? bucket_list(*placement.buckets)
                                        : "[1-" + std::to_string(table->bucket_count) + "]";
        }
        const auto text = explain_text(query_, buckets);
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

    std::optional<bool> at_owner() {
        if (placed_table(query_) == nullptr) {
            return std::nullopt;
        }
        const auto placement = place();
        return placement.storages.size() == 1 ? std::optional{placement.is_here(settings_.instance_name)}
                                              : std::nullopt;
    }

    Placement place() { return placement_of(postgres_, query_, plan_.postgres_types, bound_.values); }

    /// Where an error of a statement over a sharded table arises: in the first replicaset that is not led by this node.
    ErrorOrigin origin() {
        if (placed_table(query_) == nullptr) {
            return {};
        }
        const auto placement = place();
        if (placement.storages.empty() || placement.is_here(settings_.instance_name)) {
            return {};
        }
        const auto other = std::find_if(placement.storages.begin(), placement.storages.end(),
                                        [&](const Storage& one) { return one.master != settings_.instance_name; });
        return other->uuid;
    }

    /// A storage that has more rows than the limit fails by itself, else the router does.
    void check_row_limit(std::size_t rows) {
        const auto limit = static_cast<std::size_t>(bound_.sql_motion_row_max.value_or(
            settings_.sql_motion_row_max.value_or(static_cast<std::int64_t>(shared_.parameters.motion_row_max()))));
        const bool scans = std::any_of(query_.tables.begin(), query_.tables.end(),
                                       [](const TableUse& use) { return use.table->sharded(); });
        if (!scans || limit == 0 || rows <= limit) {
            return;
        }
        static const std::string sql =
            "SELECT greatest(count(*), 1) FROM public._pico_replicaset WHERE state = 'ready'";
        const auto replicasets = postgres_.execute(sql, {}, {});
        const std::size_t storages = replicasets.ok() ? number(replicasets.value(0, 0)) : 1;
        const auto share = query_.limited ? rows : rows / storages;
        const auto text = "Exceeded maximum number of rows (" + std::to_string(limit) + ") in virtual table: ";
        if (share > limit) {
            throw placed_error("sbroad: unexpected number of values: " + text + std::to_string(share), origin());
        }
        throw plain_error("sbroad: " + text + std::to_string(limit + 1));
    }

    const SessionSettings& settings_;
    Catalog::Shared& shared_;
    PgStatements& postgres_;
    const Prepared& prepared_;
    const StatementPlan& plan_;
    const RewrittenQuery& query_;
    const Bound& bound_;
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
            return Execution{*this, state_->catalog, state_->postgres(settings_), prepared, bound}.run();
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

SqlError SqlEngine::fail(const Prepared& prepared, const Bound& bound, const ScriptedFailure& failure) {
    try {
        if (prepared.plan != nullptr && prepared.plan->query) {
            return Execution{*this, state_->catalog, state_->postgres(settings_), prepared, bound}.fail(failure);
        }
        if (failure.applied_replicasets > 0) {
            static_cast<void>(execute(prepared, bound));
        }
        return {failure.sqlstate, failure.text};
    } catch (const std::runtime_error& error) {
        return plain_error(error.what());
    }
}

}  // namespace picoxx::devcluster
