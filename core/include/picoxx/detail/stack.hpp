#pragma once

#include <cstdint>

namespace picoxx::detail {

/// From where the end of an operation is reported.
enum class Stack : std::uint8_t {
    event_loop,  ///< The client's executor: handlers that belong there may run at once.
    caller,      ///< Somebody's who must not see the handler run before his call returns.
};

}  // namespace picoxx::detail
