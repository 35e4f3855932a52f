#pragma once

#include <picoxx/port/time.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace picoxx {

/// How long a node is left alone after its `failures`-th failure in a row: 100 ms doubling to 10 s, the upper half of
/// it drawn at random, so that many clients do not come back at the same moment.
/// @pre failures >= 1
[[nodiscard]] inline Duration back_off(std::uint32_t failures, std::uint64_t random) noexcept {
    using std::chrono::milliseconds;
    const std::int64_t ceiling = std::min<std::int64_t>(100LL << std::min(failures - 1, 7U), 10'000);
    return milliseconds{ceiling / 2 + static_cast<std::int64_t>(random % static_cast<std::uint64_t>(ceiling / 2 + 1))};
}

/// After a refused login a node is dialled again only this much later; whether the password is then sent the
/// LoginGuard decides.
inline constexpr std::chrono::seconds authentication_back_off{30};

}  // namespace picoxx
