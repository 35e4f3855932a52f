#include "sharding_key.hpp"

#include "sql_words.hpp"

#include <algorithm>
#include <utility>

namespace picoxx::devcluster {
namespace {

bool ends_condition(const Token& token) noexcept {
    return token.kind == TokenKind::end || (token.kind == TokenKind::identifier && ends_clause(token.text));
}

int depth_change(const Token& token) noexcept {
    return token.is("(") || token.is("[") ? 1 : token.is(")") || token.is("]") ? -1 : 0;
}

/// The parts of `range` between the tokens at its own bracket depth that `separates` is true for.
template <class Separates>
std::vector<TokenRange> split(const std::vector<Token>& tokens, TokenRange range, Separates separates) {
    std::vector<TokenRange> parts{{range.begin, range.begin}};
    int depth = 0;
    for (auto i = range.begin; i < range.end; ++i) {
        depth += depth_change(tokens[i]);
        if (depth == 0 && separates(tokens[i])) {
            parts.push_back({i + 1, i + 1});
        } else {
            parts.back().end = i + 1;
        }
    }
    return parts;
}

/// `$1`, `?`, a literal with or without a sign; each with casts or without.
bool is_value(const std::vector<Token>& tokens, TokenRange range) {
    auto i = range.begin;
    if (i < range.end && (tokens[i].is("-") || tokens[i].is("+"))) {
        ++i;
    }
    if (i >= range.end) {
        return false;
    }
    const auto& token = tokens[i];
    const bool literal = token.kind == TokenKind::string || token.kind == TokenKind::integer ||
                         token.kind == TokenKind::decimal || token.kind == TokenKind::floating ||
                         token.is_word("true") || token.is_word("false") || token.is_word("null");
    if (!literal && !token.is_parameter()) {
        return false;
    }
    for (++i; i + 1 < range.end && tokens[i].is("::"); i += 2) {
    }
    return i == range.end;
}

/// `column` or `table.column`.
std::optional<std::string> column_name(const std::vector<Token>& tokens, TokenRange range) {
    const auto length = range.end - range.begin;
    const bool qualified = length == 3 && tokens[range.begin].is_name() && tokens[range.begin + 1].is(".");
    if ((length != 1 && !qualified) || !tokens[range.end - 1].is_name()) {
        return std::nullopt;
    }
    return tokens[range.end - 1].text;
}

struct Restriction {
    std::string column;
    std::vector<TokenRange> values;
};

std::optional<Restriction> equality(const std::vector<Token>& tokens, TokenRange part) {
    const auto sides = split(tokens, part, [](const Token& token) { return token.is("=") || token.is("=="); });
    if (sides.size() != 2) {
        return std::nullopt;
    }
    for (const auto& [left, right] : {std::pair{sides[0], sides[1]}, std::pair{sides[1], sides[0]}}) {
        if (auto column = column_name(tokens, left); column && is_value(tokens, right)) {
            return Restriction{*std::move(column), {right}};
        }
    }
    return std::nullopt;
}

std::optional<Restriction> membership(const std::vector<Token>& tokens, TokenRange part) {
    const auto sides = split(tokens, part, [](const Token& token) { return token.is_word("in"); });
    if (sides.size() != 2 || sides[1].end < sides[1].begin + 3 || !tokens[sides[1].begin].is("(") ||
        !tokens[sides[1].end - 1].is(")")) {
        return std::nullopt;
    }
    auto column = column_name(tokens, sides[0]);
    auto values = split(tokens, {sides[1].begin + 1, sides[1].end - 1}, [](const Token& one) { return one.is(","); });
    const bool all = std::all_of(values.begin(), values.end(),
                                 [&](TokenRange value) { return is_value(tokens, value); });
    return column && all ? std::optional{Restriction{*std::move(column), std::move(values)}} : std::nullopt;
}

/// A statement over one table, named after FROM, INTO or UPDATE, without set operations around it.
bool reads_one_table(const RewrittenQuery& query) {
    if (query.tables.size() != 1 || !query.tokens.front().is_word(query.verb)) {
        return false;
    }
    int depth = 0;
    for (std::size_t i = 0; i < query.tokens.size(); ++i) {
        const auto& token = query.tokens[i];
        depth += depth_change(token);
        const bool other_source = token.is_word("from") && query.tokens[i + 1].is("(");
        if (depth == 0 && (other_source || token.is_word("union") || token.is_word("except"))) {
            return false;
        }
    }
    return true;
}

}  // namespace

TokenRange condition_of(const RewrittenQuery& query) {
    const auto& tokens = query.tokens;
    int depth = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        depth += depth_change(tokens[i]);
        if (depth != 0 || !tokens[i].is_word("where")) {
            continue;
        }
        TokenRange condition{i + 1, i + 1};
        for (; depth > 0 || !ends_condition(tokens[condition.end]); ++condition.end) {
            depth += depth_change(tokens[condition.end]);
        }
        return condition;
    }
    return {tokens.size() - 1, tokens.size() - 1};
}

std::optional<KeyValues> key_values(const RewrittenQuery& query) {
    if (!reads_one_table(query) || !query.tables.front().table->sharded()) {
        return std::nullopt;
    }
    const auto& tokens = query.tokens;
    const auto condition = condition_of(query);
    if (split(tokens, condition, [](const Token& token) { return token.is_word("or"); }).size() > 1) {
        return std::nullopt;
    }
    std::vector<Restriction> restrictions;
    for (const auto part : split(tokens, condition, [](const Token& token) { return token.is_word("and"); })) {
        for (auto* read : {&equality, &membership}) {
            if (auto found = read(tokens, part)) {
                restrictions.push_back(*std::move(found));
            }
        }
    }
    KeyValues values;
    for (const auto& column : *query.tables.front().table->sharding_key) {
        const auto found = std::find_if(restrictions.begin(), restrictions.end(),
                                        [&](const Restriction& one) { return one.column == column; });
        if (found == restrictions.end()) {
            return std::nullopt;
        }
        values.push_back(std::move(found->values));
    }
    return values;
}

}  // namespace picoxx::devcluster
