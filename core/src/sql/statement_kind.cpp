#include "sql/statement_kind.hpp"

#include "sql/first_word.hpp"

#include <algorithm>
#include <cctype>

namespace picoxx {
namespace {

bool starts_with_word(std::string_view sql, std::string_view word) noexcept {
    if (sql.size() < word.size()) return false;
    const bool same = std::equal(word.begin(), word.end(), sql.begin(), [](char expected, char found) {
        return std::tolower(static_cast<unsigned char>(found)) == expected;
    });
    return same && (sql.size() == word.size() || std::isalnum(static_cast<unsigned char>(sql[word.size()])) == 0);
}

}  // namespace

StatementKind statement_kind(std::string_view sql) noexcept {
    sql = from_first_word(sql);
    if (sql.empty()) return StatementKind::read;
    for (const std::string_view word : {"select", "values", "with", "explain"}) {
        if (starts_with_word(sql, word)) return StatementKind::read;
    }
    for (const std::string_view word : {"insert", "update", "delete", "truncate", "do", "call"}) {
        if (starts_with_word(sql, word)) return StatementKind::write;
    }
    return StatementKind::define;
}

}  // namespace picoxx
