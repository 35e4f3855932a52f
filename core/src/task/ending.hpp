#pragma once

#include "task/task.hpp"

#include <cstdint>
#include <optional>

namespace picoxx {

/// How far a client has come to its end.
enum class Ending : std::uint8_t {
    none,
    closed,   ///< No new work: what has begun may come to its end, unless it ends with the close.
    stopped,  ///< Everything ends.
};

/// Which of them ends a task that has not come to its own end.
enum class EndsAt : std::uint8_t { close, stop };

/// Whether a task may begin, or wait for anything.
[[nodiscard]] constexpr bool may_go_on(Ending ending, EndsAt ends_at) noexcept {
    return ending == Ending::none || (ending == Ending::closed && ends_at == EndsAt::stop);
}

/// What a task hears that waits for `await` while its client comes to `ending`; nothing where it waits on.
[[nodiscard]] inline std::optional<Wakeup> heard_at(Ending ending, EndsAt ends_at, const Await& await) noexcept {
    if (!may_go_on(ending, ends_at)) return Wakeup{Wakeup::Kind::cancelled};
    // Who waits for a turn will not get one: it looks, and ends.
    if (ending == Ending::closed && await.hears_waker()) return Wakeup{Wakeup::Kind::turn};
    return std::nullopt;
}

}  // namespace picoxx
