#include "statement_words.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace picoxx {
namespace {

bool is_blank(char letter) noexcept { return std::isspace(static_cast<unsigned char>(letter)) != 0; }

// Blanks, opening brackets and comments.
std::string_view without_beginning(std::string_view text) noexcept {
    for (;;) {
        const auto word = std::find_if_not(text.begin(), text.end(),
                                           [](char letter) { return is_blank(letter) || letter == '('; });
        text.remove_prefix(static_cast<std::size_t>(word - text.begin()));
        std::string_view end;
        if (text.starts_with("--")) end = "\n";
        if (text.starts_with("/*")) end = "*/";
        if (end.empty()) return text;
        const std::size_t found = text.find(end, 2);
        if (found == std::string_view::npos) return {};
        text.remove_prefix(found + end.size());
    }
}

bool begins_with(std::string_view text, std::string_view word) noexcept {
    return text.size() >= word.size() &&
           std::equal(word.begin(), word.end(), text.begin(), [](char wanted, char letter) {
               return wanted == std::tolower(static_cast<unsigned char>(letter));
           });
}

}  // namespace

StatementVerb verb_of(CStringView sql) noexcept {
    constexpr std::array<std::string_view, 6> of_rows{"select", "insert", "update", "delete", "with", "values"};
    constexpr std::array<std::string_view, 6> defining{"create", "alter", "drop", "truncate", "grant", "revoke"};
    const std::string_view text = without_beginning(sql.view());
    const auto is_first = [&](std::string_view word) { return begins_with(text, word); };
    if (std::any_of(of_rows.begin(), of_rows.end(), is_first)) return StatementVerb::may_have_a_key;
    if (std::any_of(defining.begin(), defining.end(), is_first)) return StatementVerb::defines;
    return StatementVerb::other;
}

}  // namespace picoxx
