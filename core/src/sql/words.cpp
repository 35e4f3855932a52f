#include "sql/words.hpp"

#include <algorithm>
#include <cctype>

namespace picoxx {
namespace {

bool is_blank(char character) noexcept { return std::isspace(static_cast<unsigned char>(character)) != 0; }

// Of a keyword or bare name; a byte outside ASCII is part of a letter.
bool is_word_character(char character) noexcept {
    const auto code = static_cast<unsigned char>(character);
    return code >= 0x80 || std::isalnum(code) != 0 || character == '_';
}

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

// The block `$tag$ ... $tag$` that `sql` begins with; 1 where it is only a parameter.
std::size_t dollar_quoted_size(std::string_view sql) noexcept {
    const std::size_t tag_end = sql.find('$', 1);
    if (tag_end == std::string_view::npos) return 1;
    const std::string_view tag = sql.substr(0, tag_end + 1);
    const std::string_view name = tag.substr(1, tag.size() - 2);
    const bool parameter = !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) != 0;
    if (parameter || !std::all_of(name.begin(), name.end(), is_word_character)) return 1;
    const std::size_t end = sql.find(tag, tag.size());
    return end == std::string_view::npos ? sql.size() : end + tag.size();
}

// Of what `sql` begins with and is no word.
std::size_t size_between_words(std::string_view sql) noexcept {
    switch (sql.front()) {
        case '\'':
        case '"': return quoted_size(sql);
        case '$': return dollar_quoted_size(sql);
        case '-':
        case '/': return std::max(comment_size(sql), std::size_t{1});
        default: return 1;
    }
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

bool is_keyword(std::string_view word, std::string_view keyword) noexcept {
    return std::equal(word.begin(), word.end(), keyword.begin(), keyword.end(), [](char found, char expected) {
        return std::toupper(static_cast<unsigned char>(found)) == expected;
    });
}

bool take_word(std::string_view& sql, std::string_view word) noexcept {
    if (!is_keyword(sql.substr(0, word.size()), word)) return false;
    std::string_view rest = sql.substr(word.size());
    if (!rest.empty() && is_word_character(rest.front())) return false;
    while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
    sql = rest;
    return true;
}

std::string_view take_next_word(std::string_view& sql) noexcept {
    while (!sql.empty()) {
        if (!is_word_character(sql.front())) {
            sql.remove_prefix(size_between_words(sql));
            continue;
        }
        const auto* const end = std::find_if_not(sql.begin(), sql.end(), is_word_character);
        const std::string_view word = sql.substr(0, static_cast<std::size_t>(end - sql.begin()));
        sql.remove_prefix(word.size());
        if (std::isdigit(static_cast<unsigned char>(word.front())) == 0) return word;
    }
    return {};
}

std::size_t quoted_size(std::string_view sql) noexcept {
    const char quote = sql.front();
    std::size_t end = sql.find(quote, 1);
    while (end != std::string_view::npos && end + 1 < sql.size() && sql[end + 1] == quote) {
        end = sql.find(quote, end + 2);
    }
    return end == std::string_view::npos ? sql.size() : end + 1;
}

}  // namespace picoxx
