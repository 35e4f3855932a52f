#pragma once

#include "pool/client_core.hpp"
#include "task/task.hpp"

#include <chrono>

namespace picoxx {

/// Notices in the background that an idle connection has ended, so that no call meets it. Ends when the client is
/// closed.
class IdleWatch final : public Task {
public:
    /// How soon the end of an idle connection is noticed.
    static constexpr std::chrono::seconds pause{1};

    /// `core` outlives the task.
    explicit IdleWatch(ClientCore& core) noexcept : core_{core} {}

    Await resume(const Wakeup& wakeup, TimePoint now) noexcept override;
    /// It holds nothing between two steps.
    void let_go() noexcept override {}

private:
    void look(TimePoint now);

    ClientCore& core_;
};

}  // namespace picoxx
