#pragma once

#include "pool/client_core.hpp"
#include "task/task.hpp"

#include <chrono>

namespace picoxx {

/// Waits, for a bounded time, until no connection of a closed client is in use any more.
class Closing final : public Task {
public:
    /// `core` outlives the task.
    Closing(ClientCore& core, std::chrono::milliseconds patience) noexcept : core_{core}, patience_{patience} {}
    ~Closing() override;

    Await resume(const Wakeup& wakeup, TimePoint now) override;
    void let_go() noexcept override;

    /// Whether that came about in time. @pre resume answered `finished`
    [[nodiscard]] bool quiet() const noexcept { return quiet_; }

private:
    ClientCore& core_;
    std::chrono::milliseconds patience_;
    TimePoint until_{};
    bool waiting_ = false;
    bool quiet_ = false;
};

}  // namespace picoxx
