#pragma once

#include <cstdint>
#include <string_view>

namespace picoxx {

/// What a statement can do, by its first word; comments before it do not count.
enum class StatementKind : std::uint8_t {
    read,    ///< Changes nothing.
    write,   ///< INSERT, UPDATE, DELETE, TRUNCATE, a block: may be applied in part.
    define,  ///< Everything else: DDL, users, settings.
};

[[nodiscard]] StatementKind statement_kind(std::string_view sql) noexcept;

}  // namespace picoxx
