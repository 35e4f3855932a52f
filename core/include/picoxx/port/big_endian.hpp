#pragma once

#include <picoxx/port/row_block.hpp>

#include <cstddef>
#include <cstdint>

namespace picoxx {

/// The number whose bytes, the highest first, `field` is, as the binary format has integers; 0 for NULL.
/// @pre field.size <= 8
[[nodiscard]] inline std::uint64_t read_big_endian(FieldView field) noexcept {
    std::uint64_t value = 0;
    for (std::int32_t i = 0; i < field.size; ++i) value = (value << 8U) | std::to_integer<std::uint64_t>(field.data[i]);
    return value;
}

}  // namespace picoxx
