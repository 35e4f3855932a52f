#pragma once

#include "call/next_step.hpp"
#include "session/connection.hpp"
#include "session/exchange.hpp"

#include <picoxx/statement.hpp>

#include <memory>
#include <utility>

namespace picoxx {

/// One statement on one connection, from its sending to a verdict. Decides nothing: what follows is another's.
class Attempt {
public:
    /// Sends the statement, which lives until the verdict. @pre the connection is at rest
    void start(std::unique_ptr<Connection> connection, const StatementView& statement, StatementRouter* router,
               TimePoint now) {
        connection_ = std::move(connection);
        repeat(statement, router, now);
    }
    /// Sends it once more on the same connection. @pre the verdict was that it was refused before anything ran
    void repeat(const StatementView& statement, StatementRouter* router, TimePoint now) {
        started_ = now;
        Session& session = connection_->session();
        connection_->exchange().start(session, statement, router);
        // Where it broke while sending, its sinks hear it now.
        if (session.state() == SessionState::closed) session.advance(Interest::none);
    }

    /// The answer is there; until then the session says what it waits for.
    [[nodiscard]] bool ended() const noexcept { return connection_->exchange().done(); }
    /// How it ended, and with what. @pre ended()
    [[nodiscard]] Verdict end(Outcome& outcome) noexcept {
        outcome = connection_->exchange().take_outcome();
        return outcome.error == nullptr ? Verdict{} : judge(*outcome.error);
    }

    [[nodiscard]] Connection* connection() const noexcept { return connection_.get(); }
    [[nodiscard]] std::unique_ptr<Connection> take_connection() noexcept { return std::move(connection_); }
    [[nodiscard]] TimePoint started() const noexcept { return started_; }

private:
    [[nodiscard]] Verdict judge(const Error& error) const noexcept;

    std::unique_ptr<Connection> connection_;
    TimePoint started_{};
};

}  // namespace picoxx
