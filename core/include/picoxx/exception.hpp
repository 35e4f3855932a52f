#pragma once

#include <picoxx/port/error.hpp>

#include <exception>
#include <stdexcept>
#include <string>

namespace picoxx {

/// What the synchronous face throws, and what the asynchronous face hands over as std::exception_ptr. `what()` is
/// `describe(error())`.
class Exception : public std::runtime_error {
public:
    explicit Exception(Error error);

    [[nodiscard]] const Error& error() const noexcept { return error_; }
    [[nodiscard]] Errc code() const noexcept { return error_.code; }
    [[nodiscard]] Effect effect() const noexcept { return error_.effect; }
    [[nodiscard]] Condition condition() const noexcept { return error_.condition(); }
    [[nodiscard]] bool transient() const noexcept { return error_.transient(); }

private:
    Error error_;
};

/// One line for logs, of at most 2048 bytes: code, SQLSTATE, Effect, node, picoxx's text, the server's text, the
/// statement; parts that are empty are left out, and a text that is too long is cut before the statement. Line feeds
/// and other control characters are blanks. It holds no password and no parameter value of ours, but may quote the
/// server. The statement is left out for a syntax error: there the server quotes the line that is wrong.
[[nodiscard]] std::string describe(const Error& error);

/// The Error inside what an asynchronous call completed with; Errc::ok for null, Errc::internal for a foreign
/// exception.
[[nodiscard]] Error error_of(const std::exception_ptr& failure);

}  // namespace picoxx
