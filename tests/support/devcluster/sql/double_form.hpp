#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace picoxx::devcluster {

/// What becomes of a DOUBLE parameter on its way in: clamped to the range of int64, flushed to 0 below 2.2e-16, NaN is
/// NULL. Takes and gives PostgreSQL's text form.
[[nodiscard]] std::optional<std::string> altered_double(std::string_view text);

/// Picodata's text form of one of PostgreSQL: `1.0`, `100000.0`, `1e16`, `1e-6`, `0`, `inf`.
[[nodiscard]] std::string format_double(std::string_view text);

/// The number without its fraction, as a cast to INT takes it; for decimals and doubles.
[[nodiscard]] std::string truncated(std::string_view text);

}  // namespace picoxx::devcluster
