#pragma once

#include "libpq_handles.hpp"

#include <picoxx/port/row_block.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace picoxx::libpq {

/// The rows of one PGresult, which it owns.
class WholeResultBlock final : public RowBlock {
public:
    explicit WholeResultBlock(ResultHandle result) noexcept;

    [[nodiscard]] std::size_t row_count() const noexcept override;
    [[nodiscard]] std::size_t column_count() const noexcept override { return columns_; }
    [[nodiscard]] Column column(std::size_t column) const noexcept override;
    [[nodiscard]] FieldView field(std::size_t row, std::size_t column) const noexcept override;
    void read_row(std::size_t row, std::span<FieldView> fields) const noexcept override;

private:
    ResultHandle result_;
    std::size_t columns_;
};

/// Rows of a stream, gathered from one PGresult each: libpq's takes some 3 kB a row, so the bytes are copied and it
/// goes.
class StreamedBlock final : public RowBlock {
public:
    /// `description` names the columns; all blocks of a stream share it.
    explicit StreamedBlock(std::shared_ptr<const PGresult> description) noexcept;

    /// Throws std::bad_alloc; the block is then as before.
    void append(const PGresult* row);
    [[nodiscard]] std::size_t byte_count() const noexcept { return bytes_.size(); }

    [[nodiscard]] std::size_t row_count() const noexcept override { return rows_; }
    [[nodiscard]] std::size_t column_count() const noexcept override { return columns_; }
    [[nodiscard]] Column column(std::size_t column) const noexcept override;
    [[nodiscard]] FieldView field(std::size_t row, std::size_t column) const noexcept override;
    void read_row(std::size_t row, std::span<FieldView> fields) const noexcept override;

private:
    struct Place {
        std::size_t offset;
        std::int32_t size;
    };

    std::shared_ptr<const PGresult> description_;
    std::size_t columns_;
    std::size_t rows_ = 0;
    std::vector<std::byte> bytes_;
    std::vector<Place> places_;
};

/// One column of a result. Lifetime of the name: the result.
[[nodiscard]] Column column_of(const PGresult* result, int column) noexcept;

}  // namespace picoxx::libpq
