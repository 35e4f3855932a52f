#pragma once

#include <string_view>

namespace picoxx {

/// Picodata has no transactions: BEGIN succeeds and does nothing, and ROLLBACK keeps the rows (measured). A program that sends one
/// believes in what is not there.
/// @return the statement's name, such as `BEGIN`, where `sql` would begin, end or mark a transaction or switch autocommit off; else
/// empty
[[nodiscard]] std::string_view transaction_statement(std::string_view sql) noexcept;

}  // namespace picoxx
