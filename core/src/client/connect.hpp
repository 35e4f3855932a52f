#pragma once

#include "pool/client_core.hpp"
#include "pool/pooled_dial.hpp"
#include "task/task.hpp"
#include "topology/refresh.hpp"
#include "topology/refresh_turns.hpp"

#include <picoxx/options.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace picoxx {

/// Makes a client ready: learns the nodes of the cluster where discovery is on, then makes connections ahead.
class Connect final : public Task {
public:
    /// `core` and `turns` outlive the task. `need`: which looks at the topology serve it.
    Connect(ClientCore& core, RefreshTurns& turns, const Readiness& readiness, RefreshTurns::Need need) noexcept
        : core_{core}, turns_{turns}, readiness_{readiness}, wish_{need} {}
    ~Connect() override;

    Await resume(const Wakeup& wakeup, TimePoint now) override;
    void fail(const std::exception_ptr& reason) noexcept override;
    void let_go() noexcept override;

    /// Errc::ok on success. @pre resume answered `finished`
    [[nodiscard]] Error&& take_error() noexcept { return std::move(error_); }

private:
    enum class Stage : std::uint8_t {
        starting,
        waiting_for_refresh,
        refreshing,
        waiting_for_dials,
        dialling,
        finished
    };

    [[nodiscard]] Await begin(TimePoint now);
    [[nodiscard]] Await look_at_topology(TimePoint now);
    [[nodiscard]] Await refreshed(const Await& await, TimePoint now);
    void stop_waiting() noexcept;
    [[nodiscard]] Await open_next(TimePoint now, Engine::Ahead ahead = Engine::Ahead::as_wished);
    [[nodiscard]] Await dialled(Await await, TimePoint now);
    [[nodiscard]] Await look_elsewhere(TimePoint now);
    [[nodiscard]] Await cancelled(const Wakeup& wakeup, TimePoint now);
    [[nodiscard]] Await stop_dialling();
    [[nodiscard]] Await out_of_time(std::string_view while_doing);
    [[nodiscard]] Await finish(Error error);

    ClientCore& core_;
    RefreshTurns& turns_;
    Readiness readiness_;
    RefreshTurns::Wish wish_;
    Stage stage_ = Stage::starting;
    TimePoint deadline_ = no_deadline;
    std::optional<Refresh> refresh_;
    TimePoint begun_{};
    std::unique_ptr<PooledDial> dial_;
    TimePoint look_at_ = no_deadline;  // for another node, while that dials
    bool asked_for_password_ = false;
    Error error_;
};

}  // namespace picoxx
