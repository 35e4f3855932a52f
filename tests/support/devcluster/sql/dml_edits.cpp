#include "pg_connection.hpp"
#include "query_rewriter.hpp"

namespace picoxx::devcluster {
namespace {

SqlError plain(std::string message) { return {"XX000", std::move(message)}; }

/// Items between the brackets at `open`, split at commas.
std::vector<TokenRange> split_brackets(const QueryAnalysis& analysis, std::size_t open) {
    std::vector<TokenRange> items;
    TokenRange item{open + 1, open + 1};
    const auto close = analysis.partner[open];
    for (auto i = open + 1; i <= close; ++i) {
        if (i == close || analysis.tokens[i].is(",")) {
            item.end = i;
            items.push_back(item);
            item = {i + 1, i + 1};
        } else {
            i = analysis.partner[i];
        }
    }
    return items;
}

void check_columns(const TableInfo& table, const std::vector<std::string>& columns) {
    for (const auto& column : table.columns) {
        const bool given = std::find(columns.begin(), columns.end(), column.name) != columns.end();
        if (!given && !column.nullable) {
            throw plain("sbroad: invalid column: NonNull column \"" + column.name + "\" must be specified");
        }
    }
    for (const auto& name : columns) {
        if (table.column(name) == nullptr) {
            throw plain("sbroad: column with name \"" + name + "\" not found");
        }
    }
}

/// What one value of VALUES is, if that can be seen without the planner.
std::optional<SqlType> literal_type(const QueryAnalysis& analysis, TokenRange value) {
    auto begin = value.begin;
    if (value.end - begin == 2 && (analysis.tokens[begin].is("-") || analysis.tokens[begin].is("+"))) {
        ++begin;
    }
    const auto& last = analysis.tokens[value.end - 1];
    if (value.end - begin >= 3 && analysis.tokens[value.end - 2].is("::") && last.kind == TokenKind::identifier) {
        return cast_type(last.text);
    }
    if (value.end - begin != 1) {
        return std::nullopt;
    }
    switch (last.kind) {
        case TokenKind::integer: return SqlType::integer;
        case TokenKind::decimal: return SqlType::decimal;
        case TokenKind::floating: return SqlType::real;
        default: return last.is_word("true") || last.is_word("false") ? std::optional{SqlType::boolean} : std::nullopt;
    }
}

void check_row(const QueryAnalysis& analysis, const InsertShape& insert, const std::vector<TokenRange>& row) {
    if (row.size() != insert.columns.size()) {
        throw plain("sbroad: invalid query: INSERT expects " + std::to_string(insert.columns.size()) +
                    " columns, got " + std::to_string(row.size()));
    }
    for (std::size_t i = 0; i < row.size(); ++i) {
        const auto column = analysis.query.target().column(insert.columns[i])->type;
        const auto type = literal_type(analysis, row[i]);
        const bool number_to_real = type == SqlType::decimal &&
                                    column == SqlType::real;  // a literal takes the column's type
        if (type && !assignable(*type, column) && !number_to_real) {
            throw plain("sbroad: INSERT column at position " + std::to_string(i + 1) + " is of type " +
                        std::string{planner_name(column)} + ", but expression is of type " +
                        std::string{planner_name(*type)});
        }
        const auto& only = analysis.tokens[row[i].begin];
        if (column == SqlType::json && row[i].end - row[i].begin == 1 && only.kind == TokenKind::string) {
            throw plain("sbroad: failed to parse '" + only.text +
                        "' as a value of type map, consider using explicit type casts");
        }
    }
}

/// ON CONFLICT DO NOTHING | REPLACE | FAIL at the end; gives the index where the values end.
std::size_t edit_conflict(QueryAnalysis& analysis) {
    const auto end = analysis.tokens.size() - 1;
    if (end < 5 || !analysis.tokens[end - 4].is_word("on") || !analysis.tokens[end - 3].is_word("conflict") ||
        !analysis.tokens[end - 2].is_word("do")) {
        for (std::size_t i = 0; i < end; ++i) {
            if (analysis.tokens[i].is_word("conflict") && i > 0 && analysis.tokens[i - 1].is_word("on")) {
                throw SyntaxFailure{
                    analysis.at(i + 1).is_word("do") ? analysis.at(i + 2).offset : analysis.at(i + 1).offset,
                    "DoNothing, DoReplace, or DoFail"};
            }
        }
        return end;
    }
    const auto& action = analysis.tokens[end - 1];
    const auto& table = analysis.query.target();
    if (action.is_word("replace")) {
        std::string key;
        for (const auto& name : table.primary_key) {
            key += (key.empty() ? "" : ", ") + quote_name(name);
        }
        std::string set;
        for (const auto& column : table.columns) {
            set += (set.empty() ? "" : ", ") + quote_name(column.name) + " = excluded." + quote_name(column.name);
        }
        analysis.edits.replace[end - 2] = "(" + key + ") DO UPDATE SET " + set;
        analysis.edits.replace[end - 1] = "";
    } else if (action.is_word("fail")) {
        for (auto i = end - 4; i < end; ++i) {
            analysis.edits.replace[i] = "";
        }
    } else if (!action.is_word("nothing")) {
        throw SyntaxFailure{action.offset, "DoNothing, DoReplace, or DoFail"};
    }
    return end - 4;
}

void edit_insert(QueryAnalysis& analysis) {
    InsertShape insert;
    const auto& table = analysis.query.target();
    std::size_t i = analysis.at(3).is(".") ? 5 : 3;
    if (analysis.at(i).is("(") && !analysis.at(i + 1).is_word("select") && !analysis.at(i + 1).is_word("values") &&
        !analysis.at(i + 1).is_word("with")) {
        for (const auto item : split_brackets(analysis, i)) {
            if (item.end - item.begin != 1 || !analysis.tokens[item.begin].is_name()) {
                throw SyntaxFailure{analysis.tokens[item.begin].offset, "Identifier"};
            }
            insert.columns.push_back(analysis.tokens[item.begin].text);
        }
        check_columns(table, insert.columns);
        i = analysis.partner[i] + 1;
    } else {
        for (const auto& column : table.columns) {
            insert.columns.push_back(column.name);
        }
    }
    insert.source = {i, edit_conflict(analysis)};
    if (analysis.at(i).is_word("values")) {
        for (++i; i < insert.source.end; ++i) {
            if (!analysis.at(i).is("(")) {
                throw SyntaxFailure{analysis.at(i).offset, "Row"};
            }
            auto row = split_brackets(analysis, i);
            check_row(analysis, insert, row);
            insert.rows.push_back(std::move(row));
            i = analysis.partner[i] + 1;
            if (i < insert.source.end && !analysis.at(i).is(",")) {
                throw SyntaxFailure{analysis.at(i).offset,
                                    "EOI, OnConflict, or DqlOption, whichever of them comes next in the statement"};
            }
        }
        if (insert.rows.empty()) {
            throw SyntaxFailure{analysis.at(i).offset, "Row"};
        }
    }
    analysis.query.insert = std::move(insert);
}

void check_update(const QueryAnalysis& analysis) {
    const auto& table = analysis.query.target();
    std::size_t i = 1;
    while (!analysis.at(i).is_word("set")) {
        if (analysis.at(i).kind == TokenKind::end) {
            throw SyntaxFailure{analysis.at(i).offset, "UpdateList"};
        }
        ++i;
    }
    for (bool expect_column = true; i + 1 < analysis.tokens.size(); i = analysis.partner[i] + 1) {
        const auto& token = analysis.at(i);
        if (token.is_word("from") || token.is_word("where")) {
            return;
        }
        if (token.is(",") || token.is_word("set")) {
            expect_column = true;
        } else if (expect_column && token.is_name()) {
            expect_column = false;
            if (table.column(token.text) == nullptr) {
                throw plain("sbroad: column " + token.text + " not found");
            }
            if (std::find(table.primary_key.begin(), table.primary_key.end(), token.text) != table.primary_key.end()) {
                throw plain("sbroad: invalid query: it is illegal to update primary key column: \"" + token.text +
                            "\"");
            }
        }
    }
}

}  // namespace

void edit_dml(QueryAnalysis& analysis) {
    if (analysis.query.verb == "insert") {
        edit_insert(analysis);
    } else if (analysis.query.verb == "update") {
        check_update(analysis);
    }
}

}  // namespace picoxx::devcluster
