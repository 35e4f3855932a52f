#pragma once

#include <cstdint>
#include <string_view>

namespace picoxx {

/// Whose error it is.
enum class ErrorForm : std::uint8_t {
    whole,  ///< Of the node that got the statement, about the whole of it.
    part,   ///< Of a storage, or of one query of several: what the others did, the text does not say.
};

/// A server's error text without what it was wrapped in: each node and layer that an error passes puts its own words in
/// front.
struct OwnWords {
    /// Begins with the server's own words. What stands behind them may be data: only the beginning can be relied on,
    /// and the end of a text that begins as expected.
    std::string_view words;
    ErrorForm form = ErrorForm::whole;
    /// The node that runs it undid what the statement had changed there.
    bool rolled_back = false;
};

/// Known wrappings, of Picodata 25.6, 26.1 and 26.3:
///
///     sbroad: box error: ProcLua: {... "message":"Error on replicaset <uuid>: Failed to execute '.proc_sql_execute': sbroad: <words>" ...}
///     sbroad: invalid transaction: transaction rolled-back: failed to insert space: <words>
///     sbroad: Query 1 from EXPLAIN (RAW): <words>
///     server responded with error: <words>
///
/// A wrapping is taken off only where it stands in front, so that no quoted data can look like one.
[[nodiscard]] OwnWords own_words(std::string_view text) noexcept;

}  // namespace picoxx
