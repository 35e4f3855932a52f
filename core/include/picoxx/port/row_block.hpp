#pragma once

#include <picoxx/port/oid.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace picoxx {

/// One result column. Lifetime of the name: that of what it was asked from.
struct Column {
    std::string_view name;
    Oid type = oid::unknown;
    Format format = Format::text;
};

/// The bytes of one field. Lifetime: that of the block.
struct FieldView {
    const std::byte* data = nullptr;
    std::int32_t size = -1;  ///< Bytes; -1 is NULL.

    [[nodiscard]] bool is_null() const noexcept { return size < 0; }
    [[nodiscard]] std::string_view bytes() const noexcept {
        return size <= 0 ? std::string_view{}
                         : std::string_view{reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
    }
};

/// Some rows of one result, as they came over the wire. Owns its bytes; immutable.
/// Implemented by transports. Thread safety: any number of readers.
class RowBlock {
public:
    RowBlock() = default;
    RowBlock(const RowBlock&) = delete;
    RowBlock& operator=(const RowBlock&) = delete;
    virtual ~RowBlock() = default;

    [[nodiscard]] virtual std::size_t row_count() const noexcept = 0;
    [[nodiscard]] virtual std::size_t column_count() const noexcept = 0;

    /// @pre column < column_count()
    [[nodiscard]] virtual Column column(std::size_t column) const noexcept = 0;

    /// @pre row < row_count() and column < column_count()
    [[nodiscard]] virtual FieldView field(std::size_t row, std::size_t column) const noexcept = 0;

    /// All fields of one row in one call.
    /// @pre row < row_count() and fields.size() == column_count()
    virtual void read_row(std::size_t row, std::span<FieldView> fields) const noexcept = 0;
};

}  // namespace picoxx
