#pragma once

#include "sim_world.hpp"

#include <picoxx/statement.hpp>

#include <picoxx/port/error.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace picoxx::simulation {

/// What the pool was told to keep to.
struct Limits {
    std::size_t max_size = 0;
    std::size_t max_per_node = 0;
    std::size_t max_draining = 0;
    std::size_t connects_per_second = 0;
    std::size_t min_idle = 0;
    bool keeps_ready = false;      ///< That many lie ready whenever all is well and at rest.
    bool routes = false;           ///< A router asks, over a connection of its own.
    bool shrinks_at_rest = false;  ///< What nobody has used before it is said to be at rest has been idle for too long.
};

/// What the client says of its pool.
struct PoolFigures {
    std::size_t open = 0;
    std::size_t made = 0;
    std::size_t most_at_a_node = 0;
    std::size_t idle = 0;
    std::size_t waiting = 0;
    std::size_t draining = 0;         ///< Left behind without a place.
    std::size_t discovery_dials = 0;  ///< Connections that discovery is making, or has made beside the one it uses.
};

/// Compares what callers are told with what the simulated servers did, in the plainest way: it knows nothing of how the
/// client decides. The first promise that is broken stops the world.
class Promises {
public:
    /// How late a call may end: what a thread takes that is woken.
    static constexpr std::chrono::milliseconds punctual{1};
    /// Four refused logins in a row lock an account (measured).
    static constexpr std::size_t logins_that_lock = 4;

    Promises(World& world, const Limits& limits) : world_{world}, limits_{limits} {}

    void limit(const Limits& limits) noexcept { limits_ = limits; }

    // -- what callers do and see
    struct Called {
        bool changes_something = false;
        Idempotence idempotence = Idempotence::no;
        TimePoint deadline = no_deadline;
    };
    void called(std::uint64_t statement, const Called& call);
    /// `answer`: what the answer carries; null where the call failed.
    void ended(std::uint64_t statement, const Error& error, const std::uint64_t* answer);
    /// A connect, a refresh or a close: what it is, and when it has to be over.
    /// @return its number
    std::uint64_t promised(const std::string& what, TimePoint until);
    void kept(std::uint64_t number) { duties_.erase(number); }
    /// A close has returned, and nothing was in use any more; or a terminate.
    void client_is_quiet() noexcept { quiet_since_ = world_.now(); }
    /// All is well from now on: whoever calls after `resumes_after` is served.
    void healed(Duration resumes_after) noexcept { well_from_ = world_.now() + resumes_after; }
    void faulted() noexcept { well_from_ = no_deadline; }

    // -- what network and servers see
    void dialled(const std::string& where);
    void socket_opened() noexcept { ++sockets_; }
    void socket_closed() noexcept { --sockets_; }
    void session_opened() noexcept { ++sessions_; }
    void session_closed() noexcept { --sessions_; }
    /// The first byte of an execute goes out.
    void sending(std::uint64_t statement);
    /// The client has read an answer to it.
    void answered(std::uint64_t statement, bool was_executed);
    void executed(std::uint64_t statement);
    void login_refused(const std::string& instance);
    void login_accepted(const std::string& instance) {
        refused_logins_.erase(instance);
        refused_since_accepted_.erase(instance);
    }
    /// An instance keeps the count in memory.
    void restarted(const std::string& instance) { refused_logins_.erase(instance); }

    // -- after each event
    void settled(const PoolFigures& pool);
    /// Nothing is left to happen, and the client was ended.
    void all_is_over(const PoolFigures& pool, std::size_t jobs);
    /// Nobody calls, and the background has come to rest.
    void at_rest(const PoolFigures& pool);
    void break_promise(const std::string& how);

    [[nodiscard]] const std::optional<std::string>& broken() const noexcept { return broken_; }
    [[nodiscard]] std::size_t calls() const noexcept { return calls_.size(); }
    [[nodiscard]] std::size_t calls_under_way() const noexcept { return under_way_.size(); }
    [[nodiscard]] std::size_t succeeded() const noexcept { return succeeded_; }
    [[nodiscard]] std::size_t most_connects() const noexcept { return most_connects_; }
    [[nodiscard]] std::size_t sessions() const noexcept { return sessions_; }
    /// Also before it was restarted, of which the client does not know.
    [[nodiscard]] bool has_refused_several(const std::string& instance) const {
        const auto found = refused_since_accepted_.find(instance);
        return found != refused_since_accepted_.end() && found->second > 1;
    }
    [[nodiscard]] std::size_t executions(std::uint64_t statement) const;
    [[nodiscard]] const std::map<Errc, std::size_t>& outcomes() const noexcept { return outcomes_; }

private:
    [[nodiscard]] bool is_long_after(TimePoint time) const noexcept;

    struct Call {
        Called called;
        TimePoint began{};
        bool over = false;
        Effect effect = Effect::unknown;
        std::size_t sendings = 0;
        std::size_t known_not_executed = 0;  // of those: the client has read that they were not
        std::size_t executions = 0;
    };

    World& world_;
    Limits limits_;
    std::unordered_map<std::uint64_t, Call> calls_;
    std::set<std::pair<TimePoint, std::uint64_t>> under_way_;  // by deadline
    struct Duty {
        std::string what;
        TimePoint until;
    };
    std::map<std::uint64_t, Duty> duties_;
    std::uint64_t duties_so_far_ = 0;
    std::deque<TimePoint> connects_;                     // of the last second
    std::map<std::string, std::size_t> refused_logins_;  // in a row
    std::map<std::string, std::size_t> refused_since_accepted_;
    std::map<Errc, std::size_t> outcomes_;
    std::size_t sessions_ = 0;
    std::size_t sockets_ = 0;  // those of sessions, and of logins that are under way
    std::size_t succeeded_ = 0;
    std::size_t most_connects_ = 0;
    TimePoint well_from_ = no_deadline;
    TimePoint quiet_since_ = no_deadline;
    std::optional<std::string> broken_;
};

}  // namespace picoxx::simulation
