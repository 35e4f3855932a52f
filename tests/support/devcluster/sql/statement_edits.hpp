#pragma once

#include "tokenizer.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::devcluster {

/// What becomes of the tokens of a statement on their way to PostgreSQL.
struct StatementEdits {
    std::map<std::size_t, std::string> replace;  ///< token index -> text; empty = left out
    std::map<std::size_t, std::string> before;
    std::map<std::size_t, std::string> after;
};

/// The edited text, and for every token where it begins there and in the statement as sent.
struct EditedStatement {
    struct Place {
        std::size_t edited;
        std::size_t original;
    };
    std::string text;
    std::vector<Place> places;

    /// Offset in the statement as sent for an offset in `text`.
    [[nodiscard]] std::size_t original_offset(std::size_t edited_offset) const noexcept;
};

[[nodiscard]] EditedStatement apply_edits(std::string_view sql, const std::vector<Token>& tokens,
                                          const StatementEdits& edits);

/// For each `(` or `[` the index of its closing partner; for other tokens their own index.
/// @throw SyntaxFailure if they do not match.
[[nodiscard]] std::vector<std::size_t> match_brackets(const std::vector<Token>& tokens);

}  // namespace picoxx::devcluster
