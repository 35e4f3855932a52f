#pragma once

#include <cstdint>

namespace picoxx {

/// How often this process has been forked off from another since the program was loaded: a client that remembers the
/// number of its birth knows whether it still is in its own process. Thread safety: all. Costs one load.
[[nodiscard]] std::uint32_t forks_so_far() noexcept;

}  // namespace picoxx
