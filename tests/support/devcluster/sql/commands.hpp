#pragma once

#include "catalog.hpp"
#include "sql_engine.hpp"
#include "sql_types.hpp"
#include "tokenizer.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace picoxx::devcluster {

enum class IfExists { fail, skip };

struct ColumnDefinition {
    std::string name;
    SqlType type = SqlType::integer;
    bool nullable = true;
};

/// Longest wait for the DDL lock; none = for ever. OPTION (TIMEOUT = seconds).
using DdlTimeout = std::optional<std::chrono::duration<double>>;

struct CreateTable {
    std::string name;
    IfExists if_exists = IfExists::fail;
    std::vector<ColumnDefinition> columns;
    std::vector<std::string> primary_key;
    std::optional<std::vector<std::string>> sharding_key;  ///< none = global
    std::optional<std::string> tier;
    std::string engine = "memtx";
    DdlTimeout timeout;
};
struct DropTable {
    std::string name;
    IfExists if_exists = IfExists::fail;
    DdlTimeout timeout;
};
struct TruncateTable {
    std::string name;
    DdlTimeout timeout;
};
struct AddColumn {
    std::string table;
    ColumnDefinition column;
    IfExists if_exists = IfExists::fail;
    DdlTimeout timeout;
};
struct RenameColumn {
    std::string table;
    std::string from;
    std::string to;
    DdlTimeout timeout;
};
struct RenameTable {
    std::string from;
    std::string to;
    DdlTimeout timeout;
};
struct CreateIndex {
    std::string name;
    std::string table;
    std::vector<std::string> columns;
    IfExists if_exists = IfExists::fail;
    bool unique = false;
    DdlTimeout timeout;
};
struct DropIndex {
    std::string name;
    IfExists if_exists = IfExists::fail;
    DdlTimeout timeout;
};
struct RenameIndex {
    std::string from;
    std::string to;
    IfExists if_exists = IfExists::fail;
    DdlTimeout timeout;
};
struct CreateProcedure {
    std::string name;
    std::vector<SqlType> parameters;
    std::string body;
    IfExists if_exists = IfExists::fail;
    DdlTimeout timeout;
};
struct DropProcedure {
    std::string name;
    IfExists if_exists = IfExists::fail;
    DdlTimeout timeout;
};
struct RenameProcedure {
    std::string from;
    std::string to;
    DdlTimeout timeout;
};
struct CallProcedure {
    std::string name;
    std::vector<std::optional<std::string>> arguments;
};
struct CreateUser {
    std::string name;
    IfExists if_exists = IfExists::fail;
    std::optional<std::string> password;
    AuthMethod method = AuthMethod::md5;
};
struct AlterUser {
    enum class Action { password, login, nologin, rename };
    std::string name;
    Action action = Action::login;
    std::string argument;  ///< the new password or name
    AuthMethod method = AuthMethod::md5;
};
struct DropUser {
    std::string name;
    IfExists if_exists = IfExists::fail;
};
struct CreateRole {
    std::string name;
    IfExists if_exists = IfExists::fail;
};
struct DropRole {
    std::string name;
    IfExists if_exists = IfExists::fail;
};
/// GRANT and REVOKE of a privilege.
struct ChangePrivilege {
    bool revoke = false;
    std::string privilege;    ///< read, write, create, alter, drop, execute, login, session, usage
    std::string object_type;  ///< table, user, role, procedure, universe
    std::optional<std::string> object;
    std::string grantee;
};
/// GRANT and REVOKE of a role.
struct ChangeRole {
    bool revoke = false;
    std::string role;
    std::string grantee;
};
struct AlterSystem {
    std::optional<std::string> name;   ///< none = RESET ALL
    std::optional<std::string> value;  ///< JSON; none = RESET
};
/// Accepted, answered with its tag, without effect.
struct NoEffect {};

using Command =
    std::variant<NoEffect, CreateTable, DropTable, TruncateTable, AddColumn, RenameColumn, RenameTable, CreateIndex,
                 DropIndex, RenameIndex, CreateProcedure, DropProcedure, RenameProcedure, CallProcedure, CreateUser,
                 AlterUser, DropUser, CreateRole, DropRole, ChangePrivilege, ChangeRole, AlterSystem>;

/// A statement that is no query and no DML.
struct ParsedCommand {
    StatementKind kind = StatementKind::ddl;
    std::string tag;
    Command command;
    std::optional<DeallocateTarget> deallocate;
};

/// Parses everything but queries, DML and EXPLAIN; none if the statement is one of those.
/// @throw SyntaxFailure, SqlError
[[nodiscard]] std::optional<ParsedCommand> parse_command(const std::vector<Token>& tokens);

/// Parts of parse_command by family. @pre the first word fits.
[[nodiscard]] ParsedCommand parse_create(const std::vector<Token>& tokens);
[[nodiscard]] ParsedCommand parse_alter(const std::vector<Token>& tokens);
[[nodiscard]] ParsedCommand parse_drop(const std::vector<Token>& tokens);
[[nodiscard]] ParsedCommand parse_acl(const std::vector<Token>& tokens);

}  // namespace picoxx::devcluster
