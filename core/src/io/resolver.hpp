#pragma once

#include "io/task.hpp"

#include <picoxx/port/time.hpp>

#include <functional>
#include <string>
#include <vector>

namespace picoxx {

/// Resolves host names. The system's resolver blocks, for longer than any deadline if it likes, so each question has a thread of its
/// own, which is left behind when nobody waits for it any more. Questions are as rare as dials to nodes that are named, not numbered.
namespace resolver {

struct Answer {
    std::vector<std::string> addresses;
    std::string failure;
};

/// Calls `done` on a thread of its own, once.
void start(std::string host, std::function<void(Answer)> done);

/// Fills `request`. @return false where time ran out first.
[[nodiscard]] bool resolve_until(ResolveRequest& request, TimePoint until);

}  // namespace resolver
}  // namespace picoxx
