#pragma once

#include "statement_edits.hpp"
#include "table_registry.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace picoxx::devcluster {

enum class TableAccess { read, write, read_and_write };

struct TableUse {
    TablePointer table;
    TableAccess access = TableAccess::read;
    std::string alias;  ///< what the statement calls it
};

/// How a statement uses one `$n`.
struct ParameterUse {
    std::size_t count = 0;        ///< uses outside OPTION(...)
    std::optional<SqlType> cast;  ///< type of `$n::type`, if every use has that cast
    bool cast_everywhere = true;
    std::optional<std::uint32_t> in_option;  ///< type it has in OPTION(...)
};

/// Half-open range of token indexes.
struct TokenRange {
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// OPTION (sql_motion_row_max = 10 | $1, …): the value itself or the 1-based number of the parameter that has it.
struct OptionValue {
    std::optional<std::int64_t> literal;
    std::size_t parameter = 0;
};

struct QueryOptions {
    std::optional<OptionValue> motion_row_max;
    std::optional<OptionValue> vdbe_opcode_max;
    std::optional<std::string> read_preference;
    std::size_t read_preference_parameter = 0;
};

/// INSERT INTO table [(columns)] VALUES (…), (…) or SELECT …
struct InsertShape {
    std::vector<std::string> columns;           ///< targets in the order of the values
    std::vector<std::vector<TokenRange>> rows;  ///< of VALUES; empty for SELECT
    TokenRange source;
};

/// A query or DML statement, ready for PostgreSQL, and what was learnt on the way.
struct RewrittenQuery {
    std::vector<Token> tokens;  ///< without EXPLAIN, trailing `;` and OPTION(...)
    EditedStatement edited;
    std::string verb;  ///< select, values, insert, update, delete
    std::vector<TableUse> tables;
    std::map<std::size_t, ParameterUse> parameters;  ///< by 1-based number
    std::size_t parameter_count = 0;
    QueryOptions options;
    std::vector<std::size_t> null_columns;  ///< result columns that are a bare NULL: type unknown
    std::optional<InsertShape> insert;
    bool limited = false;  ///< has a LIMIT at its top level

    [[nodiscard]] bool is_dml() const noexcept { return verb == "insert" || verb == "update" || verb == "delete"; }
    /// The table an INSERT, UPDATE or DELETE changes. @pre is_dml()
    [[nodiscard]] const TableInfo& target() const { return *tables.front().table; }
};

/// `tokens` ends with `end` and has no trailing `;`. @throw SyntaxFailure, SqlError
[[nodiscard]] RewrittenQuery rewrite_query(std::string_view sql, std::vector<Token> tokens,
                                           const TableRegistry& registry);

/// State that the steps of rewrite_query share; each step adds edits.
struct QueryAnalysis {
    std::vector<Token>& tokens;
    const TableRegistry& registry;
    RewrittenQuery& query;
    std::vector<std::size_t> partner;  ///< match_brackets
    StatementEdits edits;
    std::set<std::string> cte_names;
    std::set<std::size_t> named_places;  ///< tokens that name a table or a CTE, not a function

    [[nodiscard]] const Token& at(std::size_t index) const { return tokens[std::min(index, tokens.size() - 1)]; }
};

/// Takes OPTION(...) off the end. Works on the tokens, before anything else.
void take_option_tail(QueryAnalysis& analysis);
/// Refuses what Picodata's grammar does not have and PostgreSQL's does.
void refuse_foreign_syntax(const QueryAnalysis& analysis);
/// Finds the tables, checks them against the registry.
void resolve_tables(QueryAnalysis& analysis);
/// Says of which table the hidden column `bucket_id` is meant where only its name stands.
void qualify_bucket_id(QueryAnalysis& analysis);
/// `$n` and `?`; casts; literals; functions; subscripts.
void edit_expressions(QueryAnalysis& analysis);
/// Gives unnamed result columns the names col_1, col_2, …; checks ORDER BY.
void name_columns(QueryAnalysis& analysis);
/// Column lists, ON CONFLICT, the checks of INSERT and UPDATE.
void edit_dml(QueryAnalysis& analysis);

}  // namespace picoxx::devcluster
