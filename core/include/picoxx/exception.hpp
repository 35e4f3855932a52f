#pragma once

#include <picoxx/port/error.hpp>

#include <exception>
#include <stdexcept>
#include <string>

namespace picoxx {

/// What the synchronous face throws, and what the asynchronous face hands over as std::exception_ptr. `what()` is one line made of
/// the Error's parts; it holds no password and no parameter value of ours, but may quote the server.
class Exception : public std::runtime_error {
public:
    explicit Exception(Error error);

    [[nodiscard]] const Error& error() const noexcept { return error_; }
    [[nodiscard]] Errc code() const noexcept { return error_.code; }
    [[nodiscard]] Effect effect() const noexcept { return error_.effect; }

private:
    Error error_;
};

/// One line for logs: code, SQLSTATE, Effect, node, picoxx's text, the server's text; parts that are empty are left out.
[[nodiscard]] std::string describe(const Error& error);

/// The Error inside what an asynchronous call completed with; Errc::ok for null, Errc::internal for a foreign exception.
[[nodiscard]] Error error_of(const std::exception_ptr& failure);

}  // namespace picoxx
