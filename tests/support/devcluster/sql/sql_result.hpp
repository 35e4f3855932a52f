#pragma once

#include <string>
#include <utility>
#include <variant>

namespace picoxx::devcluster {

/// What an ErrorResponse carries: SQLSTATE and message text, both as Picodata writes them.
struct SqlError {
    std::string sqlstate;
    std::string message;
};

/// A value or the SqlError that stands for it.
template <class T>
class [[nodiscard]] SqlResult {
public:
    SqlResult(T value) : state_{std::in_place_index<0>, std::move(value)} {}
    SqlResult(SqlError error) : state_{std::in_place_index<1>, std::move(error)} {}

    [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return ok(); }
    /// @pre ok()
    [[nodiscard]] T& value() { return std::get<0>(state_); }
    [[nodiscard]] const T& value() const { return std::get<0>(state_); }
    [[nodiscard]] T& operator*() { return value(); }
    [[nodiscard]] const T& operator*() const { return value(); }
    [[nodiscard]] T* operator->() { return &value(); }
    [[nodiscard]] const T* operator->() const { return &value(); }
    /// @pre !ok()
    [[nodiscard]] const SqlError& error() const { return std::get<1>(state_); }

private:
    std::variant<T, SqlError> state_;
};

}  // namespace picoxx::devcluster
