#pragma once

#include <string_view>

namespace picoxx {

/// `sql` from its first word on: without the blanks, comments (`-- ...` and nested `/* */`), parentheses and semicolons in front.
/// A comment that is not closed stays, since what the server would take for the first word is not known.
/// Picodata 25.6 parses no comments and answers with a syntax error (measured); PostgreSQL and tools that annotate statements know them.
[[nodiscard]] std::string_view from_first_word(std::string_view sql) noexcept;

}  // namespace picoxx
