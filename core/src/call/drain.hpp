#pragma once

#include "pool/client_core.hpp"
#include "task/task.hpp"

#include <memory>

namespace picoxx {

/// Waits, for a bounded time, until a connection that a call left behind is at rest, and gives it back to the pool;
/// else it is closed.
class Drain final : public Task {
public:
    /// In the background, or not at all where there is none: the connection is then closed.
    static void start(ClientCore& core, std::unique_ptr<Connection> connection) noexcept;
    /// `core` outlives the task.
    Drain(ClientCore& core, std::unique_ptr<Connection> connection) noexcept
        : core_{core}, connection_{std::move(connection)} {}
    ~Drain() override;

    Await resume(const Wakeup& wakeup, TimePoint now) override;
    /// The connection is closed.
    void let_go() noexcept override;
    [[nodiscard]] Connection* connection() const noexcept override { return connection_.get(); }

private:
    ClientCore& core_;
    std::unique_ptr<Connection> connection_;
    TimePoint until_{};
};

}  // namespace picoxx
