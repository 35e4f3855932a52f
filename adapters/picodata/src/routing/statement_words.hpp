#pragma once

#include <picoxx/port/c_string_view.hpp>

#include <cstdint>

namespace picoxx {

/// What the first word of a statement tells whoever wants to know its owner.
enum class StatementVerb : std::uint8_t {
    may_have_a_key,  ///< It reads or changes rows.
    defines,         ///< It changes tables, or who may use them.
    other,
};

[[nodiscard]] StatementVerb verb_of(CStringView sql) noexcept;

}  // namespace picoxx
