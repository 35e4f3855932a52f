#pragma once

#include "sql_result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace picoxx::devcluster {

/// A parameter's bytes as PostgreSQL text, checked as Picodata checks them at Bind. `number` is 1-based, for the texts.
/// Errors: 22P02 for text, 22P03 for binary, 0A000 where the type cannot be bound.
[[nodiscard]] SqlResult<std::string> decode_parameter(std::string_view bytes, std::uint32_t oid, std::int16_t format,
                                                      std::size_t number);

/// A value in Picodata's text form as DataRow bytes.
[[nodiscard]] SqlResult<std::string> encode_value(std::string_view text, std::uint32_t oid, std::int16_t format);

}  // namespace picoxx::devcluster
