#pragma once

#include <string_view>

namespace picoxx {

/// Picodata has no transactions: BEGIN succeeds and does nothing, and ROLLBACK keeps the rows (measured). A program
/// that sends one believes in what is not there.
/// @return the statement's name, such as `BEGIN`, where `sql` would begin, end or mark a transaction or switch
/// autocommit off; else empty
[[nodiscard]] std::string_view transaction_statement(std::string_view sql) noexcept;

/// A look at the first letters: false for SELECT, INSERT, UPDATE, DELETE, WITH and VALUES, so that these cost no more
/// than that.
[[nodiscard]] inline bool may_be_transaction_statement(std::string_view sql) noexcept {
    constexpr char lower = 0x20;
    if (sql.size() < 3) return false;
    switch (sql[0] | lower) {
        case 'i':
        case 'u':
        case 'd':
        case 'w':
        case 'v': return false;
        case 's': return (sql[2] | lower) != 'l';
        default: return true;
    }
}

}  // namespace picoxx
