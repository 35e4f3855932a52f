#include "tokenizer.hpp"

#include <algorithm>
#include <array>

namespace picoxx::devcluster {
namespace {

bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\n'; }

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool is_word_start(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (static_cast<unsigned char>(c) & 0x80U) != 0;
}

bool is_word_part(char c) noexcept { return is_word_start(c) || is_digit(c); }

char fold(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Reads one statement from left to right.
class Scanner {
public:
    explicit Scanner(std::string_view sql) : sql_{sql} {}

    std::vector<Token> scan() {
        for (skip_blanks(); at_ < sql_.size(); skip_blanks()) {
            next();
        }
        push(TokenKind::end, {}, at_);
        return std::move(tokens_);
    }

private:
    [[nodiscard]] char peek(std::size_t ahead = 0) const noexcept {
        return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0';
    }

    void push(TokenKind kind, std::string text, std::size_t begin) {
        tokens_.push_back(Token{kind, std::move(text), begin, at_ - begin});
    }

    void skip_blanks() {
        while (at_ < sql_.size()) {
            if (is_blank(sql_[at_])) {
                ++at_;
            } else if (sql_[at_] == '\r' && peek(1) == '\n') {
                at_ += 2;
            } else {
                return;
            }
        }
    }

    void next() {
        const char c = peek();
        const auto begin = at_;
        if (is_word_start(c)) {
            std::string word;
            for (; at_ < sql_.size() && is_word_part(sql_[at_]); ++at_) {
                word.push_back(fold(sql_[at_]));
            }
            push(TokenKind::identifier, std::move(word), begin);
        } else if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
            number();
        } else if (c == '\'') {
            string();
        } else if (c == '"') {
            quoted();
        } else if (c == '$') {
            dollar();
        } else if (c == '?') {
            ++at_;
            push(TokenKind::question, "?", begin);
        } else {
            symbol();
        }
    }

    void number() {
        const auto begin = at_;
        auto kind = TokenKind::integer;
        const auto digits = [this] {
            while (is_digit(peek())) {
                ++at_;
            }
        };
        digits();
        if (peek() == '.' && (is_digit(peek(1)) || at_ > begin)) {
            kind = TokenKind::decimal;
            ++at_;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
            if (is_digit(peek(1 + sign))) {
                kind = TokenKind::floating;
                at_ += 1 + sign;
                digits();
            }
        }
        push(kind, std::string{sql_.substr(begin, at_ - begin)}, begin);
    }

    void string() {
        const auto begin = at_++;
        std::string text;
        for (;; ++at_) {
            if (at_ >= sql_.size()) {
                throw SyntaxFailure{begin, std::string{tokens_.empty() ? statement_rules() : "Expr"}};
            }
            if (sql_[at_] == '\'') {
                if (peek(1) != '\'') {
                    break;
                }
                ++at_;
            }
            text.push_back(sql_[at_]);
        }
        ++at_;
        push(TokenKind::string, std::move(text), begin);
    }

    void quoted() {
        const auto begin = at_++;
        std::string text;
        for (;; ++at_) {
            if (at_ >= sql_.size()) {
                throw SyntaxFailure{begin, "Identifier"};
            }
            if (sql_[at_] == '"') {
                if (peek(1) != '"') {
                    break;
                }
                text.push_back('"');
                ++at_;
            }
            text.push_back(sql_[at_]);
        }
        ++at_;
        push(TokenKind::quoted_identifier, std::move(text), begin);
    }

    void dollar() {
        const auto begin = at_;
        if (peek(1) == '$') {
            const auto close = sql_.find("$$", at_ + 2);
            if (close == std::string_view::npos) {
                throw SyntaxFailure{begin, "ProcBody"};
            }
            std::string text{sql_.substr(at_ + 2, close - at_ - 2)};
            at_ = close + 2;
            push(TokenKind::body, std::move(text), begin);
            return;
        }
        ++at_;
        while (is_digit(peek())) {
            ++at_;
        }
        if (at_ == begin + 1) {
            throw SyntaxFailure{begin, "Expr"};
        }
        push(TokenKind::parameter, std::string{sql_.substr(begin + 1, at_ - begin - 1)}, begin);
    }

    void symbol() {
        static constexpr std::array<std::string_view, 8> pairs{"::", "||", "<=", ">=", "<>", "!=", "->", "=="};
        const auto begin = at_;
        const auto two = sql_.substr(at_, 2);
        if (two == "--" || two == "/*") {
            // After an operand the first character is taken as an operator, and the second one does not fit.
            const bool as_operator = !tokens_.empty();
            throw SyntaxFailure{at_ + (as_operator ? 1U : 0U),
                                as_operator ? "any rule that starts an expression, or one of the rules that end a query"
                                            : std::string{statement_rules()}};
        }
        if (std::find(pairs.begin(), pairs.end(), two) != pairs.end()) {
            at_ += 2;
            push(TokenKind::symbol, std::string{two}, begin);
            return;
        }
        static constexpr std::string_view singles = "()[],.;+-*/%=<>:";
        if (singles.find(sql_[at_]) == std::string_view::npos) {
            throw SyntaxFailure{begin, std::string{tokens_.empty() ? statement_rules() : "EOI"}};
        }
        ++at_;
        push(TokenKind::symbol, std::string{sql_.substr(begin, 1)}, begin);
    }

    std::string_view sql_;
    std::size_t at_ = 0;
    std::vector<Token> tokens_;
};

}  // namespace

std::string_view statement_rules() noexcept {
    return "EOI, CreatePlugin, DropPlugin, AlterPlugin, CreateUser, AlterUser, DropUser, CreateRole, DropRole, "
           "GrantPrivilege, "
           "RevokePrivilege, AuditPolicy, Backup, CreatePartition, CreateTable, DropTable, TruncateTable, AlterTable, "
           "CreateProc, "
           "DropProc, RenameProc, CreateIndex, DropIndex, RenameIndex, CreateSchema, DropSchema, SetParam, "
           "SetTransaction, AlterSystem, "
           "CallProc, Explain, Query, Deallocate, Begin, Commit, Rollback, or End";
}

SqlError syntax_error(std::string_view sql, std::size_t offset, std::string_view expected) {
    offset = std::min(offset, sql.size());
    const auto before = sql.substr(0, offset);
    const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
    const auto line_begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    const auto line_end = std::min(sql.find('\n', line_begin), sql.size());
    // Columns count characters, not bytes.
    const auto in_line = sql.substr(line_begin, offset - line_begin);
    const auto column = static_cast<std::size_t>(std::count_if(
        in_line.begin(), in_line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));

    const auto number = std::to_string(line);
    const std::string gutter(number.size() + 1, ' ');
    std::string text = "sbroad: rule parsing error: " + gutter.substr(1) + "--> " + number + ":" +
                       std::to_string(column + 1) + "\n";
    text += gutter + "|\n";
    text += number + " | " + std::string{sql.substr(line_begin, line_end - line_begin)} + "\n";
    text += gutter + "| " + std::string(column, ' ') + "^---\n";
    text += gutter + "|\n";
    text += gutter + "= expected " + std::string{expected};
    return {"XX000", std::move(text)};
}

SqlResult<std::vector<Token>> tokenize(std::string_view sql) {
    try {
        return Scanner{sql}.scan();
    } catch (const SyntaxFailure& failure) {
        return syntax_error(sql, failure.offset, failure.expected);
    }
}

}  // namespace picoxx::devcluster
