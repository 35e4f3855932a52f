#pragma once

#include <cstdint>

namespace picoxx {

/// A type number as PostgreSQL's catalogue gives it.
using Oid = std::uint32_t;

/// The types a Picodata server names in parameters and results (measured on 25.6 and 26.1), and the narrower ones
/// PostgreSQL adds.
namespace oid {
inline constexpr Oid inferred = 0;  ///< Parameters only: the server infers the type.
inline constexpr Oid boolean = 16;
inline constexpr Oid int8 = 20;
inline constexpr Oid int2 = 21;
inline constexpr Oid int4 = 23;
inline constexpr Oid text = 25;
inline constexpr Oid json = 114;
inline constexpr Oid float4 = 700;
inline constexpr Oid float8 = 701;
inline constexpr Oid unknown = 705;
inline constexpr Oid varchar = 1043;
inline constexpr Oid timestamptz = 1184;
inline constexpr Oid numeric = 1700;
inline constexpr Oid uuid = 2950;
}  // namespace oid

/// How a value is written on the wire.
enum class Format : std::uint8_t { text = 0, binary = 1 };

}  // namespace picoxx
