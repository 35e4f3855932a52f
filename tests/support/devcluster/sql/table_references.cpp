#include "pg_connection.hpp"
#include "query_rewriter.hpp"
#include "sql_words.hpp"

namespace picoxx::devcluster {
namespace {

/// `name AS (` and `name (a, b) AS (` behind WITH or a comma.
void collect_ctes(QueryAnalysis& analysis) {
    for (std::size_t i = 0; i + 2 < analysis.tokens.size(); ++i) {
        const auto& token = analysis.tokens[i];
        if (!token.is_name() || (token.kind == TokenKind::identifier && is_reserved(token.text))) {
            continue;
        }
        std::size_t after = i + 1;
        if (analysis.tokens[after].is("(")) {
            after = analysis.partner[after] + 1;
        }
        const bool introduced = i > 0 && (analysis.tokens[i - 1].is_word("with") || analysis.tokens[i - 1].is(",") ||
                                          analysis.tokens[i - 1].is_word("recursive"));
        if (introduced && analysis.at(after).is_word("as") && analysis.at(after + 1).is("(") &&
            !analysis.at(i - 1).is(".")) {
            const auto& inside = analysis.at(after + 2);
            if (inside.is_word("select") || inside.is_word("values") || inside.is_word("with") || inside.is("(")) {
                analysis.cte_names.insert(token.text);
                analysis.named_places.insert(i);
            }
        }
    }
}

enum class Role { source, target };

/// What the table named at `i` is called: the name behind it, or its own.
std::string alias_behind(const QueryAnalysis& analysis, std::size_t i) {
    const auto& next = analysis.at(i + 1);
    if (next.is_word("as")) {
        return analysis.at(i + 2).text;
    }
    const bool alias = next.kind == TokenKind::quoted_identifier ||
                       (next.kind == TokenKind::identifier && !is_reserved(next.text) && !ends_clause(next.text));
    return alias ? next.text : analysis.at(i).text;
}

/// The table name at `i`, `public.` allowed; gives the index behind it.
std::size_t resolve_name(QueryAnalysis& analysis, std::size_t i, Role role, TableAccess access) {
    if (analysis.at(i).is_word("public") && analysis.at(i + 1).is(".") && analysis.at(i + 2).is_name()) {
        analysis.edits.replace[i] = "";
        analysis.edits.replace[i + 1] = "";
        i += 2;
    } else if (analysis.at(i + 1).is(".")) {
        i += 2;
    }
    const auto& token = analysis.at(i);
    if (!token.is_name()) {
        throw SyntaxFailure{token.offset, "Table"};
    }
    analysis.named_places.insert(i);
    if (role == Role::source && analysis.cte_names.count(token.text) != 0) {
        return i + 1;
    }
    auto table = analysis.registry.find(token.text);
    if (!table) {
        throw SqlError{"XX000", role == Role::target ? "sbroad: space " + token.text + " not found"
                                                     : "sbroad: table with name \"" + token.text + "\" not found"};
    }
    analysis.edits.replace[i] = "public." + quote_name(token.text);
    analysis.query.tables.push_back({std::move(table), access, alias_behind(analysis, i)});
    return i + 1;
}

/// What is known about the query at one bracket depth.
struct Level {
    bool select_seen = false;
    bool in_from = false;
};

}  // namespace

void resolve_tables(QueryAnalysis& analysis) {
    collect_ctes(analysis);
    const auto& query = analysis.query;
    std::size_t i = 0;
    if (query.verb == "insert") {
        if (!analysis.at(1).is_word("into")) {
            throw SyntaxFailure{analysis.at(1).offset, "Insert"};
        }
        i = resolve_name(analysis, 2, Role::target, TableAccess::write);
    } else if (query.verb == "update") {
        i = resolve_name(analysis, 1, Role::target, TableAccess::read_and_write);
    } else if (query.verb == "delete") {
        if (!analysis.at(1).is_word("from")) {
            throw SyntaxFailure{analysis.at(1).offset, "Delete"};
        }
        i = resolve_name(analysis, 2, Role::target, TableAccess::read_and_write);
    }
    std::vector<Level> levels(1);
    levels.back().select_seen = query.verb == "update";  // UPDATE … FROM
    for (; i < analysis.tokens.size(); ++i) {
        const auto& token = analysis.tokens[i];
        bool table_follows = false;
        if (token.is("(")) {
            levels.emplace_back();
        } else if (token.is(")")) {
            levels.pop_back();
        } else if (token.is(",")) {
            table_follows = levels.back().in_from;
        } else if (token.is_word("select")) {
            levels.back() = {true, false};
        } else if (token.is_word("from")) {
            table_follows = levels.back().in_from = levels.back().select_seen;
        } else if (token.is_word("join")) {
            table_follows = true;
        } else if (token.kind == TokenKind::identifier && ends_clause(token.text)) {
            levels.back().in_from = false;
        }
        if (table_follows && !analysis.at(i + 1).is("(")) {
            i = resolve_name(analysis, i + 1, Role::source, TableAccess::read) - 1;
        }
    }
}

void qualify_bucket_id(QueryAnalysis& analysis) {
    const auto& tables = analysis.query.tables;
    const auto sharded = std::find_if(tables.begin(), tables.end(),
                                      [](const TableUse& use) { return use.table->sharded(); });
    if (sharded == tables.end() || (analysis.query.verb == "insert" && tables.size() == 1)) {
        return;
    }
    for (std::size_t i = 1; i < analysis.tokens.size(); ++i) {
        const auto& before = analysis.tokens[i - 1];
        if (analysis.tokens[i].is_word("bucket_id") && !before.is(".") && !before.is_word("as") &&
            !analysis.at(i + 1).is("(")) {
            analysis.edits.replace[i] = quote_name(sharded->alias) + ".bucket_id";
        }
    }
}

}  // namespace picoxx::devcluster
