#include "query_rewriter.hpp"
#include "sql_words.hpp"

namespace picoxx::devcluster {
namespace {

struct SelectList {
    std::vector<TokenRange> items;
    std::size_t end = 0;  ///< the token behind the list
};

SelectList split_list(const QueryAnalysis& analysis, std::size_t select) {
    SelectList list;
    auto i = select + 1;
    if (analysis.at(i).is_word("distinct") || analysis.at(i).is_word("all")) {
        ++i;
    }
    TokenRange item{i, i};
    for (;; ++i) {
        const auto& token = analysis.at(i);
        const bool over = token.kind == TokenKind::end || token.is(")") || token.is(";") ||
                          (token.kind == TokenKind::identifier && ends_clause(token.text));
        if (over || token.is(",")) {
            item.end = i;
            if (item.begin == item.end) {
                throw SyntaxFailure{token.offset, "Expr, Asterisk, or Distinct"};
            }
            list.items.push_back(item);
            item = {i + 1, i + 1};
            if (over) {
                list.end = i;
                return list;
            }
            continue;
        }
        if (token.is("(") || token.is("[")) {
            i = analysis.partner[i];
        }
    }
}

bool is_word_operand(const Token& token) {
    return token.is_name() && (token.kind == TokenKind::quoted_identifier || !is_reserved(token.text));
}

/// What an item of the list is called: its alias or, for a plain column, the column.
struct ItemName {
    enum class Kind { expression, column, alias, star } kind = Kind::expression;
    std::string name;
};

ItemName name_of(const QueryAnalysis& analysis, TokenRange item) {
    const auto& last = analysis.tokens[item.end - 1];
    const auto size = item.end - item.begin;
    if (last.is("*") && (size == 1 || (size == 3 && analysis.tokens[item.begin + 1].is(".")))) {
        return {ItemName::Kind::star, {}};
    }
    if (size >= 3 && analysis.tokens[item.end - 2].is_word("as") && last.is_name()) {
        return {ItemName::Kind::alias, last.text};
    }
    bool chain = is_word_operand(last) && size % 2 == 1;
    for (auto i = item.begin; chain && i + 1 < item.end; i += 2) {
        chain = is_word_operand(analysis.tokens[i]) && analysis.tokens[i + 1].is(".");
    }
    if (chain) {
        return {ItemName::Kind::column, last.text};
    }
    if (size >= 2 && is_word_operand(last)) {
        const auto& before = analysis.tokens[item.end - 2];
        const bool operand = before.is(")") || before.is("]") || before.is_parameter() ||
                             before.kind == TokenKind::string || before.kind == TokenKind::integer ||
                             before.kind == TokenKind::decimal || before.kind == TokenKind::floating ||
                             before.is_word("end") || before.is_word("null") || before.is_word("true") ||
                             before.is_word("false") || is_word_operand(before);
        if (operand && !before.is("::")) {
            return {ItemName::Kind::alias, last.text};
        }
    }
    return {};
}

/// `NULL` and `(SELECT $1)` have no type of their own.
bool is_untyped(const QueryAnalysis& analysis, TokenRange item) {
    const auto& first = analysis.tokens[item.begin];
    if (item.end - item.begin == 1) {
        return first.is_word("null");
    }
    return item.end - item.begin == 4 && first.is("(") && analysis.tokens[item.begin + 1].is_word("select") &&
           analysis.tokens[item.begin + 2].is_parameter();
}

/// ORDER BY takes only what the list gives out.
void check_order(const QueryAnalysis& analysis, std::size_t from, const std::set<std::string>& names) {
    for (auto i = from; i < analysis.tokens.size(); ++i) {
        const auto& token = analysis.tokens[i];
        if (token.is("(")) {
            i = analysis.partner[i];
        } else if (token.is(")") || token.is_word("union") || token.is_word("except")) {
            return;
        } else if (token.is_word("order") && analysis.at(i + 1).is_word("by")) {
            for (i += 2; i < analysis.tokens.size(); ++i) {
                const auto& item = analysis.tokens[i];
                const auto& next = analysis.at(i + 1);
                const bool alone = next.is(",") || next.kind == TokenKind::end || next.is_word("asc") ||
                                   next.is_word("desc") || next.is_word("limit") || next.is(")");
                if (is_word_operand(item) && alone && !analysis.at(i - 1).is(".") && names.count(item.text) == 0) {
                    throw SqlError{"XX000", "sbroad: column with name \"" + item.text + "\" not found"};
                }
                while (i < analysis.tokens.size() && !analysis.tokens[i].is(",")) {
                    if (analysis.tokens[i].is_word("limit") || analysis.tokens[i].is(")")) {
                        return;
                    }
                    i = analysis.partner[i] + 1;
                }
            }
            return;
        }
    }
}

}  // namespace

void name_columns(QueryAnalysis& analysis) {
    std::size_t depth = 0;
    bool main_seen = false;
    for (std::size_t i = 0; i < analysis.tokens.size(); ++i) {
        const auto& token = analysis.tokens[i];
        if (token.is("(")) {
            ++depth;
        } else if (token.is(")")) {
            --depth;
        }
        if (token.is_word("limit") && depth == 0) {
            analysis.query.limited = true;
        }
        if (!token.is_word("select")) {
            continue;
        }
        const auto list = split_list(analysis, i);
        const bool main = depth == 0 && !main_seen;
        main_seen = main_seen || main;
        const bool has_from = analysis.at(list.end).is_word("from");
        std::size_t unnamed = 0;
        std::set<std::string> names;
        bool star = false;
        for (std::size_t n = 0; n < list.items.size(); ++n) {
            const auto item = list.items[n];
            const auto name = name_of(analysis, item);
            if (name.kind == ItemName::Kind::expression) {
                const auto given = "col_" + std::to_string(++unnamed);
                analysis.edits.after[item.end - 1] += " AS \"" + given + "\"";
                names.insert(given);
                if (main && !star && is_untyped(analysis, item)) {
                    analysis.query.null_columns.push_back(n);
                }
            } else if (name.kind == ItemName::Kind::column && !has_from && item.end - item.begin == 1 && depth == 0 &&
                       !analysis.query.is_dml()) {
                const auto& word = analysis.tokens[item.begin];
                throw SqlError{"XX000",
                               "sbroad: invalid expression: Reference " + word.text +
                                   " met under Values that is unsupported. For string literals use single quotes."};
            } else {
                star = star || name.kind == ItemName::Kind::star;
                names.insert(name.name);
            }
        }
        if (!star) {
            check_order(analysis, list.end, names);
        }
    }
}

}  // namespace picoxx::devcluster
