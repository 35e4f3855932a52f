#include "commands.hpp"
#include "ddl_tail.hpp"

#include <algorithm>
#include <set>

namespace picoxx::devcluster {
namespace {

ParsedCommand no_effect(StatementKind kind, std::string tag) {
    return {kind, std::move(tag), NoEffect{}, std::nullopt};
}

/// One column or one PRIMARY KEY clause of CREATE TABLE.
void parse_table_element(TokenCursor& cursor, CreateTable& table) {
    if (cursor.peek().is_word("primary") && cursor.peek(1).is_word("key")) {
        if (table.columns.empty()) {
            cursor.fail("ColumnDef");
        }
        cursor.accept({"primary", "key"});
        table.primary_key = parse_name_list(cursor);
        return;
    }
    ColumnDefinition column;
    column.name = cursor.name("ColumnDef");
    column.type = parse_column_type(cursor);
    bool null_seen = false;
    bool key_seen = false;
    for (;;) {
        if (!null_seen && cursor.accept({"not", "null"})) {
            column.nullable = false;
            null_seen = true;
        } else if (!null_seen && cursor.accept("null")) {
            null_seen = true;
        } else if (!key_seen && cursor.accept({"primary", "key"})) {
            table.primary_key.push_back(column.name);
            key_seen = true;
        } else {
            break;
        }
    }
    if (!cursor.peek().is(",") && !cursor.peek().is(")")) {
        cursor.fail(null_seen ? "PrimaryKeyMark" : "PrimaryKeyMark or NotFlag");
    }
    table.columns.push_back(std::move(column));
}

void parse_distribution(TokenCursor& cursor, CreateTable& table) {
    if (cursor.accept({"distributed", "globally"})) {
        table.sharding_key.reset();
        return;
    }
    if (cursor.accept({"distributed", "by"})) {
        table.sharding_key = parse_name_list(cursor);
        if (cursor.accept({"in", "tier"})) {
            table.tier = cursor.name();
        }
    } else if (cursor.accept({"in", "tier"})) {
        table.tier = cursor.name();
    }
}

/// What the planner refuses before anything is executed.
void check_table(const CreateTable& table) {
    std::set<std::string> names;
    for (const auto& column : table.columns) {
        if (!names.insert(column.name).second) {
            throw SqlError{"XX000", "several fields have the same name: " + column.name};
        }
    }
    if (table.primary_key.empty()) {
        throw SqlError{"XX000", "sbroad: invalid primary key: Primary key must be declared."};
    }
    for (const auto& name : table.primary_key) {
        if (names.count(name) == 0) {
            throw SqlError{"XX000", "sbroad: invalid column: Primary key column " + name + " not found."};
        }
    }
    if (table.sharding_key) {
        for (const auto& name : *table.sharding_key) {
            if (names.count(name) == 0) {
                throw SqlError{"XX000", "sbroad: invalid column: Sharding key column " + name + " not found."};
            }
        }
    } else if (table.engine != "memtx") {
        throw SqlError{"XX000", "sbroad: unsupported query: global spaces can use only memtx engine"};
    }
}

ParsedCommand parse_create_table(TokenCursor& cursor) {
    CreateTable table;
    table.if_exists = parse_if_not_exists(cursor);
    table.name = cursor.name();
    cursor.expect_symbol("(", "ColumnDef");
    do {
        parse_table_element(cursor, table);
    } while (cursor.accept_symbol(","));
    cursor.expect_symbol(")", "ColumnDef or PrimaryKey");
    if (cursor.accept("using")) {
        if (!cursor.peek().is_word("memtx") && !cursor.peek().is_word("vinyl")) {
            cursor.fail("Memtx or Vinyl");
        }
        table.engine = cursor.next().text;
    }
    table.sharding_key = table.primary_key;
    parse_distribution(cursor, table);
    table.timeout = parse_ddl_tail(cursor);
    for (auto& column : table.columns) {
        if (std::find(table.primary_key.begin(), table.primary_key.end(), column.name) != table.primary_key.end()) {
            column.nullable = false;
        }
    }
    check_table(table);
    return {StatementKind::ddl, "CREATE TABLE", std::move(table), std::nullopt};
}

ParsedCommand parse_create_index(TokenCursor& cursor, bool unique) {
    CreateIndex index;
    index.unique = unique;
    index.if_exists = parse_if_not_exists(cursor);
    index.name = cursor.name();
    cursor.expect("on", "IndexTable");
    index.table = cursor.name();
    if (cursor.accept("using")) {
        static constexpr std::string_view kinds[] = {"tree", "hash", "rtree", "bitset"};
        if (std::none_of(std::begin(kinds), std::end(kinds), [&](auto kind) { return cursor.accept(kind); })) {
            cursor.fail("Tree, Hash, RTree, or BitSet");
        }
    }
    index.columns = parse_name_list(cursor);
    if (cursor.accept("with")) {
        cursor.expect_symbol("(", "IndexOptions");
        while (!cursor.at_end() && !cursor.accept_symbol(")")) {
            cursor.next();
        }
    }
    index.timeout = parse_ddl_tail(cursor);
    return {StatementKind::ddl, "CREATE INDEX", std::move(index), std::nullopt};
}

ParsedCommand parse_create_procedure(TokenCursor& cursor) {
    CreateProcedure procedure;
    procedure.if_exists = parse_if_not_exists(cursor);
    procedure.name = cursor.name();
    cursor.expect_symbol("(", "ProcParams");
    if (!cursor.accept_symbol(")")) {
        do {
            procedure.parameters.push_back(parse_column_type(cursor));
        } while (cursor.accept_symbol(","));
        cursor.expect_symbol(")", "ProcParamDef");
    }
    if (cursor.accept("language")) {
        cursor.expect("sql", "SQL");
    }
    cursor.expect("as", "ProcLanguage");
    if (cursor.peek().kind != TokenKind::body) {
        cursor.fail("ProcBody");
    }
    procedure.body = cursor.next().text;
    procedure.timeout = parse_ddl_tail(cursor);
    return {StatementKind::ddl, "CREATE PROCEDURE", std::move(procedure), std::nullopt};
}

/// A literal as JSON and as PostgreSQL text; none for NULL.
std::optional<std::string> parse_literal(TokenCursor& cursor) {
    std::string sign;
    if (cursor.accept_symbol("-")) {
        sign = "-";
    } else {
        cursor.accept_symbol("+");
    }
    const auto& token = cursor.next();
    switch (token.kind) {
        case TokenKind::integer:
        case TokenKind::decimal:
        case TokenKind::floating: return sign + token.text;
        case TokenKind::string:
        case TokenKind::identifier:
        case TokenKind::quoted_identifier:
            if (token.is_word("null")) {
                return std::nullopt;
            }
            return token.text;
        default: throw SyntaxFailure{token.offset, "Literal"};
    }
}

ParsedCommand parse_call(const std::vector<Token>& tokens) {
    TokenCursor cursor{tokens, 1};
    CallProcedure call;
    call.name = cursor.name();
    cursor.expect_symbol("(", "ProcValues");
    if (!cursor.accept_symbol(")")) {
        do {
            call.arguments.push_back(parse_literal(cursor));
        } while (cursor.accept_symbol(","));
        cursor.expect_symbol(")", "ProcValue");
    }
    if (!cursor.at_end() && !cursor.peek().is_word("option")) {
        cursor.fail("EOI");
    }
    return {StatementKind::call, "CALL", std::move(call), std::nullopt};
}

ParsedCommand parse_set(const std::vector<Token>& tokens) {
    TokenCursor cursor{tokens, 1};
    const auto value = [&] {
        const auto& token = cursor.peek();
        // The grammar takes any identifier but these two as a bare value.
        if (token.is_word("on") || token.is_word("true") ||
            (!token.is_name() && token.kind != TokenKind::string && token.kind != TokenKind::integer &&
             token.kind != TokenKind::decimal && !token.is("-"))) {
            cursor.fail("NamedParamValue");
        }
        cursor.accept_symbol("-");
        cursor.next();
    };
    if (!cursor.accept("session")) {
        cursor.accept("local");
    }
    if (cursor.accept({"time", "zone"})) {
        value();
    } else if (cursor.accept("transaction") || cursor.accept("characteristics")) {
        while (!cursor.at_end()) {
            cursor.next();
        }
    } else {
        const auto name_offset = cursor.peek().offset;
        cursor.name("NamedParam");
        if (cursor.peek().is(".")) {
            throw SyntaxFailure{
                name_offset,
                "TimeZoneParam, NamedParam, TransactionParam, Session, or Local or Characteristics, all of them"};
        }
        if (!cursor.accept("to")) {
            cursor.expect_symbol("=", "To");
        }
        do {
            value();
        } while (cursor.accept_symbol(","));
    }
    cursor.expect_end();
    return no_effect(StatementKind::set, "SET");
}

ParsedCommand parse_deallocate(const std::vector<Token>& tokens) {
    TokenCursor cursor{tokens, 1};
    cursor.accept("prepare");
    ParsedCommand parsed{StatementKind::deallocate, "DEALLOCATE", NoEffect{}, DeallocateTarget{}};
    if (cursor.accept("all")) {
        parsed.tag = "DEALLOCATE ALL";
    } else {
        parsed.deallocate->name = cursor.name();
    }
    cursor.expect_end();
    return parsed;
}

/// ALTER SYSTEM SET name = value | TO value [FOR ALL TIERS | FOR TIER t], RESET name | ALL
ParsedCommand parse_alter_system(TokenCursor& cursor) {
    AlterSystem system;
    if (cursor.accept("set")) {
        system.name = cursor.name();
        if (!cursor.accept("to")) {
            cursor.expect_symbol("=", "To");
        }
        if (!cursor.accept("default")) {
            const bool text = cursor.peek().kind == TokenKind::string ||
                              (cursor.peek().is_name() && !cursor.peek().is_word("true") &&
                               !cursor.peek().is_word("false"));
            const auto value = parse_literal(cursor);
            system.value = text ? "\"" + value.value_or("") + "\"" : value.value_or("null");
        }
    } else {
        cursor.expect("reset", "AlterSystemSet or AlterSystemReset");
        if (!cursor.accept("all")) {
            system.name = cursor.name();
        }
    }
    if (cursor.accept("for")) {
        if (!cursor.accept({"all", "tiers"})) {
            cursor.expect("tier", "AlterSystemTier");
            cursor.name();
        }
    }
    cursor.expect_end();
    return {StatementKind::system, "ALTER SYSTEM", std::move(system), std::nullopt};
}

ParsedCommand parse_alter_table(TokenCursor& cursor) {
    const auto table = cursor.name();
    if (cursor.accept("add")) {
        cursor.accept("column");
        AddColumn add;
        add.table = table;
        add.if_exists = parse_if_not_exists(cursor);
        add.column.name = cursor.name();
        add.column.type = parse_column_type(cursor);
        if (cursor.accept({"not", "null"})) {
            add.column.nullable = false;
        } else {
            cursor.accept("null");
        }
        add.timeout = parse_ddl_tail(cursor);
        return {StatementKind::ddl, "ALTER TABLE", std::move(add), std::nullopt};
    }
    cursor.expect("rename", "AlterTableColumnAction or AlterTableRenameAction");
    if (cursor.accept("to")) {
        RenameTable rename{table, cursor.name(), {}};
        rename.timeout = parse_ddl_tail(cursor);
        return {StatementKind::ddl, "ALTER TABLE", std::move(rename), std::nullopt};
    }
    cursor.accept("column");
    RenameColumn rename{table, cursor.name(), {}, {}};
    cursor.expect("to", "AlterTableRenameColumnTo");
    rename.to = cursor.name();
    rename.timeout = parse_ddl_tail(cursor);
    return {StatementKind::ddl, "ALTER TABLE", std::move(rename), std::nullopt};
}

}  // namespace

ParsedCommand parse_create(const std::vector<Token>& tokens) {
    TokenCursor cursor{tokens, 1};
    if (cursor.accept("table")) {
        return parse_create_table(cursor);
    }
    if (cursor.accept({"unique", "index"})) {
        return parse_create_index(cursor, true);
    }
    if (cursor.accept("index")) {
        return parse_create_index(cursor, false);
    }
    if (cursor.accept("procedure")) {
        return parse_create_procedure(cursor);
    }
    if (cursor.accept("schema")) {
        parse_if_not_exists(cursor);
        cursor.name();
        cursor.expect_end();
        return no_effect(StatementKind::ddl, "CREATE SCHEMA");
    }
    if (cursor.peek().is_word("user") || cursor.peek().is_word("role")) {
        return parse_acl(tokens);
    }
    throw SyntaxFailure{tokens.front().offset, std::string{statement_rules()}};
}

ParsedCommand parse_alter(const std::vector<Token>& tokens) {
    TokenCursor cursor{tokens, 1};
    if (cursor.accept("table")) {
        return parse_alter_table(cursor);
    }
    if (cursor.accept("system")) {
        return parse_alter_system(cursor);
    }
    if (cursor.accept("index")) {
        RenameIndex rename;
        rename.if_exists = parse_if_exists(cursor);
        rename.from = cursor.name();
        cursor.expect("rename", "RenameIndex");
        cursor.expect("to", "RenameIndex");
        rename.to = cursor.name();
        rename.timeout = parse_ddl_tail(cursor);
        return {StatementKind::ddl, "RENAME INDEX", std::move(rename), std::nullopt};
    }
    if (cursor.accept("procedure")) {
        RenameProcedure rename;
        rename.from = cursor.name();
        if (cursor.accept_symbol("(")) {
            while (!cursor.at_end() && !cursor.accept_symbol(")")) {
                cursor.next();
            }
        }
        cursor.expect("rename", "RenameProc");
        cursor.expect("to", "RenameProc");
        rename.to = cursor.name();
        rename.timeout = parse_ddl_tail(cursor);
        return {StatementKind::ddl, "RENAME ROUTINE", std::move(rename), std::nullopt};
    }
    if (cursor.peek().is_word("user")) {
        return parse_acl(tokens);
    }
    throw SyntaxFailure{tokens.front().offset, std::string{statement_rules()}};
}

ParsedCommand parse_drop(const std::vector<Token>& tokens) {
    TokenCursor cursor{tokens, 1};
    if (cursor.accept("table")) {
        DropTable drop;
        drop.if_exists = parse_if_exists(cursor);
        drop.name = cursor.name();
        drop.timeout = parse_ddl_tail(cursor);
        return {StatementKind::ddl, "DROP TABLE", std::move(drop), std::nullopt};
    }
    if (cursor.accept("index")) {
        DropIndex drop;
        drop.if_exists = parse_if_exists(cursor);
        drop.name = cursor.name();
        drop.timeout = parse_ddl_tail(cursor);
        return {StatementKind::ddl, "DROP INDEX", std::move(drop), std::nullopt};
    }
    if (cursor.accept("procedure")) {
        DropProcedure drop;
        drop.if_exists = parse_if_exists(cursor);
        drop.name = cursor.name();
        if (cursor.accept_symbol("(")) {
            while (!cursor.at_end() && !cursor.accept_symbol(")")) {
                cursor.next();
            }
        }
        drop.timeout = parse_ddl_tail(cursor);
        return {StatementKind::ddl, "DROP PROCEDURE", std::move(drop), std::nullopt};
    }
    if (cursor.accept("schema")) {
        parse_if_exists(cursor);
        cursor.name();
        cursor.expect_end();
        return no_effect(StatementKind::ddl, "DROP SCHEMA");
    }
    if (cursor.peek().is_word("user") || cursor.peek().is_word("role")) {
        return parse_acl(tokens);
    }
    throw SyntaxFailure{tokens.front().offset, std::string{statement_rules()}};
}

std::optional<ParsedCommand> parse_command(const std::vector<Token>& tokens) {
    TokenCursor cursor{tokens};
    const auto bare = [&](StatementKind kind, std::string tag) {
        cursor.next();
        cursor.expect_end();
        return no_effect(kind, std::move(tag));
    };
    const auto& first = tokens.front();
    if (first.kind == TokenKind::identifier) {
        const auto& word = first.text;
        if (word == "create") return parse_create(tokens);
        if (word == "alter") return parse_alter(tokens);
        if (word == "drop") return parse_drop(tokens);
        if (word == "grant" || word == "revoke" || word == "audit") return parse_acl(tokens);
        if (word == "call") return parse_call(tokens);
        if (word == "set") return parse_set(tokens);
        if (word == "deallocate") return parse_deallocate(tokens);
        if (word == "begin") return bare(StatementKind::transaction, "BEGIN");
        if (word == "commit" || word == "end") return bare(StatementKind::transaction, "COMMIT");
        if (word == "rollback") return bare(StatementKind::transaction, "ROLLBACK");
        if (word == "truncate") {
            cursor.next();
            cursor.accept("table");
            TruncateTable truncate;
            truncate.name = cursor.name();
            truncate.timeout = parse_ddl_tail(cursor);
            return ParsedCommand{StatementKind::ddl, "TRUNCATE TABLE", std::move(truncate), std::nullopt};
        }
        static constexpr std::string_view queries[] = {"select", "values", "with",   "insert",
                                                       "update", "delete", "explain"};
        if (std::find(std::begin(queries), std::end(queries), word) != std::end(queries)) {
            return std::nullopt;
        }
    } else if (first.is("(")) {
        return std::nullopt;
    }
    throw SyntaxFailure{first.offset, std::string{statement_rules()}};
}

}  // namespace picoxx::devcluster
