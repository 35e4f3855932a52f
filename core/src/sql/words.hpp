#pragma once

#include <cstddef>
#include <string_view>

namespace picoxx {

/// `sql` from its first word on: without the blanks, comments (`-- ...` and nested `/* */`), parentheses and semicolons
/// in front. A comment that is not closed stays, since what the server would take for the first word is not known.
/// Picodata 25.6 parses no comments and answers with a syntax error (measured); PostgreSQL and tools that annotate
/// statements know them.
[[nodiscard]] std::string_view from_first_word(std::string_view sql) noexcept;

/// Takes `word`, in any case, off the front of `sql`, and the blanks behind it. False, and nothing taken, where another
/// word begins so.
/// @pre word is in upper case
[[nodiscard]] bool take_word(std::string_view& sql, std::string_view word) noexcept;

/// Takes everything up to and with the next keyword or bare name. Skips comments, numbers and what is quoted: '...',
/// "..." and $$...$$.
/// @return that word; empty at the end
[[nodiscard]] std::string_view take_next_word(std::string_view& sql) noexcept;

/// Whether `word` is `keyword`, in any case.
/// @pre keyword is in upper case
[[nodiscard]] bool is_keyword(std::string_view word, std::string_view keyword) noexcept;

/// Bytes of the part in quotes that `sql` begins with: a doubled quote inside does not end it, and one that is not
/// closed reaches to the end.
/// @pre sql begins with ' or "
[[nodiscard]] std::size_t quoted_size(std::string_view sql) noexcept;

}  // namespace picoxx
