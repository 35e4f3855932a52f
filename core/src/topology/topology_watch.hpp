#pragma once

#include "pool/client_core.hpp"
#include "task/task.hpp"
#include "topology/refresh.hpp"
#include "topology/refresh_schedule.hpp"
#include "topology/refresh_turns.hpp"

#include <cstdint>
#include <optional>

namespace picoxx {

/// Follows the topology in the background: looks when the schedule says so, and when the engine says that something
/// made the topology doubtful. There is one for each client that discovers; it ends when the client is closed.
class TopologyWatch final : public Task {
public:
    /// The references outlive the task.
    TopologyWatch(ClientCore& core, RefreshTurns& turns) noexcept
        : core_{core}, turns_{turns}, schedule_{core.settings().discovery.interval} {}
    ~TopologyWatch() override;

    Await resume(const Wakeup& wakeup, TimePoint now) noexcept override;
    void let_go() noexcept override;

private:
    [[nodiscard]] Await look(const Wakeup& wakeup, TimePoint now);
    [[nodiscard]] Await begin(TimePoint now);
    [[nodiscard]] Await look_or_wait(TimePoint now);
    [[nodiscard]] Await refreshed(const Await& await, TimePoint now);
    [[nodiscard]] Await end() noexcept {
        let_go();
        return {};
    }

    ClientCore& core_;
    RefreshTurns& turns_;
    RefreshSchedule schedule_;
    std::optional<Refresh> refresh_;          // the look under way, where it is this task's
    std::optional<RefreshTurns::Wish> wish_;  // for another's look
    bool listens_ = false;
};

}  // namespace picoxx
