#pragma once

#include "tokenizer.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace picoxx::devcluster {

/// OIDs of PostgreSQL's types that appear on the wire.
namespace oid {
inline constexpr std::uint32_t boolean = 16;
inline constexpr std::uint32_t int8 = 20;
inline constexpr std::uint32_t int2 = 21;
inline constexpr std::uint32_t int4 = 23;
inline constexpr std::uint32_t text = 25;
inline constexpr std::uint32_t json = 114;
inline constexpr std::uint32_t float8 = 701;
inline constexpr std::uint32_t unknown = 705;
inline constexpr std::uint32_t varchar = 1043;
inline constexpr std::uint32_t timestamptz = 1184;
inline constexpr std::uint32_t numeric = 1700;
inline constexpr std::uint32_t uuid = 2950;
}  // namespace oid

/// Picodata's column types.
enum class SqlType { integer, unsigned_integer, text, real, decimal, boolean, uuid, datetime, json };

/// As a RowDescription reports it.
[[nodiscard]] std::uint32_t oid_of(SqlType type) noexcept;
/// As the planner's texts name it: `int`, `text`, `numeric`.
[[nodiscard]] std::string_view planner_name(SqlType type) noexcept;
/// As the storage names it: `unsigned`, `string`, `decimal`.
[[nodiscard]] std::string_view storage_name(SqlType type) noexcept;
/// Column type in the private PostgreSQL.
[[nodiscard]] std::string_view postgres_name(SqlType type) noexcept;

/// Type of a word in a column definition; none if the grammar has no such type.
[[nodiscard]] std::optional<SqlType> column_type(std::string_view word) noexcept;
/// Type of a word after `::` or in CAST; none if the grammar has no such cast.
[[nodiscard]] std::optional<SqlType> cast_type(std::string_view word) noexcept;

/// The planner's name for one of PostgreSQL's types: `bigint` -> `int`.
[[nodiscard]] std::string planner_name_of_postgres(std::string_view postgres_type);
/// The storage's name for one of them: `numeric` -> `decimal`.
[[nodiscard]] std::string storage_name_of_postgres(std::string_view postgres_type);
/// What a column of PostgreSQL's type is on Picodata's wire: int4 -> int8, name -> text.
[[nodiscard]] std::uint32_t wire_oid(std::uint32_t postgres_oid) noexcept;
[[nodiscard]] std::optional<SqlType> type_of_oid(std::uint32_t wire_oid) noexcept;

/// Whether a value of type `from` may be stored into a column of type `to` without a cast.
[[nodiscard]] bool assignable(SqlType from, SqlType to) noexcept;

/// Name of a parameter type Picodata refuses ("float4", "_int8"); none if PostgreSQL's catalogue has no such OID.
[[nodiscard]] std::optional<std::string_view> refused_type_name(std::uint32_t oid) noexcept;
[[nodiscard]] bool accepted_parameter_oid(std::uint32_t oid) noexcept;

}  // namespace picoxx::devcluster
