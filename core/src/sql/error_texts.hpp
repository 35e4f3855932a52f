#pragma once

#include <picoxx/port/error.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace picoxx {

/// What a text tells of the statement, where it is about the whole of it (ErrorForm::whole).
enum class Told : std::uint8_t {
    nothing,       ///< Only what is wrong.
    not_executed,  ///< Refused before anything ran, or all of it undone.
    in_doubt,      ///< Whoever executed it died or did not answer in time; true of ErrorForm::part, too.
    stale,         ///< Not executed, for the prepared statement is out of date or gone.
    store_full,    ///< Not executed, for the node's store of statements has no place.
};

/// A text of the server: how its own words begin, and how they end where a name or a value stands in between.
struct ErrorText {
    std::string_view begin;
    std::string_view end;  ///< Empty: whatever follows.
    Condition condition;
    Told told;

    /// Data can never make a text fit that does not begin with the server's words.
    [[nodiscard]] constexpr bool fits(std::string_view words) const noexcept {
        return words.size() >= begin.size() + end.size() && words.starts_with(begin) && words.ends_with(end);
    }
};

/// All texts that are known; the first that fits counts.
[[nodiscard]] std::span<const ErrorText> error_texts() noexcept;

}  // namespace picoxx
