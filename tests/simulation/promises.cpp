#include "promises.hpp"

#include <algorithm>
#include <utility>

namespace picoxx::simulation {
namespace {

std::string name(std::uint64_t statement) { return "statement " + std::to_string(statement); }

}  // namespace

void Promises::break_promise(const std::string& how) {
    if (broken_) return;
    broken_ = how;
    world_.tell([&] { return "BROKEN: " + how; });
    world_.stop();
}

// A thread that was woken, or whose machine was, comes to it a moment later.
bool Promises::is_long_after(TimePoint time) const noexcept {
    return time < world_.now() && world_.now() > std::max(time, world_.awake_since()) + punctual;
}

std::uint64_t Promises::promised(const std::string& what, TimePoint until) {
    duties_.emplace(++duties_so_far_, Duty{what, until});
    return duties_so_far_;
}

// ---- what callers do and see

void Promises::called(std::uint64_t statement, const Called& call) {
    calls_[statement].called = call;
    calls_[statement].began = world_.now();
    under_way_.emplace(call.deadline, statement);
}

void Promises::ended(std::uint64_t statement, const Error& error, const std::uint64_t* answer) {
    Call& call = calls_.at(statement);
    if (std::exchange(call.over, true)) return break_promise(name(statement) + " ended twice");
    under_way_.erase({call.called.deadline, statement});
    if (error) call.effect = error.effect;
    ++outcomes_[error.code];
    if (answer != nullptr) {
        ++succeeded_;
        if (*answer != statement) {
            break_promise(name(statement) + " was given the answer to statement " + std::to_string(*answer));
        }
        if (call.called.changes_something && call.executions == 0) {
            break_promise(name(statement) + " succeeded, and no node executed it");
        }
        return;
    }
    if (call.effect == Effect::none && call.executions > 0) {
        break_promise(name(statement) + " failed with effect none, and was executed: " + error.text);
    }
    const bool is_served = error.code == Errc::server_error || error.code == Errc::cancelled;
    if (call.began >= well_from_ && !is_served) {
        break_promise(name(statement) + " failed though all nodes had been well for long: " +
                      std::string{to_string(error.code)} + ", " + error.text);
    }
}

// ---- what network and servers see

void Promises::dialled(const std::string& where) {
    using namespace std::chrono_literals;
    while (!connects_.empty() && connects_.front() + 1s <= world_.now()) connects_.pop_front();
    connects_.push_back(world_.now());
    most_connects_ = std::max(most_connects_, connects_.size());
    if (connects_.size() > limits_.connects_per_second) {
        break_promise(std::to_string(connects_.size()) + " connects in a second, the last one to " + where);
    }
    if (is_long_after(quiet_since_)) break_promise("a connect to " + where + " after the client had ended");
}

void Promises::sending(std::uint64_t statement) {
    Call& call = calls_.at(statement);
    const bool in_doubt = call.called.changes_something && call.sendings > call.known_not_executed;
    if (in_doubt && call.called.idempotence != Idempotence::yes) {
        break_promise(name(statement) + " was sent again while it was in doubt whether it had been executed");
    }
    ++call.sendings;
    if (call.over) break_promise(name(statement) + " was sent after its call had ended");
    if (world_.now() > call.called.deadline) {
        break_promise(name(statement) + " was sent after its deadline");
    }
    if (is_long_after(quiet_since_)) {
        break_promise(name(statement) + " was sent after the client had ended");
    }
}

void Promises::answered(std::uint64_t statement, bool was_executed) {
    Call& call = calls_.at(statement);
    if (!was_executed) ++call.known_not_executed;
}

void Promises::executed(std::uint64_t statement) {
    Call& call = calls_.at(statement);
    world_.trace(statement);
    ++call.executions;
    if (call.executions > (call.called.idempotence == Idempotence::yes ? 2U : 1U)) {
        break_promise(name(statement) + " was executed " + std::to_string(call.executions) + " times");
    }
    if (call.over && call.effect == Effect::none) {
        break_promise(name(statement) + " was executed after its call had failed with effect none");
    }
}

void Promises::login_refused(const std::string& instance) {
    ++refused_since_accepted_[instance];
    if (++refused_logins_[instance] >= logins_that_lock) {
        break_promise(std::to_string(refused_logins_[instance]) + " refused logins in a row at " + instance);
    }
}

std::size_t Promises::executions(std::uint64_t statement) const {
    const auto found = calls_.find(statement);
    return found == calls_.end() ? 0 : found->second.executions;
}

// ---- after each event

void Promises::settled(const PoolFigures& pool) {
    if (pool.open > limits_.max_size) break_promise(std::to_string(pool.open) + " connections are open");
    if (pool.most_at_a_node > limits_.max_per_node) {
        break_promise(std::to_string(pool.most_at_a_node) + " connections are open at one node");
    }
    if (pool.draining > limits_.max_draining) break_promise(std::to_string(pool.draining) + " connections drain");
    // The pool's, those left behind, and discovery's and the router's: one of each that is made, and those that are
    // being made.
    if (sessions_ > pool.open + pool.draining + pool.discovery_dials + (limits_.routes ? 2 : 1)) {
        break_promise(std::to_string(sessions_) + " sessions are open, the pool knows of " + std::to_string(pool.open) +
                      " and " + std::to_string(pool.draining) + " that drain");
    }
    if (pool.waiting > 0 && pool.idle > 0) break_promise("a call waits while a connection is idle");
    if (!under_way_.empty() && is_long_after(under_way_.begin()->first)) {
        break_promise(name(under_way_.begin()->second) + " has not ended by its deadline");
    }
    for (const auto& [number, duty] : duties_) {
        if (is_long_after(duty.until)) break_promise(duty.what + " has not ended in time");
    }
}

void Promises::at_rest(const PoolFigures& pool) {
    const std::size_t made_in_background = std::min(limits_.min_idle, pool.open - pool.made);
    if (pool.open != pool.idle + made_in_background) {
        break_promise(std::to_string(pool.open - pool.idle) + " connections are in use or being made, by nobody");
    }
    if (limits_.keeps_ready && pool.open < std::min(limits_.min_idle, limits_.max_per_node)) {
        break_promise("no more than " + std::to_string(pool.open) + " connections lie ready");
    }
    if (limits_.shrinks_at_rest && pool.idle > limits_.min_idle) {
        break_promise(std::to_string(pool.idle) + " connections lie idle for ever");
    }
    if (pool.waiting > 0) break_promise("somebody waits, and nobody calls");
    if (pool.draining > 0) break_promise(std::to_string(pool.draining) + " connections drain for ever");
}

void Promises::all_is_over(const PoolFigures& pool, std::size_t jobs) {
    if (!under_way_.empty()) break_promise(name(under_way_.begin()->second) + " never ended");
    if (!duties_.empty()) break_promise(duties_.begin()->second.what + " never ended");
    if (jobs > 0) break_promise(std::to_string(jobs) + " tasks go on after the end of the client");
    if (pool.open + pool.waiting + pool.draining > 0) break_promise("the pool of an ended client holds something");
    if (sockets_ > 0) break_promise(std::to_string(sockets_) + " sessions are open after the end of the client");
}

}  // namespace picoxx::simulation
