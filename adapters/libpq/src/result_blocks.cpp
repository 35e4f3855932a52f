#include "result_blocks.hpp"

#include <utility>

namespace picoxx::libpq {
namespace {

FieldView field_of(const PGresult* result, int row, int column) noexcept {
    const int size = PQgetlength(result, row, column);
    if (size == 0 && PQgetisnull(result, row, column) != 0) return {};
    return {reinterpret_cast<const std::byte*>(PQgetvalue(result, row, column)), size};
}

}  // namespace

Column column_of(const PGresult* result, int column) noexcept {
    const char* const name = PQfname(result, column);
    return {name == nullptr ? "" : name, PQftype(result, column),
            PQfformat(result, column) == 0 ? Format::text : Format::binary};
}

WholeResultBlock::WholeResultBlock(ResultHandle result) noexcept
    : result_{std::move(result)}, columns_{static_cast<std::size_t>(PQnfields(result_.get()))} {}

std::size_t WholeResultBlock::row_count() const noexcept { return static_cast<std::size_t>(PQntuples(result_.get())); }

Column WholeResultBlock::column(std::size_t column) const noexcept {
    return column_of(result_.get(), static_cast<int>(column));
}

FieldView WholeResultBlock::field(std::size_t row, std::size_t column) const noexcept {
    return field_of(result_.get(), static_cast<int>(row), static_cast<int>(column));
}

void WholeResultBlock::read_row(std::size_t row, std::span<FieldView> fields) const noexcept {
    for (std::size_t i = 0; i < fields.size(); ++i) {
        fields[i] = field_of(result_.get(), static_cast<int>(row), static_cast<int>(i));
    }
}

StreamedBlock::StreamedBlock(std::shared_ptr<const PGresult> description) noexcept
    : description_{std::move(description)}, columns_{static_cast<std::size_t>(PQnfields(description_.get()))} {}

void StreamedBlock::append(const PGresult* row) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < columns_; ++i) {
        size += static_cast<std::size_t>(PQgetlength(row, 0, static_cast<int>(i)));
    }
    // Room for all first, growing by half at least, so that nothing is half appended.
    if (bytes_.capacity() < bytes_.size() + size) bytes_.reserve((bytes_.size() + size) * 3 / 2);
    if (places_.capacity() < places_.size() + columns_) {
        places_.reserve((places_.size() + columns_) * 2);
    }
    for (std::size_t i = 0; i < columns_; ++i) {
        const FieldView value = field_of(row, 0, static_cast<int>(i));
        places_.push_back({bytes_.size(), value.size});
        if (value.size > 0) bytes_.insert(bytes_.end(), value.data, value.data + value.size);
    }
    ++rows_;
}

Column StreamedBlock::column(std::size_t column) const noexcept {
    return column_of(description_.get(), static_cast<int>(column));
}

FieldView StreamedBlock::field(std::size_t row, std::size_t column) const noexcept {
    const Place& place = places_[row * columns_ + column];
    return {bytes_.data() + place.offset, place.size};
}

void StreamedBlock::read_row(std::size_t row, std::span<FieldView> fields) const noexcept {
    for (std::size_t i = 0; i < fields.size(); ++i) fields[i] = field(row, i);
}

}  // namespace picoxx::libpq
