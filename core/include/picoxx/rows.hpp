#pragma once

#include <picoxx/detail/tag_text.hpp>
#include <picoxx/value.hpp>

#include <picoxx/port/row_block.hpp>

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace picoxx {

/// What a statement without rows did.
struct ExecuteResult {
    std::string status;               ///< The server's command tag, such as `INSERT 0 1` or `CREATE TABLE`.
    std::uint64_t affected_rows = 0;  ///< The number in the tag, 0 where it has none.
};

std::ostream& operator<<(std::ostream& stream, const ExecuteResult& result);

/// One row of a result. Lifetime: that of its Rows.
class Row {
public:
    Row(const RowBlock& block, std::size_t index) noexcept : block_{&block}, index_{index} {}

    [[nodiscard]] std::size_t size() const noexcept { return block_->column_count(); }

    /// Field `column` as a C++ value: bool, std::int16_t to std::int64_t, float, double, std::string (any type,
    /// rendered), std::string_view (text types; its lifetime is that of Rows), or std::optional of these.
    /// @throws Exception `column_mismatch` for another type, a number out of range or no such column; `null_value` for
    /// NULL into a type that cannot hold it.
    template <class Value>
    [[nodiscard]] Value get(std::size_t column) const {
        if (column >= size()) detail::throw_column_count(column + 1, size());
        return detail::read_as<Value>(block_->column(column), block_->field(index_, column));
    }
    /// The same by column name, which is compared letter for letter. O(number of columns).
    template <class Value>
    [[nodiscard]] Value get(std::string_view name) const {
        return get<Value>(column_index(name));
    }
    template <class Value, std::size_t Size>
    [[nodiscard]] Value get(const char (&name)[Size]) const {
        return get<Value>(std::string_view{name});
    }

    /// @pre column < size()
    [[nodiscard]] Column column(std::size_t column) const noexcept { return block_->column(column); }
    [[nodiscard]] bool is_null(std::size_t column) const { return field(column).is_null(); }
    /// The field as it came over the wire. @throws Exception `column_mismatch` if there is no such column.
    [[nodiscard]] FieldView field(std::size_t column) const {
        if (column >= size()) detail::throw_column_count(column + 1, size());
        return block_->field(index_, column);
    }

    /// All fields as a tuple. @throws as `get`.
    template <class... Columns>
    [[nodiscard]] std::tuple<Columns...> as() const {
        if (sizeof...(Columns) != size()) detail::throw_column_count(sizeof...(Columns), size());
        return as_tuple<Columns...>(std::index_sequence_for<Columns...>{});
    }

private:
    [[nodiscard]] std::size_t column_index(std::string_view name) const;

    template <class... Columns, std::size_t... Indices>
    [[nodiscard]] std::tuple<Columns...> as_tuple(std::index_sequence<Indices...>) const {
        return std::tuple<Columns...>{
            detail::read_as<Columns>(block_->column(Indices), block_->field(index_, Indices))...};
    }

    const RowBlock* block_;
    std::size_t index_;
};

std::ostream& operator<<(std::ostream& stream, const Row& row);

/// The rows of one result, owned. Movable.
class Rows {
public:
    class iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Row;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = Row;

        iterator() = default;
        iterator(const Rows& rows, std::size_t index) noexcept : rows_{&rows}, index_{index} {}
        [[nodiscard]] Row operator*() const noexcept { return (*rows_)[index_]; }
        iterator& operator++() noexcept {
            ++index_;
            return *this;
        }
        iterator operator++(int) noexcept { return {*rows_, index_++}; }
        [[nodiscard]] friend bool operator==(const iterator&, const iterator&) = default;

    private:
        const Rows* rows_ = nullptr;
        std::size_t index_ = 0;
    };

    Rows() = default;
    /// Of one block, and of the status the statement ended with.
    Rows(std::unique_ptr<RowBlock> block, std::string_view status) noexcept
        : block_{std::move(block)}, status_{status} {}
    Rows(std::unique_ptr<RowBlock> block, const detail::TagText& status) noexcept
        : block_{std::move(block)}, status_{status} {}

    [[nodiscard]] std::size_t size() const noexcept { return block_ ? block_->row_count() : 0; }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    [[nodiscard]] std::size_t column_count() const noexcept { return block_ ? block_->column_count() : 0; }
    /// @pre column < column_count()
    [[nodiscard]] Column column(std::size_t column) const noexcept { return block_->column(column); }
    /// The server's command tag, such as `SELECT 2`. Lifetime: the rows.
    [[nodiscard]] std::string_view status() const noexcept { return status_.view(); }

    /// @pre index < size()
    [[nodiscard]] Row operator[](std::size_t index) const noexcept { return {*block_, index}; }
    [[nodiscard]] Row front() const noexcept { return (*this)[0]; }
    [[nodiscard]] iterator begin() const noexcept { return {*this, 0}; }
    [[nodiscard]] iterator end() const noexcept { return {*this, size()}; }

private:
    std::unique_ptr<RowBlock> block_;
    detail::TagText status_;
};

/// One line a row, fields separated by ` | `.
std::ostream& operator<<(std::ostream& stream, const Rows& rows);

/// Rows read as tuples, each when it is reached. The column count and the types are checked there.
template <class... Columns>
class TypedRows {
public:
    using value_type = std::tuple<Columns...>;

    class iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = std::tuple<Columns...>;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = value_type;

        iterator() = default;
        explicit iterator(Rows::iterator at) noexcept : at_{at} {}
        [[nodiscard]] value_type operator*() const { return (*at_).template as<Columns...>(); }
        iterator& operator++() noexcept {
            ++at_;
            return *this;
        }
        iterator operator++(int) noexcept { return iterator{at_++}; }
        [[nodiscard]] friend bool operator==(const iterator&, const iterator&) = default;

    private:
        Rows::iterator at_;
    };

    TypedRows() = default;
    explicit TypedRows(Rows rows) noexcept : rows_{std::move(rows)} {}

    [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
    [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
    [[nodiscard]] value_type operator[](std::size_t index) const { return rows_[index].template as<Columns...>(); }
    [[nodiscard]] value_type front() const { return (*this)[0]; }
    [[nodiscard]] iterator begin() const noexcept { return iterator{rows_.begin()}; }
    [[nodiscard]] iterator end() const noexcept { return iterator{rows_.end()}; }
    [[nodiscard]] const Rows& rows() const noexcept { return rows_; }

private:
    Rows rows_;
};

}  // namespace picoxx
