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

/// WITH, and EXPLAIN with ANALYZE, are writes where INSERT, UPDATE, DELETE or TRUNCATE stands anywhere outside quotes
/// and comments. Picodata's EXPLAIN executes nothing (measured), and whether it takes such a WITH is not known; taking
/// a read for a write only makes its Effect more careful.
[[nodiscard]] StatementKind statement_kind(std::string_view sql) noexcept;

}  // namespace picoxx
