#include "command_executor.hpp"

#include "bucket_functions.hpp"
#include "catalog_schema.hpp"
#include "catalog_shared.hpp"
#include "error_texts.hpp"
#include "user_commands.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace picoxx::devcluster {
namespace {

/// One command on behalf of one user. The functions throw SqlError.
class Executor : public UserCommands {
public:
    using UserCommands::UserCommands;
    using UserCommands::operator();

    void operator()(const NoEffect&) {}

    void operator()(const CreateTable& command) {
        const auto lock = ddl_lock(command.timeout);
        require("create", "table", command.name, "Create access to space");
        if (shared_.tables.find(command.name) != nullptr) {
            return skip_or_fail(command.if_exists, "table " + command.name + " already exists");
        }
        if (command.sharding_key && std::any_of(command.columns.begin(), command.columns.end(),
                                                [](const auto& column) { return column.name == "bucket_id"; })) {
            throw plain_error("ddl operation was aborted: SpaceFieldIsDuplicate: Space field 'bucket_id' is duplicate");
        }
        const std::string tier = command.tier.value_or("default");
        TableInfo table;
        if (command.sharding_key) {
            const auto counts = shared_.admin("SELECT bucket_count FROM public._pico_tier WHERE name = $1", {tier});
            if (counts.row_count() == 0) {
                throw plain_error("specified tier '" + tier + "' doesn't exist");
            }
            table.bucket_count = std::stoull(counts.value(0, 0).value());
        }
        table.id = shared_.tables.next_table_id();
        table.name = command.name;
        table.columns = command.columns;
        table.primary_key = command.primary_key;
        table.sharding_key = command.sharding_key;
        table.tier = tier;
        table.engine = command.engine;
        table.owner = user_;
        table.schema_version = shared_.tables.next_schema_version();
        shared_.admin(create_statement(table) + (table.sharded() ? ";" + hidden_bucket_statements(table) : ""));
        shared_.admin("INSERT INTO public._pico_table VALUES ($1, $2, $3, '[]', $4, true, $5, 1, '', '[]')",
                      {std::to_string(table.id), table.name, distribution_json(table),
                       std::to_string(table.schema_version), table.engine});
        shared_.tables.put(std::move(table));
    }

    void operator()(const DropTable& command) {
        const auto lock = ddl_lock(command.timeout);
        const auto table = shared_.tables.find(command.name);
        if (table == nullptr) {
            return skip_or_fail(command.if_exists, "table " + command.name + " does not exist");
        }
        require_owner(*table, "drop", "Drop access to space");
        shared_.admin("DROP TABLE IF EXISTS public." + quote_name(command.name) + " CASCADE");
        shared_.admin("DELETE FROM public._pico_table WHERE name = $1", {command.name});
        shared_.tables.remove(command.name);
        shared_.users.forget_object("table", command.name);
    }

    void operator()(const TruncateTable& command) {
        const auto lock = ddl_lock(command.timeout);
        const auto table = shared_.tables.find(command.name);
        if (table == nullptr) {
            throw plain_error("sbroad: space " + command.name + " not found");
        }
        require_owner(*table, "write", "Write access to space");
        shared_.admin("TRUNCATE public." + quote_name(command.name));
    }

    void operator()(const AddColumn& command) {
        const auto lock = ddl_lock(command.timeout);
        TableInfo table = alterable(command.table);
        if (table.column(command.column.name) != nullptr) {
            return skip_or_fail(command.if_exists, "column " + command.column.name + " already exists");
        }
        shared_.admin("ALTER TABLE public." + quote_name(command.table) + " ADD COLUMN " +
                      quote_name(command.column.name) + " " + std::string{postgres_name(command.column.type)});
        table.columns.push_back(command.column);
        put_changed(std::move(table));
    }

    void operator()(const RenameColumn& command) {
        const auto lock = ddl_lock(command.timeout);
        TableInfo table = alterable(command.table);
        const auto column = std::find_if(table.columns.begin(), table.columns.end(),
                                         [&](const auto& one) { return one.name == command.from; });
        if (column == table.columns.end()) {
            throw plain_error("column " + command.from + " does not exist");
        }
        if (table.column(command.to) != nullptr) {
            throw plain_error("column " + command.to + " already exists");
        }
        shared_.admin("ALTER TABLE public." + quote_name(command.table) + " RENAME COLUMN " + quote_name(command.from) +
                      " TO " + quote_name(command.to));
        column->name = command.to;
        std::replace(table.primary_key.begin(), table.primary_key.end(), command.from, command.to);
        if (table.sharding_key) {
            std::replace(table.sharding_key->begin(), table.sharding_key->end(), command.from, command.to);
        }
        put_changed(std::move(table));
    }

    void operator()(const RenameTable& command) {
        const auto lock = ddl_lock(command.timeout);
        TableInfo table = alterable(command.from);
        if (shared_.tables.find(command.to) != nullptr) {
            throw plain_error("table " + command.to + " already exists");
        }
        shared_.admin("ALTER TABLE public." + quote_name(command.from) + " RENAME TO " + quote_name(command.to));
        shared_.tables.remove(command.from);
        shared_.users.rename_object("table", command.from, command.to);
        table.name = command.to;
        put_changed(std::move(table));
    }

    void operator()(const CreateIndex& command) {
        const auto lock = ddl_lock(command.timeout);
        if (shared_.tables.find_by_index(command.name) != nullptr) {
            return skip_or_fail(command.if_exists, "index " + command.name + " already exists");
        }
        TableInfo table = alterable(command.table);
        for (const auto& column : command.columns) {
            if (table.column(column) == nullptr) {
                throw plain_error("column " + column + " does not exist");
            }
        }
        std::string columns;
        for (const auto& column : command.columns) {
            columns += (columns.empty() ? "" : ", ") + quote_name(column);
        }
        shared_.admin(std::string{"CREATE "} + (command.unique ? "UNIQUE " : "") + "INDEX " + quote_name(command.name) +
                      " ON public." + quote_name(command.table) + " (" + columns + ")");
        table.indexes.push_back({command.name, table.indexes.size() + 1, command.columns, command.unique});
        shared_.tables.put(std::move(table));  // plans stay valid
    }

    void operator()(const DropIndex& command) {
        const auto lock = ddl_lock(command.timeout);
        const auto owner = shared_.tables.find_by_index(command.name);
        if (owner == nullptr) {
            return skip_or_fail(command.if_exists, "index " + command.name + " does not exist");
        }
        shared_.admin("DROP INDEX IF EXISTS public." + quote_name(command.name));
        TableInfo table = *owner;
        std::erase_if(table.indexes, [&](const auto& index) { return index.name == command.name; });
        shared_.tables.put(std::move(table));
    }

    void operator()(const RenameIndex& command) {
        const auto lock = ddl_lock(command.timeout);
        const auto owner = shared_.tables.find_by_index(command.from);
        if (owner == nullptr) {
            return skip_or_fail(command.if_exists, "index " + command.from + " does not exist");
        }
        if (shared_.tables.find_by_index(command.to) != nullptr) {
            throw plain_error("index " + command.to + " already exists");
        }
        shared_.admin("ALTER INDEX public." + quote_name(command.from) + " RENAME TO " + quote_name(command.to));
        TableInfo table = *owner;
        for (auto& index : table.indexes) {
            if (index.name == command.from) {
                index.name = command.to;
            }
        }
        shared_.tables.put(std::move(table));
    }

    void operator()(const CreateProcedure& command) {
        const auto lock = ddl_lock(command.timeout);
        require("create", "procedure", command.name, "Create access to function");
        if (shared_.tables.find_procedure(command.name)) {
            return skip_or_fail(command.if_exists, "procedure " + command.name + " already exists");
        }
        shared_.tables.put_procedure({command.name, command.parameters, command.body, user_});
    }

    void operator()(const DropProcedure& command) {
        const auto lock = ddl_lock(command.timeout);
        if (!shared_.tables.find_procedure(command.name)) {
            return skip_or_fail(command.if_exists, "procedure " + command.name + " does not exist");
        }
        shared_.tables.remove_procedure(command.name);
    }

    void operator()(const RenameProcedure& command) {
        const auto lock = ddl_lock(command.timeout);
        auto procedure = shared_.tables.find_procedure(command.from);
        if (!procedure) {
            throw plain_error("procedure " + command.from + " does not exist");
        }
        shared_.tables.remove_procedure(command.from);
        procedure->name = command.to;
        shared_.tables.put_procedure(*std::move(procedure));
    }

    void operator()(const CallProcedure&) {}  // by the engine, which runs the body

    void operator()(const AlterSystem& command) {
        if (user_ != "admin") {
            throw plain_error(
                "box error: AccessDenied: Write access to table '_pico_db_config' is denied for all users");
        }
        if (command.name && !SystemParameters::known(*command.name)) {
            throw plain_error("unknown parameter: '" + *command.name + "'");
        }
        for (const auto name : SystemParameters::names()) {
            if (command.name && *command.name != name) {
                continue;
            }
            const std::string value = command.value.value_or(SystemParameters::default_value(name));
            shared_.admin("UPDATE public._pico_db_config SET value = $2 WHERE key = $1", {std::string{name}, value});
            shared_.parameters.set(name, value);
        }
    }

private:
    using Lock = std::unique_lock<DdlTurn>;

    [[nodiscard]] Lock ddl_lock(const DdlTimeout& timeout) {
        Lock lock{shared_.ddl, std::defer_lock};
        if (!timeout) {
            lock.lock();
        } else if (timeout->count() <= 0 || !lock.try_lock_for(*timeout)) {
            throw plain_error("Timeout: timeout");
        }
        return lock;
    }

    void require_owner(const TableInfo& table, std::string_view privilege, std::string_view action) const {
        if (table.system) {
            throw access_denied(action, table.name, user_);
        }
        if (table.owner != user_) {
            require(privilege, "table", table.name, action);
        }
    }
    [[nodiscard]] TableInfo alterable(const std::string& name) const {
        const auto table = shared_.tables.find(name);
        if (table == nullptr) {
            throw plain_error("table " + name + " does not exist");
        }
        require_owner(*table, "alter", "Alter access to space");
        return *table;
    }

    void put_changed(TableInfo table) {
        table.schema_version = shared_.tables.next_schema_version();
        shared_.admin("UPDATE public._pico_table SET name = $2, schema_version = $3 WHERE id = $1",
                      {std::to_string(table.id), table.name, std::to_string(table.schema_version)});
        shared_.tables.put(std::move(table));
    }

    static std::string distribution_json(const TableInfo& table) {
        if (!table.sharding_key) {
            return R"({"Global":null})";
        }
        std::string keys;
        for (const auto& key : *table.sharding_key) {
            keys += (keys.empty() ? "\"" : ",\"") + key + '"';
        }
        return R"({"ShardedImplicitly":[[)" + keys + R"(],"murmur3",")" + table.tier + "\"]}";
    }
};

}  // namespace

SqlResult<std::string> execute_command(Catalog& catalog, const std::string& user, const ParsedCommand& parsed) {
    try {
        std::visit(Executor{catalog.shared(), user}, parsed.command);
        return parsed.tag;
    } catch (const SqlError& error) {
        return error;
    }
}

}  // namespace picoxx::devcluster
