#pragma once

#include "pool/client_core.hpp"
#include "session/dial.hpp"
#include "task/task.hpp"

#include <picoxx/port/discovery_source.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace picoxx {

/// Lets the client's router ask the cluster, whenever that wants to and after each picture of the nodes. Over a
/// connection of its own beside the pool, so that nobody who has work to do waits for it; that of discovery would be
/// held up by a question that hangs.
class RouterWatch final : public Task {
public:
    /// @pre the client has a router. `core` outlives the task.
    explicit RouterWatch(ClientCore& core) noexcept : core_{core} {}
    ~RouterWatch() override;

    Await resume(const Wakeup& wakeup, TimePoint now) noexcept override;
    void let_go() noexcept override;

private:
    enum class Stage : std::uint8_t { resting, dialling, asking };

    class Questions final : public DiscoveryContext {
    public:
        explicit Questions(RouterWatch& watch) noexcept : watch_{watch} {}
        [[nodiscard]] const Endpoint& endpoint() const noexcept override { return watch_.endpoint_; }
        [[nodiscard]] std::string_view user() const noexcept override { return watch_.core_.settings().connect.user; }
        void query(CStringView sql, std::span<const Parameter> parameters, ResponseSink& sink) noexcept override;
        void publish(Topology) noexcept override { watch_.has_ended_ = true; }
        void fail(Error error) noexcept override;

    private:
        RouterWatch& watch_;
    };

    [[nodiscard]] Await go_on(const Wakeup& wakeup, TimePoint now);
    [[nodiscard]] Await rest(TimePoint now);
    [[nodiscard]] Await begin(TimePoint now);
    [[nodiscard]] Await dial_next(TimePoint now);
    [[nodiscard]] Await dialled(Await await, TimePoint now);
    [[nodiscard]] Await ask(TimePoint now);
    [[nodiscard]] Await asked(TimePoint now);
    [[nodiscard]] Await try_later(TimePoint now);
    void end_dial(const Error& error, TimePoint now);
    void hang_up() noexcept;

    ClientCore& core_;
    Questions questions_{*this};
    Stage stage_ = Stage::resting;
    bool listens_ = false;
    bool is_wanted_ = false;
    TimePoint not_before_{};   // since the last attempt failed
    TimePoint due_by_rate_{};  // when the questions so far would have been asked, evenly
    std::uint32_t failures_in_a_row_ = 0;

    std::vector<Endpoint> order_;
    std::size_t next_ = 0;
    Endpoint endpoint_;
    std::unique_ptr<Dial> dial_;
    std::unique_ptr<Session> session_;
    std::uint32_t generation_ = 0;  // of the engine, when the session was made
    std::uint32_t looks_ = 0;       // over the session
    TimePoint until_{};
    TimePoint now_{};
    bool has_ended_ = false;  // what the router asks
    Error error_;
};

}  // namespace picoxx
