#pragma once

#include "sql_result.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::devcluster {

enum class TokenKind {
    identifier,         ///< folded to lower case
    quoted_identifier,  ///< "name": without the outer quotes, `""` kept as it is
    string,             ///< 'text': without the outer quotes, `''` undone
    integer,
    decimal,    ///< 1.5
    floating,   ///< 1e3
    parameter,  ///< $1: text is the number
    question,   ///< ?
    symbol,     ///< operators and punctuation; `::`, `||`, `<=`, `>=`, `<>`, `!=` are one token
    body,       ///< $$ ... $$: without the marks
    end
};

struct Token {
    TokenKind kind = TokenKind::end;
    std::string text;
    std::size_t offset = 0;  ///< of the first byte in the statement
    std::size_t length = 0;

    [[nodiscard]] bool is(std::string_view symbol) const noexcept {
        return kind == TokenKind::symbol && text == symbol;
    }
    /// An unquoted word, given in lower case.
    [[nodiscard]] bool is_word(std::string_view word) const noexcept {
        return kind == TokenKind::identifier && text == word;
    }
    [[nodiscard]] bool is_name() const noexcept {
        return kind == TokenKind::identifier || kind == TokenKind::quoted_identifier;
    }
    [[nodiscard]] bool is_parameter() const noexcept {
        return kind == TokenKind::parameter || kind == TokenKind::question;
    }
};

/// Splits a statement as Picodata's grammar does: no comments, no E'', `''` the only escape; the last token is `end`.
/// Errors: the rule parsing error at the first byte that cannot be a token.
[[nodiscard]] SqlResult<std::vector<Token>> tokenize(std::string_view sql);

/// `sbroad: rule parsing error:  --> L:C ...` as the server words it. `offset` may be one past the end.
[[nodiscard]] SqlError syntax_error(std::string_view sql, std::size_t offset, std::string_view expected);

/// What the grammar expects at the start of a statement: the text of `expected` for a wrong first word.
[[nodiscard]] std::string_view statement_rules() noexcept;

/// Thrown inside the parsers; prepare() turns it into syntax_error().
struct SyntaxFailure {
    std::size_t offset;
    std::string expected;
};

}  // namespace picoxx::devcluster
