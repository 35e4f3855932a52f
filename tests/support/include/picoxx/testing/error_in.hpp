#pragma once

#include <picoxx/exception.hpp>

namespace picoxx::testing {

/// The Error of the Exception that `action` throws; Errc::ok where it throws none. Other exceptions pass.
/// Needs picoxx::core, unlike the rest of the kit.
template <class Action>
[[nodiscard]] Error error_in(Action&& action) {
    try {
        action();
    } catch (const Exception& exception) {
        return exception.error();
    }
    return {};
}

}  // namespace picoxx::testing
