#include "statement_edits.hpp"

#include "pg_connection.hpp"

#include <numeric>

namespace picoxx::devcluster {
namespace {

std::string token_text(std::string_view sql, const Token& token) {
    return token.kind == TokenKind::quoted_identifier ? quote_name(token.text)
                                                      : std::string{sql.substr(token.offset, token.length)};
}

}  // namespace

std::size_t EditedStatement::original_offset(std::size_t edited_offset) const noexcept {
    std::size_t original = 0;
    for (const auto& place : places) {
        if (place.edited > edited_offset) {
            break;
        }
        original = place.original;
    }
    return original;
}

EditedStatement apply_edits(std::string_view sql, const std::vector<Token>& tokens, const StatementEdits& edits) {
    EditedStatement edited;
    const auto add = [&](const std::map<std::size_t, std::string>& texts, std::size_t index) {
        if (const auto found = texts.find(index); found != texts.end()) {
            edited.text += found->second;
        }
    };
    std::size_t end_of_last = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const auto& token = tokens[i];
        if (token.offset > end_of_last) {
            edited.text += ' ';
        }
        end_of_last = token.offset + token.length;
        add(edits.before, i);
        edited.places.push_back({edited.text.size(), token.offset});
        if (const auto found = edits.replace.find(i); found != edits.replace.end()) {
            edited.text += found->second;
        } else {
            edited.text += token_text(sql, token);
        }
        add(edits.after, i);
    }
    return edited;
}

std::vector<std::size_t> match_brackets(const std::vector<Token>& tokens) {
    std::vector<std::size_t> partner(tokens.size());
    std::iota(partner.begin(), partner.end(), std::size_t{0});
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (tokens[i].is("(") || tokens[i].is("[")) {
            open.push_back(i);
        } else if (tokens[i].is(")") || tokens[i].is("]")) {
            if (open.empty() || tokens[open.back()].is("(") != tokens[i].is(")")) {
                throw SyntaxFailure{tokens[i].offset, "EOI"};
            }
            partner[open.back()] = i;
            open.pop_back();
        }
    }
    if (!open.empty()) {
        throw SyntaxFailure{tokens.back().offset, "Expr"};
    }
    return partner;
}

}  // namespace picoxx::devcluster
