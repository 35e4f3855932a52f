#include "sql/transaction_statement.hpp"

#include "sql/first_word.hpp"

#include <cctype>
#include <cstddef>

namespace picoxx {
namespace {

bool is_letter(char character) noexcept { return std::isalpha(static_cast<unsigned char>(character)) != 0; }
bool is_space(char character) noexcept { return std::isspace(static_cast<unsigned char>(character)) != 0; }

// Takes `word`, in any case, off the front of `sql`, with what separates it from the next.
bool take_word(std::string_view& sql, std::string_view word) noexcept {
    if (sql.size() < word.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i) {
        if (std::toupper(static_cast<unsigned char>(sql[i])) != word[i]) return false;
    }
    std::string_view rest = sql.substr(word.size());
    if (!rest.empty() && (is_letter(rest.front()) || rest.front() == '_')) return false;
    while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
    sql = rest;
    return true;
}

bool switches_autocommit_off(std::string_view sql) noexcept {
    if (!take_word(sql, "SET")) return false;
    static_cast<void>(take_word(sql, "SESSION") || take_word(sql, "LOCAL"));
    if (!take_word(sql, "AUTOCOMMIT")) return false;
    if (!take_word(sql, "TO") && !sql.empty() && sql.front() == '=') sql.remove_prefix(1);
    while (!sql.empty() && (is_space(sql.front()) || sql.front() == '\'')) sql.remove_prefix(1);
    return take_word(sql, "OFF") || take_word(sql, "FALSE") || take_word(sql, "NO") || sql.substr(0, 1) == "0";
}

}  // namespace

std::string_view transaction_statement(std::string_view sql) noexcept {
    constexpr char to_upper = static_cast<char>(~0x20);                                         // of a letter
    if (sql.size() > 2 && (sql[0] & to_upper) == 'S' && (sql[2] & to_upper) == 'L') return {};  // SELECT, the usual one
    sql = from_first_word(sql);
    if (sql.size() < 3) return {};
    switch (sql.front() & to_upper) {
        case 'A': return take_word(sql, "ABORT") ? "ABORT" : "";
        case 'B': return take_word(sql, "BEGIN") ? "BEGIN" : "";
        case 'C': return take_word(sql, "COMMIT") ? "COMMIT" : "";
        case 'E': return take_word(sql, "END") ? "END" : "";
        case 'R':
            if (take_word(sql, "ROLLBACK")) return "ROLLBACK";
            return take_word(sql, "RELEASE") ? "RELEASE SAVEPOINT" : "";
        case 'S':
            if (switches_autocommit_off(sql)) return "SET AUTOCOMMIT = OFF";
            if (take_word(sql, "SAVEPOINT")) return "SAVEPOINT";
            return take_word(sql, "START") && take_word(sql, "TRANSACTION") ? "START TRANSACTION" : "";
        default: return {};
    }
}

}  // namespace picoxx
