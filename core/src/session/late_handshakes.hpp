#pragma once

#include "session/handshake.hpp"
#include "session/unanswered_handshakes.hpp"
#include "task/task.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace picoxx {

/// Handshakes of which nobody needs a connection any more, since another address of the node was faster. They are made
/// to their end: the server may count one that is broken off as a refused login. Then they are closed.
class LateHandshakes final : public Task {
public:
    /// What is not answered before `until` goes to `unanswered`, which outlives them.
    LateHandshakes(std::vector<std::unique_ptr<Handshake>> handshakes, UnansweredHandshakes& unanswered,
                   TimePoint until) noexcept
        : under_way_{std::move(handshakes)}, unanswered_{unanswered}, until_{until} {}

    Await resume(const Wakeup& wakeup, TimePoint now) override;
    void let_go() noexcept override { under_way_.clear(); }

private:
    std::vector<std::unique_ptr<Handshake>> under_way_;
    UnansweredHandshakes& unanswered_;
    TimePoint until_;
    Race race_;
};

}  // namespace picoxx
