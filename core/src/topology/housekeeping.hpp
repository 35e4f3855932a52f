#pragma once

#include "pool/client_core.hpp"
#include "task/task.hpp"

#include <chrono>

namespace picoxx {

/// What a client does from time to time without being asked: looks at connections that have been idle for a while, and at the topology.
/// Ends when the client is closed.
class Housekeeping final : public Task {
public:
    /// `core` outlives the task.
    explicit Housekeeping(ClientCore& core) noexcept : core_{core} {}

    Await resume(const Wakeup& wakeup, TimePoint now) noexcept override;

private:
    // How soon the end of an idle connection is noticed.
    static constexpr std::chrono::seconds idle_look{1};

    void look_at_idle_connections(TimePoint now);

    ClientCore& core_;
    TimePoint next_look_ = no_deadline;
    TimePoint next_refresh_ = no_deadline;
};

}  // namespace picoxx
