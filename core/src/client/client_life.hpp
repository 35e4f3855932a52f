#pragma once

#include "pool/client_core.hpp"
#include "topology/identification.hpp"
#include "topology/refresh_turns.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace picoxx {

/// What a client does besides its calls: what runs in the background, and what its end ends. No thread, no clock, no
/// I/O; the shells of the client carry it out, or those of the simulator. Thread safety: all functions.
class ClientLife {
public:
    /// `clock` as of ClientCore.
    ClientLife(Settings settings, std::uint64_t random_seed, Balancer::ReadClock clock = &Clock::now)
        : core_{std::move(settings), random_seed, clock} {
        core_.set_identify(
            [this](std::unique_ptr<Connection> connection) { Identification::start(core_, std::move(connection)); });
    }

    [[nodiscard]] ClientCore& core() noexcept { return core_; }
    [[nodiscard]] RefreshTurns& refresh_turns() noexcept { return refresh_turns_; }

    /// Starts what a client does without being asked, once: before each call, and after a successful connect. Costs one
    /// load when it runs.
    void start_background() {
        if (!background_started_.load(std::memory_order_relaxed)) begin_background();
    }
    /// Each connection is closed when it comes to rest.
    void renew_connections(TimePoint now);
    /// Nobody begins anything any more, and nobody waits for his turn. The shells end their tasks after it.
    void refuse_new_work();

private:
    void begin_background();

    ClientCore core_;
    RefreshTurns refresh_turns_{core_};
    std::atomic<bool> background_started_{false};
};

}  // namespace picoxx
