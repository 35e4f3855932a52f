#pragma once

#include "call/next_step.hpp"
#include "session/connection.hpp"
#include "session/exchange.hpp"

#include <picoxx/statement.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace picoxx {

/// One statement on one connection, from its sending to a verdict. Decides nothing: what follows is another's.
class Attempt {
public:
    /// Sends the statement, which lives until the verdict. @pre the connection is at rest
    void start(std::unique_ptr<Connection> connection, const StatementView& statement, StatementRouter* router,
               TimePoint now) noexcept {
        connection_ = std::move(connection);
        repeat(statement, router, now);
    }
    /// Sends it once more on the same connection. @pre the verdict was that it was refused before anything ran
    void repeat(const StatementView& statement, StatementRouter* router, TimePoint now) noexcept;

    /// How it ended; nullopt while the answer is awaited: the session then says what it waits for.
    [[nodiscard]] std::optional<Verdict> verdict();
    /// @pre there is a verdict
    [[nodiscard]] Outcome&& take_outcome() noexcept { return std::move(outcome_); }

    [[nodiscard]] Connection* connection() const noexcept { return connection_.get(); }
    [[nodiscard]] std::unique_ptr<Connection> take_connection() noexcept { return std::move(connection_); }
    [[nodiscard]] TimePoint started() const noexcept { return started_; }

private:
    std::unique_ptr<Connection> connection_;
    TimePoint started_{};
    Outcome outcome_;
};

}  // namespace picoxx
