#include "sql/cut_statement.hpp"

#include "values/one_line.hpp"

#include <algorithm>
#include <cstddef>

namespace picoxx {
namespace {

constexpr std::size_t longest = 256;
constexpr std::string_view hidden_literal = "'...'";

// Where the quoted part that `sql` begins with ends; a doubled quote inside does not end it.
std::size_t quoted_size(std::string_view sql) noexcept {
    std::size_t end = sql.find(sql.front(), 1);
    while (end != std::string_view::npos && end + 1 < sql.size() && sql[end + 1] == sql.front()) {
        end = sql.find(sql.front(), end + 2);
    }
    return end == std::string_view::npos ? sql.size() : end + 1;
}

}  // namespace

std::string cut_statement(std::string_view sql) {
    std::string shown;
    while (!sql.empty() && shown.size() <= longest) {
        std::size_t size = std::min(sql.find_first_of("'\""), sql.size());
        if (size > 0) {
            shown += sql.substr(0, std::min(size, longest + 1));
        } else {
            size = quoted_size(sql);
            shown += sql.front() == '\'' ? hidden_literal : sql.substr(0, size);
        }
        sql.remove_prefix(size);
    }
    if (shown.size() > longest) {
        shown.resize(cut_text(shown, longest).size());
        shown += ellipsis;
    }
    return shown;
}

}  // namespace picoxx
