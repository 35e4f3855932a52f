#pragma once

#include "sql/statement_kind.hpp"

#include <picoxx/port/error.hpp>

#include <cstdint>
#include <string_view>

namespace picoxx {

/// Which command the server refused.
enum class RefusedAt : std::uint8_t {
    parse,    ///< Parse, sent as a command of its own: nothing can have been executed.
    execute,  ///< Bind or Execute, or Parse in one go with them.
};

/// What follows from an error answered by the server.
struct ServerErrorClass {
    Effect effect = Effect::unknown;
    Condition condition = Condition::other;
    /// The prepared statement is out of date or gone, and nothing was executed (a read: nothing changed). Preparing it
    /// anew and repeating it is right.
    bool stale = false;
    /// The node's store of statements has no place; it was not executed. Closing another prepared statement makes room.
    bool store_full = false;
};

/// Picodata answers almost every error with XX000, so the text decides: own_words.hpp, error_texts.hpp. A text is never
/// searched for words, only its beginning compared, so that no data and no name that somebody chose decides an Effect
/// or a repetition.
///
/// - A read has always Effect none; so has what was refused at Parse.
/// - A SQLSTATE of Bind or Parse (22P02, 42xxx and so on) wins over the text.
/// - A write that one of several storages refused is never better than `partial`, whatever the text says.
/// - What is not known is `partial` for a write and `unknown` for a definition.
[[nodiscard]] ServerErrorClass classify(StatementKind kind, RefusedAt refused_at, std::string_view sqlstate,
                                        std::string_view text) noexcept;

}  // namespace picoxx
