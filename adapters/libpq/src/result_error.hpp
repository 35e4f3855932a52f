#pragma once

#include <picoxx/port/error.hpp>

#include <libpq-fe.h>

#include <string>
#include <string_view>

namespace picoxx::libpq {

/// One field (PG_DIAG_...), empty where it is not given. Lifetime: the result.
[[nodiscard]] std::string_view error_field(const PGresult* result, int code) noexcept;

/// The server ends the session with this error.
[[nodiscard]] bool is_fatal(const PGresult* result) noexcept;

/// The server spoke; otherwise the error is libpq's own (out of memory, connection lost, framing).
[[nodiscard]] bool is_from_server(const PGresult* result) noexcept;

/// A failed command's error. libpq does not show the step at which it arose, so the effect is `unknown`; the caller
/// narrows it by code and text. Out of memory: the same without texts.
[[nodiscard]] Error error_from(const PGresult* result, const std::string& node) noexcept;

}  // namespace picoxx::libpq
