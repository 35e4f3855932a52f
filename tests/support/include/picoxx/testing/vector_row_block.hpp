#pragma once

#include <picoxx/testing/cells.hpp>

#include <picoxx/port/row_block.hpp>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace picoxx::testing {

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
