#include "pg_connection.hpp"
#include "query_rewriter.hpp"
#include "sql_words.hpp"

#include <charconv>

namespace picoxx::devcluster {
namespace {

bool is_arithmetic(const Token& token) noexcept {
    return token.is("+") || token.is("-") || token.is("*") || token.is("/") || token.is("%");
}

/// Type word at `i` with its (n): replaced by PostgreSQL's name.
SqlType edit_type(QueryAnalysis& analysis, std::size_t i) {
    const auto& token = analysis.at(i);
    const auto type = token.kind == TokenKind::identifier ? cast_type(token.text) : std::nullopt;
    if (!type || (analysis.at(i + 1).is("["))) {
        throw SyntaxFailure{type ? analysis.at(i + 1).offset : token.offset, type ? "EOI" : "ColumnDefType"};
    }
    analysis.edits.replace[i] = postgres_name(*type);
    if (analysis.at(i + 1).is("(")) {
        for (auto j = i + 1; j <= analysis.partner[i + 1]; ++j) {
            analysis.edits.replace[j] = "";
        }
    }
    analysis.named_places.insert(i);
    return *type;
}

void edit_parameter(QueryAnalysis& analysis, std::size_t i, std::size_t number) {
    if (number == 0) {
        throw SqlError{"XX000", "sbroad: invalid query: $n parameters are indexed from 1!"};
    }
    auto& use = analysis.query.parameters[number];
    ++use.count;
    std::optional<SqlType> cast;
    if (analysis.at(i + 1).is("::") && analysis.at(i + 2).kind == TokenKind::identifier) {
        cast = cast_type(analysis.at(i + 2).text);
    }
    if (!cast || (use.cast && use.cast != cast)) {
        use.cast_everywhere = false;
    }
    if (cast) {
        use.cast = cast;
    }
    analysis.edits.replace[i] = "$" + std::to_string(number);
}

void edit_integer(QueryAnalysis& analysis, std::size_t i) {
    const auto& token = analysis.tokens[i];
    std::int64_t value = 0;
    const auto parsed = std::from_chars(token.text.data(), token.text.data() + token.text.size(), value);
    const bool after_operator = i > 0 && is_arithmetic(analysis.tokens[i - 1]);
    if (parsed.ec != std::errc{}) {
        if (token.text == "9223372036854775808" && i > 0 && analysis.tokens[i - 1].is("-")) {
            analysis.edits.before[i - 1] = "(";
            analysis.edits.after[i] = ")::bigint";
            return;
        }
        throw SqlError{"XX000", "sbroad: invalid query: value doesn't fit into integer range: " + token.text};
    }
    if (after_operator || is_arithmetic(analysis.at(i + 1)) || value > INT32_MAX) {
        analysis.edits.after[i] = "::bigint";
    }
}

/// `column[1]` of a JSON column: elements are counted from 1.
void edit_subscript(QueryAnalysis& analysis, std::size_t open) {
    auto begin = open;
    while (begin > 0 && (analysis.tokens[begin - 1].is_name() || analysis.tokens[begin - 1].is("."))) {
        --begin;
    }
    if (begin == open) {
        throw SyntaxFailure{analysis.tokens[open].offset, "EOI"};
    }
    analysis.edits.before[begin] = "picoxx.json_element(" + analysis.edits.before[begin];
    analysis.edits.replace[open] = ", ";
    analysis.edits.replace[analysis.partner[open]] = ")";
}

void check_function(const QueryAnalysis& analysis, std::size_t i) {
    const auto& token = analysis.tokens[i];
    const bool qualified = i > 1 && analysis.tokens[i - 1].is(".");
    if (qualified) {
        throw SyntaxFailure{analysis.at(i + 1).offset,
                            "EOI, UnionAllOp, UnionOp, ExceptOp, or any operator that may follow a column"};
    }
    const bool alias = i > 0 && (analysis.tokens[i - 1].is_word("as") || analysis.tokens[i - 1].is(")") ||
                                 analysis.named_places.count(i - 1) != 0);
    const bool known = token.kind == TokenKind::identifier ? takes_brackets(token.text) || is_function(token.text)
                                                           : is_function(token.text);
    if (!known && !alias) {
        throw SqlError{"XX000", "sbroad: SQL function " + token.text + " not found"};
    }
}

}  // namespace

void edit_expressions(QueryAnalysis& analysis) {
    std::size_t question = 0;
    for (std::size_t i = 0; i < analysis.tokens.size(); ++i) {
        const auto& token = analysis.tokens[i];
        switch (token.kind) {
            case TokenKind::question: edit_parameter(analysis, i, ++question); break;
            case TokenKind::parameter: {
                std::size_t number = 0;
                std::from_chars(token.text.data(), token.text.data() + token.text.size(), number);
                edit_parameter(analysis, i, number);
                break;
            }
            case TokenKind::integer: edit_integer(analysis, i); break;
            case TokenKind::floating: analysis.edits.after[i] = "::double precision"; break;
            case TokenKind::identifier:
                if (token.text == "cast" && analysis.at(i + 1).is("(")) {
                    auto as = analysis.partner[i + 1];
                    while (as > i + 1 && !analysis.tokens[as].is_word("as")) {
                        --as;
                    }
                    edit_type(analysis, as + 1);
                }
                [[fallthrough]];
            case TokenKind::quoted_identifier:
                if (analysis.at(i + 1).is("(") && analysis.named_places.count(i) == 0) {
                    check_function(analysis, i);
                }
                break;
            case TokenKind::symbol:
                if (token.is("::")) {
                    edit_type(analysis, i + 1);
                } else if (token.is("[")) {
                    edit_subscript(analysis, i);
                } else if (token.is("==")) {
                    analysis.edits.replace[i] = "=";
                }
                break;
            default: break;
        }
    }
}

}  // namespace picoxx::devcluster
