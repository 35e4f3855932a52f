#pragma once

#include <picoxx/port/error.hpp>

#include <memory>
#include <utility>
#include <variant>

namespace picoxx {

/// Success, or an Error. Costs one null pointer while all is well.
class [[nodiscard]] Status {
public:
    Status() noexcept = default;
    Status(Error error) : error_{std::make_unique<Error>(std::move(error))} {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] bool ok() const noexcept { return error_ == nullptr; }
    [[nodiscard]] explicit operator bool() const noexcept { return ok(); }

    /// @pre !ok()
    [[nodiscard]] const Error& error() const& noexcept { return *error_; }
    [[nodiscard]] Error&& error() && noexcept { return std::move(*error_); }

private:
    std::unique_ptr<Error> error_;
};

/// A value, or the Error that stands in its place.
template <class Value>
class [[nodiscard]] Result {
public:
    Result(Value value) : state_{std::in_place_index<0>, std::move(value)} {}  // NOLINT(google-explicit-constructor)
    Result(Error error) : state_{std::in_place_index<1>, std::move(error)} {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
    [[nodiscard]] explicit operator bool() const noexcept { return ok(); }

    /// @pre ok()
    [[nodiscard]] Value& operator*() & noexcept { return *std::get_if<0>(&state_); }
    [[nodiscard]] const Value& operator*() const& noexcept { return *std::get_if<0>(&state_); }
    [[nodiscard]] Value&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
    [[nodiscard]] Value* operator->() noexcept { return std::get_if<0>(&state_); }
    [[nodiscard]] const Value* operator->() const noexcept { return std::get_if<0>(&state_); }

    /// @pre !ok()
    [[nodiscard]] const Error& error() const& noexcept { return *std::get_if<1>(&state_); }
    [[nodiscard]] Error&& error() && noexcept { return std::move(*std::get_if<1>(&state_)); }

private:
    std::variant<Value, Error> state_;
};

}  // namespace picoxx
