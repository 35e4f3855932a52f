#pragma once

#include "sql/scripted_failure.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace picoxx::devcluster {

/// At which message a statement fails.
enum class FailureStage { parse, bind, execute };

struct PlannedFailure {
    FailureStage stage = FailureStage::execute;
    ScriptedFailure failure;
    std::string containing;  ///< only statements whose text holds this; empty = all
    std::size_t times = 1;
};

/// How the statements that were parsed before a certain moment are answered until they are parsed again.
struct Staleness {
    enum class Answer {
        as_served,  ///< 42999 at Bind where the session asked for it, else at Execute, by the place of the rows
        at_execute  ///< always at Execute
    } answer = Answer::as_served;
    ScriptedFailure failure;  ///< what Execute answers
};

/// The failures that sessions of one node meet on command. Thread safety: all functions.
class FailureScript {
public:
    void add(PlannedFailure failure);
    void make_stale(Staleness staleness);
    /// Forgets both.
    void clear();

    /// Uses up one failure that was planned for such a statement, the oldest first.
    [[nodiscard]] std::optional<ScriptedFailure> take(FailureStage stage, std::string_view statement);
    /// The moment, for stale(); grows with every make_stale().
    [[nodiscard]] std::uint64_t now() const noexcept { return now_; }
    /// None if a statement that was parsed at `moment` is still good.
    [[nodiscard]] std::optional<Staleness> stale(std::uint64_t moment) const;

private:
    std::atomic<bool> any_planned_{false};  ///< so that statements do not lock where nothing is planned
    std::atomic<std::uint64_t> now_{0};
    mutable std::mutex mutex_;
    std::list<PlannedFailure> planned_;
    std::optional<Staleness> staleness_;
};

}  // namespace picoxx::devcluster
