#pragma once

#include "sim_world.hpp"

#include <picoxx/port/transport.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace picoxx::simulation {

class SimSession;

/// The nodes as the simulated client's network sees them: who listens, what was executed, and when a connection is
/// lost. A statement is told by its first parameter.
class SimCluster {
public:
    explicit SimCluster(World& world) : world_{world} {}

    /// The `step`-th thing that happens to a session (connected, executed, answered) does not happen: its connection is
    /// lost instead.
    void lose_at_step(std::uint64_t step) { lose_at_ = step; }
    /// The same for a share of all steps.
    void lose_one_step_in(std::uint64_t steps) { lose_one_in_ = steps; }
    [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }

    void set_listening(const Endpoint& endpoint, bool listening) { silent_[to_string(endpoint)] = !listening; }
    [[nodiscard]] bool listens(const Endpoint& endpoint) const {
        const auto found = silent_.find(to_string(endpoint));
        return found == silent_.end() || !found->second;
    }

    [[nodiscard]] std::size_t executions(std::uint64_t statement) const {
        const auto found = executed_.find(statement);
        return found == executed_.end() ? 0 : found->second;
    }
    [[nodiscard]] std::size_t open_sessions() const noexcept { return open_; }
    [[nodiscard]] std::size_t most_open_sessions() const noexcept { return most_open_; }

    // -- for sessions and the shell
    [[nodiscard]] World& world() noexcept { return world_; }
    [[nodiscard]] bool next_step_is_lost() {
        const std::uint64_t step = steps_++;
        return step == lose_at_ || (lose_one_in_ > 0 && world_.random() % lose_one_in_ == 0);
    }
    void executed(std::uint64_t statement) {
        ++executed_[statement];
        world_.trace(statement);
    }
    void opened() { most_open_ = std::max(most_open_, ++open_); }
    void closed() noexcept { --open_; }
    /// Called when a session has something for `advance`.
    std::function<void(const Session&)> notify;

private:
    World& world_;
    std::uint64_t steps_ = 0;
    std::uint64_t lose_at_ = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t lose_one_in_ = 0;
    std::map<std::string, bool> silent_;
    std::map<std::uint64_t, std::size_t> executed_;
    std::size_t open_ = 0;
    std::size_t most_open_ = 0;
};

/// A connection in virtual time. What the server does is planned in the world; `advance` hands over what has arrived.
class SimSession final : public Session {
public:
    SimSession(SimCluster& cluster, Endpoint endpoint) : cluster_{cluster}, endpoint_{std::move(endpoint)} {
        cluster_.opened();
        if (!cluster_.listens(endpoint_)) {
            plan([this] { lose(make_error(Errc::connect_failed, "connection refused")); });
            return;
        }
        step([this] { arrived_ready_ = true; });
    }
    ~SimSession() override {
        *alive_ = false;
        if (state_ != SessionState::closed) cluster_.closed();
    }

    [[nodiscard]] NativeSocket socket() const noexcept override {
        return state_ == SessionState::closed ? no_socket : 0;
    }
    [[nodiscard]] Interest interest() const noexcept override { return Interest::read; }
    [[nodiscard]] SessionState state() const noexcept override { return state_; }
    [[nodiscard]] bool has_work() const noexcept {
        return state_ != SessionState::closed &&
               (arrived_loss_ || (state_ == SessionState::connecting && arrived_ready_) || answered_ > 0);
    }

    SessionState advance(Interest) noexcept override {
        if (state_ == SessionState::closed) return state_;
        if (state_ == SessionState::connecting && arrived_ready_) state_ = SessionState::ready;
        while (answered_ > 0 && state_ == SessionState::ready) {
            --answered_;
            Pending pending = std::move(pending_.front());
            pending_.pop_front();
            pending.sink->on_result(nullptr, CommandTag{"INSERT 0 1", 1});
        }
        if (arrived_loss_) end(std::move(*std::exchange(arrived_loss_, std::nullopt)));
        return state_;
    }

    Status submit(const Command& command, ResponseSink& sink) noexcept override {
        if (state_ != SessionState::ready) return make_error(Errc::connection_lost, "the session is closed");
        Pending pending{&sink, std::nullopt};
        if (command.kind == Command::Kind::execute && !command.parameters.empty() && command.parameters[0].value) {
            std::uint64_t statement = 0;
            for (const std::byte byte : *command.parameters[0].value)
                statement = statement << 8U | std::to_integer<std::uint64_t>(byte);
            pending.statement = statement;
        }
        pending_.push_back(pending);
        if (command.sync == Command::Sync::after) serve();
        return {};
    }
    void resume() noexcept override {}
    [[nodiscard]] std::size_t in_flight() const noexcept override { return pending_.size(); }
    void close() noexcept override {
        if (state_ != SessionState::closed) end(std::nullopt);
    }
    [[nodiscard]] const Error* failure() const noexcept override { return failure_ ? &*failure_ : nullptr; }
    [[nodiscard]] TlsState tls() const noexcept override { return {}; }
    [[nodiscard]] std::string_view server_parameter(CStringView) const noexcept override { return {}; }

private:
    struct Pending {
        ResponseSink* sink;
        std::optional<std::uint64_t> statement;
    };

    // Something happens to this session after a while, unless it is gone by then.
    void plan(std::function<void()> event) {
        using namespace std::chrono_literals;
        TimePoint when = std::max(cluster_.world().now() + cluster_.world().random_delay(10us, 3ms), last_planned_);
        last_planned_ = when;  // a connection keeps order
        cluster_.world().at(when, [alive = alive_, event = std::move(event)] {
            if (*alive) event();
        });
    }
    void step(std::function<void()> event) {
        plan([this, event = std::move(event)] {
            if (lost_) return;
            if (cluster_.next_step_is_lost()) return lose(make_error(Errc::connection_lost, "the connection was lost"));
            event();
            cluster_.notify(*this);
        });
    }
    void lose(Error error) {
        lost_ = true;
        arrived_loss_ = std::move(error);
        cluster_.notify(*this);
    }

    // The whole batch up to here: executed one after another, then answered.
    void serve() {
        for (; served_ < pending_.size() - answered_; ++served_) {
            const std::optional<std::uint64_t> statement = pending_[answered_ + served_].statement;
            step([this, statement] {
                if (statement) cluster_.executed(*statement);
            });
            step([this] {
                ++answered_;
                --served_;
            });
        }
    }

    void end(std::optional<Error> failure) {
        state_ = SessionState::closed;
        lost_ = true;
        failure_ = std::move(failure);
        cluster_.closed();
        for (const Pending& pending : std::exchange(pending_, {})) {
            pending.sink->on_error(make_error(Errc::connection_lost, "the connection was lost", Effect::unknown));
        }
    }

    SimCluster& cluster_;
    Endpoint endpoint_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    SessionState state_ = SessionState::connecting;
    TimePoint last_planned_{};
    bool lost_ = false;
    bool arrived_ready_ = false;
    std::optional<Error> arrived_loss_;
    std::deque<Pending> pending_;
    std::size_t served_ = 0;    // planned, not answered
    std::size_t answered_ = 0;  // arrived, not handed over
    std::optional<Error> failure_;
};

class SimTransport final : public Transport {
public:
    explicit SimTransport(SimCluster& cluster) : cluster_{cluster} {}
    Result<std::unique_ptr<Session>> open(const ConnectOptions& options) noexcept override {
        return std::unique_ptr<Session>{std::make_unique<SimSession>(cluster_, options.endpoint)};
    }

private:
    SimCluster& cluster_;
};

}  // namespace picoxx::simulation
