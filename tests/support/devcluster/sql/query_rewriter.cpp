#include "query_rewriter.hpp"

#include "sql_words.hpp"

#include <charconv>

namespace picoxx::devcluster {
namespace {

/// One `name = value` of OPTION(...).
void take_option(QueryAnalysis& analysis, std::size_t name_at, std::size_t value_at) {
    auto& options = analysis.query.options;
    const auto& name = analysis.at(name_at);
    const auto& value = analysis.at(value_at);
    const bool preference = name.is_word("read_preference");
    std::size_t parameter = 0;
    if (value.kind == TokenKind::parameter) {
        std::from_chars(value.text.data(), value.text.data() + value.text.size(), parameter);
        analysis.query.parameters[parameter].in_option = preference ? oid::text : oid::int8;
    }
    if (preference) {
        if (analysis.query.is_dml()) {
            throw SqlError{"XX000",
                           "sbroad: invalid OptionSpec: read_preference option is supported only for DQL queries"};
        }
        options.read_preference_parameter = parameter;
        if (parameter == 0) {
            if (!value.is_word("leader") && !value.is_word("replica") && !value.is_word("any")) {
                throw SyntaxFailure{value.offset, "Leader, Replica, Any, or Parameter"};
            }
            options.read_preference = value.text;
        }
        return;
    }
    if (!name.is_word("sql_motion_row_max") && !name.is_word("sql_vdbe_opcode_max")) {
        throw SyntaxFailure{name.offset, "SqlVdbeOpcodeMax, SqlMotionRowMax, or ReadPreference"};
    }
    OptionValue option;
    option.parameter = parameter;
    if (parameter == 0) {
        std::int64_t number = 0;
        if (value.kind != TokenKind::integer ||
            std::from_chars(value.text.data(), value.text.data() + value.text.size(), number).ec != std::errc{}) {
            throw SyntaxFailure{value.offset, "Unsigned or Parameter"};
        }
        option.literal = number;
    }
    if (name.is_word("sql_motion_row_max")) {
        options.motion_row_max = option;
    } else {
        options.vdbe_opcode_max = option;
    }
}

std::string first_verb(const std::vector<Token>& tokens) {
    const auto& word = tokens.front().text;
    return word == "with" || word == "(" ? "select" : word;
}

}  // namespace

void take_option_tail(QueryAnalysis& analysis) {
    auto& tokens = analysis.tokens;
    const auto last = tokens.size() - 1;
    if (last < 2 || !tokens[last - 1].is(")")) {
        return;
    }
    std::size_t open = last - 1;
    for (int depth = 0; open > 0; --open) {
        depth += tokens[open].is(")") ? 1 : tokens[open].is("(") ? -1 : 0;
        if (depth == 0) {
            break;
        }
    }
    if (open == 0 || !tokens[open - 1].is_word("option") || open == 1) {
        return;
    }
    for (std::size_t i = open + 1; i < last - 1; i += 4) {
        if (!tokens[i + 1].is("=")) {
            throw SyntaxFailure{tokens[i].offset, "SqlVdbeOpcodeMax, SqlMotionRowMax, or ReadPreference"};
        }
        take_option(analysis, i, i + 2);
        if (i + 3 < last - 1 && !tokens[i + 3].is(",")) {
            throw SyntaxFailure{tokens[i + 3].offset, "EOI"};
        }
    }
    tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(open) - 1, tokens.end() - 1);
    tokens.back().offset = tokens[tokens.size() - 2].offset + tokens[tokens.size() - 2].length;
}

void refuse_foreign_syntax(const QueryAnalysis& analysis) {
    const auto& tokens = analysis.tokens;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const auto& token = tokens[i];
        const auto& next = analysis.at(i + 1);
        if (token.is(";")) {
            throw SyntaxFailure{next.offset, "EOI"};
        }
        if (token.kind == TokenKind::body) {
            throw SyntaxFailure{token.offset, "EOI"};
        }
        if (token.kind != TokenKind::identifier || (i > 0 && tokens[i - 1].is("."))) {
            continue;
        }
        const bool value_follows = next.kind == TokenKind::integer || next.is_parameter();
        const bool foreign =
            (token.text == "offset" && value_follows) || token.text == "returning" ||
            ((token.text == "right" || token.text == "full" || token.text == "cross" || token.text == "natural") &&
             (next.is_word("join") || next.is_word("outer"))) ||
            (token.text == "fetch" && (next.is_word("first") || next.is_word("next"))) ||
            (token.text == "lateral" && next.is("(")) ||
            (token.text == "for" && (next.is_word("update") || next.is_word("share"))) ||
            (token.text == "intersect" && i > 0 && (next.is_word("select") || next.is_word("all") || next.is("("))) ||
            token.text == "ilike";
        if (foreign) {
            throw SyntaxFailure{token.offset, "EOI"};
        }
        // E'…', U&'…' and typed literals: a word right in front of a string that is no keyword or operator.
        if (next.kind == TokenKind::string && next.offset == token.offset + token.length) {
            throw SyntaxFailure{next.offset, "EOI"};
        }
        if (token.text == "limit" && next.kind != TokenKind::integer && !next.is_word("all") && !next.is_word("null")) {
            throw SyntaxFailure{next.offset, "Null or Unsigned"};
        }
        if (token.text == "interval" && next.kind == TokenKind::string) {
            throw SyntaxFailure{next.offset, "EOI"};
        }
    }
}

RewrittenQuery rewrite_query(std::string_view sql, std::vector<Token> tokens, const TableRegistry& registry) {
    RewrittenQuery query;
    query.tokens = std::move(tokens);
    query.verb = first_verb(query.tokens);
    QueryAnalysis analysis{query.tokens, registry, query, {}, {}, {}, {}};
    refuse_foreign_syntax(analysis);
    take_option_tail(analysis);
    analysis.partner = match_brackets(query.tokens);
    resolve_tables(analysis);
    qualify_bucket_id(analysis);
    edit_expressions(analysis);
    name_columns(analysis);
    if (query.is_dml()) {
        edit_dml(analysis);
    }
    for (const auto& [number, use] : query.parameters) {
        query.parameter_count = std::max(query.parameter_count, number);
    }
    query.edited = apply_edits(sql, query.tokens, analysis.edits);
    return query;
}

}  // namespace picoxx::devcluster
