#pragma once

#include "client/client_core.hpp"
#include "io/task.hpp"
#include "request/dial.hpp"

#include <memory>
#include <optional>

namespace picoxx {

/// A Dial for which the engine keeps a place at a node, and what the engine hears of it. A part of a task.
class PooledDial {
public:
    /// Ends before `deadline`, and after `timeouts.connect` at the latest.
    /// @pre the engine answered `dial` with `node`, which is this dial's to account for
    PooledDial(ClientCore& core, PoolNode& node, TimePoint deadline, TimePoint now);
    /// Gives the place back, if the dial did not come to its end.
    ~PooledDial();
    PooledDial(const PooledDial&) = delete;
    PooledDial& operator=(const PooledDial&) = delete;

    /// @return `finished` when `take` has something to give.
    [[nodiscard]] Await resume(const Wakeup& wakeup, TimePoint now);
    /// The connection, in use by the caller; null where there is none: the node is then among the failed ones of `request`.
    /// @pre resume answered `finished`
    [[nodiscard]] std::unique_ptr<Connection> take(AcquireRequest& request, TimePoint now);

private:
    ClientCore& core_;
    PoolNode* node_;  // null once the engine has heard how it ended
    TimePoint now_;   // when it was last resumed
    std::optional<Dial> dial_;
};

}  // namespace picoxx
