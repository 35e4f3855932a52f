#pragma once

#include <string_view>

namespace picoxx::devcluster {

/// Words that end a SELECT list or a FROM clause at their own bracket depth.
[[nodiscard]] bool ends_clause(std::string_view word) noexcept;

/// Words that cannot be a column reference or an alias.
[[nodiscard]] bool is_reserved(std::string_view word) noexcept;

/// Words that may stand in front of `(` without being a function.
[[nodiscard]] bool takes_brackets(std::string_view word) noexcept;

/// Functions Picodata has.
[[nodiscard]] bool is_function(std::string_view word) noexcept;

}  // namespace picoxx::devcluster
