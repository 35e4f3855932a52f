#include "sql/transaction_statement.hpp"

#include "sql/words.hpp"

#include <algorithm>

namespace picoxx {
namespace {

bool switches_autocommit_off(std::string_view sql) noexcept {
    if (!take_word(sql, "SET")) return false;
    static_cast<void>(take_word(sql, "SESSION") || take_word(sql, "LOCAL"));
    if (!take_word(sql, "AUTOCOMMIT")) return false;
    if (!take_word(sql, "TO") && !sql.empty() && sql.front() == '=') sql.remove_prefix(1);
    sql.remove_prefix(std::min(sql.find_first_not_of(" \t\r\n'"), sql.size()));
    return take_word(sql, "OFF") || take_word(sql, "FALSE") || take_word(sql, "NO") || sql.substr(0, 1) == "0";
}

}  // namespace

std::string_view transaction_statement(std::string_view sql) noexcept {
    constexpr char to_upper = static_cast<char>(~0x20);  // of a letter
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
