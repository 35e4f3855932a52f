#include "sql/first_word.hpp"

#include <cstddef>

namespace picoxx {
namespace {

// Where the comment that `sql` begins with ends; 0 where there is none, or no end of it.
std::size_t comment_size(std::string_view sql) noexcept {
    if (sql.substr(0, 2) == "--") {
        const std::size_t end = sql.find_first_of("\r\n");
        return end == std::string_view::npos ? sql.size() : end + 1;
    }
    if (sql.substr(0, 2) != "/*") return 0;
    std::size_t depth = 1;
    for (std::size_t at = 2; at + 1 < sql.size(); ++at) {
        const std::string_view pair = sql.substr(at, 2);
        if (pair != "/*" && pair != "*/") continue;
        depth = pair == "/*" ? depth + 1 : depth - 1;
        if (depth == 0) return at + 2;
        ++at;
    }
    return 0;
}

}  // namespace

std::string_view from_first_word(std::string_view sql) noexcept {
    for (;;) {
        const std::size_t start = sql.find_first_not_of(" \t\r\n\f\v(;");
        if (start == std::string_view::npos) return {};
        sql.remove_prefix(start);
        if (sql.front() != '-' && sql.front() != '/') return sql;
        const std::size_t comment = comment_size(sql);
        if (comment == 0) return sql;
        sql.remove_prefix(comment);
    }
}

}  // namespace picoxx
