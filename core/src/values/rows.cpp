#include <picoxx/rows.hpp>

#include <ostream>

namespace picoxx {

std::ostream& operator<<(std::ostream& stream, const ExecuteResult& result) { return stream << result.status; }

std::size_t Row::column_index(std::string_view name) const {
    for (std::size_t i = 0; i < size(); ++i) {
        if (block_->column(i).name == name) return i;
    }
    detail::throw_unknown_column(name);
}

std::ostream& operator<<(std::ostream& stream, const Row& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
        stream << (i == 0 ? "" : " | ") << render(row.column(i), row.field(i));
    }
    return stream;
}

std::ostream& operator<<(std::ostream& stream, const Rows& rows) {
    for (const Row row : rows) stream << row << '\n';
    return stream;
}

}  // namespace picoxx
