#pragma once

#include <picoxx/picodata/bucket_id.hpp>

#include <picoxx/port/command.hpp>

#include <array>
#include <cstdint>
#include <span>

namespace picoxx {

/// As what value a server takes a bound parameter where that is part of a key. It depends on the declared type, on
/// casts in the SQL and, for text, on what the server infers.
enum class KeyReading : std::uint8_t {
    integer,
    text,
    boolean,
    decimal,
    datetime,
    uuid,
    bound_double,  ///< A float8 parameter without a cast.
    cast_double,   ///< Cast to DOUBLE.
    as_double,     ///< The same, hashed as servers up to 25.6 do.
    bound_as_double,
};

/// The readings that a parameter of this type and format may have, the likelier ones first. Empty for those whose
/// arithmetic is not certain, such as a binary numeric.
[[nodiscard]] std::span<const KeyReading> readings_of(const Parameter& parameter) noexcept;

/// Adds the parameter as the part of a key. NULL is NULL in each reading.
/// @return false where its value cannot be read so; the hash is then of no use
[[nodiscard]] bool add_parameter(KeyHash& hash, const Parameter& parameter, KeyReading reading) noexcept;

}  // namespace picoxx
