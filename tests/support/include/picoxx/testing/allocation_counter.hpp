#pragma once

#include <cstddef>

namespace picoxx::testing {

/// Calls of `operator new` by this thread so far. Link `picoxx::allocation_counter`, which replaces
/// the operators of the program.
[[nodiscard]] std::size_t allocations_of_this_thread() noexcept;

}  // namespace picoxx::testing
