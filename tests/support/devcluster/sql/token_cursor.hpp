#pragma once

#include "tokenizer.hpp"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::devcluster {

/// Walks over the tokens of one statement; throws SyntaxFailure where the grammar would.
class TokenCursor {
public:
    explicit TokenCursor(const std::vector<Token>& tokens, std::size_t at = 0) : tokens_{&tokens}, at_{at} {}

    [[nodiscard]] const Token& peek(std::size_t ahead = 0) const {
        return (*tokens_)[std::min(at_ + ahead, tokens_->size() - 1)];
    }
    [[nodiscard]] std::size_t position() const noexcept { return at_; }
    [[nodiscard]] bool at_end() const { return peek().kind == TokenKind::end; }

    const Token& next() {
        const Token& token = peek();
        if (at_ + 1 < tokens_->size()) {
            ++at_;
        }
        return token;
    }

    /// Takes the words if all of them come next, in this order.
    bool accept(std::initializer_list<std::string_view> words) {
        std::size_t ahead = 0;
        for (const auto word : words) {
            if (!peek(ahead++).is_word(word)) {
                return false;
            }
        }
        at_ += words.size();
        return true;
    }
    bool accept(std::string_view word) { return accept({word}); }
    bool accept_symbol(std::string_view symbol) {
        if (!peek().is(symbol)) {
            return false;
        }
        next();
        return true;
    }

    void expect(std::string_view word, std::string_view rule) {
        if (!accept(word)) {
            fail(rule);
        }
    }
    void expect_symbol(std::string_view symbol, std::string_view rule) {
        if (!accept_symbol(symbol)) {
            fail(rule);
        }
    }
    void expect_end(std::string_view rule = "EOI") {
        if (!at_end()) {
            fail(rule);
        }
    }

    /// A name, `public.` in front of it dropped.
    std::string name(std::string_view rule = "Identifier") {
        if (!peek().is_name()) {
            fail(rule);
        }
        if (peek().is_word("public") && peek(1).is(".")) {
            next();
            next();
            return name(rule);
        }
        return next().text;
    }

    [[noreturn]] void fail(std::string_view rule) const { throw SyntaxFailure{peek().offset, std::string{rule}}; }

private:
    const std::vector<Token>* tokens_;
    std::size_t at_;
};

}  // namespace picoxx::devcluster
