#pragma once

#include <picoxx/port/error.hpp>

#include <new>
#include <optional>
#include <string>
#include <string_view>

namespace picoxx::libpq {

/// An Error where memory may be short: without texts then.
[[nodiscard]] inline Error spare_error(Errc code, Effect effect) noexcept {
    Error error;
    error.code = code;
    error.effect = effect;
    return error;
}

[[nodiscard]] inline Error spare_error(Errc code, Effect effect, std::string_view text,
                                       const std::string& node) noexcept {
    try {
        Error error = make_error(code, std::string{text}, effect);
        error.node = node;
        return error;
    } catch (const std::bad_alloc&) {
        return spare_error(code, effect);
    }
}

[[nodiscard]] inline Error spare_copy(const Error& error, Effect effect) noexcept {
    try {
        Error copy = error;
        copy.effect = effect;
        return copy;
    } catch (const std::bad_alloc&) {
        return spare_error(error.code, effect);
    }
}

}  // namespace picoxx::libpq
