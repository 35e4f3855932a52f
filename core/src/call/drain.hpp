#pragma once

#include "pool/client_core.hpp"
#include "task/task.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace picoxx {

/// Waits, for a bounded time, until a connection that a call left behind is at rest, and gives it back to the pool;
/// else it is closed.
class Drain final : public Task {
public:
    enum class Begins : std::uint8_t { waiting, asking };
    /// In the background, or not at all where there is none: the connection is then closed.
    static void start(ClientCore& core, std::unique_ptr<Connection> connection,
                      Begins begins = Begins::waiting) noexcept;
    /// The same for connections that nobody used, which may lead nowhere: each is asked, and kept if it answers.
    static void ask(ClientCore& core, std::vector<std::unique_ptr<Connection>> connections) noexcept;
    /// `core` outlives the task.
    Drain(ClientCore& core, std::unique_ptr<Connection> connection, Begins begins = Begins::waiting) noexcept
        : core_{core}, connection_{std::move(connection)}, begins_{begins} {}
    ~Drain() override;

    Await resume(const Wakeup& wakeup, TimePoint now) override;
    /// The connection is closed.
    void let_go() noexcept override;
    [[nodiscard]] Connection* connection() const noexcept override { return connection_.get(); }

private:
    /// So long it keeps its place in the pool: a server that is slow already gets no login on top.
    static constexpr std::chrono::milliseconds patience{250};

    [[nodiscard]] bool may_drain_on(TimePoint now);

    ClientCore& core_;
    std::unique_ptr<Connection> connection_;
    Begins begins_;
    bool has_place_ = true;
    TimePoint place_until_{};
    TimePoint until_{};
};

}  // namespace picoxx
