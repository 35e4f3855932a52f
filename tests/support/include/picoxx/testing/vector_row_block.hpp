#pragma once

#include <picoxx/port/row_block.hpp>

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace picoxx::testing {

/// One field: its bytes as they come over the wire, or NULL.
using Cell = std::optional<std::string>;
using Row = std::vector<Cell>;

inline constexpr std::nullopt_t null_cell = std::nullopt;

/// Text has the same bytes in both formats; json too.
[[nodiscard]] inline Cell text_cell(std::string_view text) { return std::string{text}; }

/// Binary form: eight bytes, big endian.
[[nodiscard]] inline Cell int8_cell(std::int64_t value) {
    std::string bytes(8, '\0');
    auto rest = static_cast<std::uint64_t>(value);
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
        *byte = static_cast<char>(rest & 0xffU);
        rest >>= 8U;
    }
    return bytes;
}

/// Binary form: eight bytes, big endian.
[[nodiscard]] inline Cell float8_cell(double value) { return int8_cell(std::bit_cast<std::int64_t>(value)); }

/// Binary form: one byte.
[[nodiscard]] inline Cell bool_cell(bool value) { return std::string(1, value ? '\1' : '\0'); }

/// A column that owns its name.
struct OwnedColumn {
    std::string name;
    Oid type = oid::text;
    Format format = Format::binary;

    [[nodiscard]] Column view() const noexcept { return {name, type, format}; }
    [[nodiscard]] friend bool operator==(const OwnedColumn&, const OwnedColumn&) = default;
};

/// Rows held in vectors.
class VectorRowBlock final : public RowBlock {
public:
    /// @pre each row has as many cells as there are columns
    VectorRowBlock(std::vector<OwnedColumn> columns, std::vector<Row> rows)
        : columns_{std::move(columns)}, rows_{std::move(rows)} {
        for ([[maybe_unused]] const Row& row : rows_) assert(row.size() == columns_.size());
    }

    [[nodiscard]] std::size_t row_count() const noexcept override { return rows_.size(); }
    [[nodiscard]] std::size_t column_count() const noexcept override { return columns_.size(); }
    [[nodiscard]] Column column(std::size_t column) const noexcept override { return columns_[column].view(); }
    [[nodiscard]] FieldView field(std::size_t row, std::size_t column) const noexcept override {
        const Cell& cell = rows_[row][column];
        if (!cell) return {};
        return {reinterpret_cast<const std::byte*>(cell->data()), static_cast<std::int32_t>(cell->size())};
    }
    void read_row(std::size_t row, std::span<FieldView> fields) const noexcept override {
        for (std::size_t i = 0; i < fields.size(); ++i) fields[i] = field(row, i);
    }

private:
    std::vector<OwnedColumn> columns_;
    std::vector<Row> rows_;
};

}  // namespace picoxx::testing
