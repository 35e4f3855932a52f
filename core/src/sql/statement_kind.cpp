#include "sql/statement_kind.hpp"

#include "sql/words.hpp"

#include <initializer_list>

namespace picoxx {
namespace {

bool names_one_of(std::string_view sql, std::initializer_list<std::string_view> keywords) noexcept {
    for (std::string_view word = take_next_word(sql); !word.empty(); word = take_next_word(sql)) {
        for (const std::string_view keyword : keywords) {
            if (is_keyword(word, keyword)) return true;
        }
    }
    return false;
}

bool begins_with_one_of(std::string_view sql, std::initializer_list<std::string_view> keywords) noexcept {
    for (const std::string_view keyword : keywords) {
        if (take_word(sql, keyword)) return true;
    }
    return false;
}

bool changes_rows(std::string_view sql) noexcept {
    return names_one_of(sql, {"INSERT", "UPDATE", "DELETE", "TRUNCATE"});
}

}  // namespace

StatementKind statement_kind(std::string_view sql) noexcept {
    sql = from_first_word(sql);
    if (sql.empty() || begins_with_one_of(sql, {"SELECT", "VALUES"})) return StatementKind::read;
    if (begins_with_one_of(sql, {"INSERT", "UPDATE", "DELETE", "TRUNCATE", "DO", "CALL"})) return StatementKind::write;
    if (take_word(sql, "WITH")) return changes_rows(sql) ? StatementKind::write : StatementKind::read;
    if (take_word(sql, "EXPLAIN")) {
        const bool executes = names_one_of(sql, {"ANALYZE"}) && changes_rows(sql);
        return executes ? StatementKind::write : StatementKind::read;
    }
    return StatementKind::define;
}

}  // namespace picoxx
