#pragma once

#include "sql/statement_kind.hpp"

#include <picoxx/port/error.hpp>

#include <string_view>

namespace picoxx {

/// What follows from an error answered by the server.
struct ServerErrorClass {
    Effect effect = Effect::unknown;
    /// The prepared statement is out of date or gone; the statement was not executed. Preparing it again mends that.
    bool stale_statement = false;
};

/// Picodata answers almost every error with XX000, so the text decides. Each row of the table has its source in the measurements of
/// Picodata 25.6 and 26.1 and a test; what no row names is `none` for reads, `partial` for writes, `unknown` otherwise.
[[nodiscard]] ServerErrorClass classify(StatementKind kind, std::string_view sqlstate, std::string_view text) noexcept;

}  // namespace picoxx
