#include "sql/cut_statement.hpp"

#include "sql/words.hpp"
#include "values/one_line.hpp"

#include <algorithm>
#include <cstddef>

namespace picoxx {
namespace {

constexpr std::size_t longest = 256;
constexpr std::string_view hidden_literal = "'...'";

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
