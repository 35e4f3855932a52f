#include "call/call.hpp"

#include "call/drain.hpp"
#include "pool/ending_text.hpp"
#include "sql/cut_statement.hpp"
#include "sql/transaction_statement.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace picoxx {

Call::~Call() {
    if (attempt_.connection() == nullptr) return;
    core_.with_engine([&](Engine& engine) { engine.discard(attempt_.take_connection(), {}, now_); });
}

Await Call::resume(const Wakeup& wakeup, TimePoint now) {
    now_ = now;
    if (wakeup.kind == Wakeup::Kind::cancelled) {
        const bool closed = core_.with_engine([](Engine& engine) { return engine.closed(); });
        return stop(closed ? Errc::closed : Errc::cancelled, wakeup.cancellation, now);
    }
    switch (stage_) {
        case Stage::starting: return begin(now);
        case Stage::acquiring: return acquired(acquiring_.resume(wakeup, now), now);
        case Stage::executing:
            if (wakeup.kind == Wakeup::Kind::expired || rest_is_late(now)) {
                return stop(Errc::deadline_exceeded, Cancellation::partial, now);
            }
            attempt_.connection()->session().advance(wakeup.ready);
            return executed(now);
        case Stage::finished: break;
    }
    return {};
}

// Whether something was not sent when the time ran out: that its socket has become writable meanwhile does not help.
bool Call::rest_is_late(TimePoint now) const noexcept {
    return now >= deadline_ && wants_write(attempt_.connection()->session().interest());
}

// This and the other steps that each statement takes are in line: between them, calls cost more than the steps.
[[gnu::always_inline]] inline Await Call::begin(TimePoint now) {
    if (needs_a_look()) {
        if (const std::unique_ptr<Error> why = why_not_sent()) return finish(std::move(*why));
    }
    const auto& own = statement_.options.timeout;
    if (const auto& timeout = own ? own : core_.settings().timeouts.statement) deadline_ = later(now, *timeout);
    stage_ = Stage::acquiring;
    if (core_.settings().router != nullptr && statement_.options.routing == Routing::automatic) route();
    return acquired(acquiring_.start(waker(), deadline_, now), now);
}

// Before a node is chosen, and outside of the client's lock.
void Call::route() {
    constexpr std::size_t few = 8;
    std::array<Parameter, few> inline_parameters;
    std::vector<Parameter> more_parameters;
    const std::size_t count = statement_.parameters == nullptr ? 0 : statement_.parameters->size();
    std::span<Parameter> parameters{inline_parameters.data(), std::min(count, few)};
    if (count > few) {
        more_parameters.resize(count);
        parameters = more_parameters;
    }
    for (std::size_t i = 0; i < count; ++i) parameters[i] = (*statement_.parameters)[i];
    RouteHint hint;
    is_routed_ = true;
    if (core_.settings().router->route(statement_.sql, parameters, hint) == StatementRouter::Route::owner)
        acquiring_.wish_for(hint.owner);
    if (hint.asks) core_.want_routes();
}

// Whether there may be something to be said of the call before anything is done for it: for most statements a few
// comparisons tell.
[[gnu::always_inline]] inline bool Call::needs_a_look() const {
    const CallOptions& options = statement_.options;
    return statement_.sql.is_null() ||
           (statement_.parameters != nullptr && statement_.parameters->error() != nullptr) ||
           may_be_transaction_statement(statement_.sql) || options.timeout || options.stop.stop_possible();
}

std::unique_ptr<Error> Call::why_not_sent() const {
    const auto because = [](Errc code, std::string text) {
        return std::make_unique<Error>(make_error(code, std::move(text)));
    };
    if (statement_.sql.is_null()) return because(Errc::invalid_argument, "the SQL text is a null pointer");
    if (statement_.parameters != nullptr && statement_.parameters->error() != nullptr) {
        return std::make_unique<Error>(*statement_.parameters->error());
    }
    if (core_.settings().transaction_statements == TransactionStatements::refused) {
        if (const std::string_view name = transaction_statement(statement_.sql); !name.empty()) {
            return because(Errc::unsupported, std::string{name} +
                                                  " was not sent: Picodata has no transactions, each statement is "
                                                  "committed by itself and stays (option transaction_statements "
                                                  "lets it through)");
        }
    }
    if (statement_.options.stop.stop_requested()) {
        return because(Errc::cancelled, ending_text(Errc::cancelled, "before the statement was sent"));
    }
    const auto& timeout = statement_.options.timeout;
    if (timeout && *timeout <= std::chrono::milliseconds{0}) {
        return because(Errc::invalid_argument, "the timeout of a call must be greater than 0, it is " +
                                                   std::to_string(timeout->count()) + " ms");
    }
    return nullptr;
}

Await Call::acquired(const Await& await, TimePoint now) {
    if (await.kind != Await::Kind::finished) return await;
    std::unique_ptr<Connection> connection = acquiring_.take();
    if (connection == nullptr) {
        Error error = acquiring_.take_error();
        if (loss_ == nullptr) return finish(std::move(error));
        const bool in_time = error.code != Errc::deadline_exceeded;
        loss_->text += std::string{"; it is not executed again, since its node "} +
                       (in_time ? "takes no connection any more: " : "took no connection in time: ") + error.text;
        return finish(std::move(*loss_));
    }
    // Nothing is sent after the deadline, however the connection was come by.
    if (now >= deadline_) {
        core_.with_engine([&](Engine& engine) { engine.release(std::move(connection), now); });
        return finish(acquiring_.stop(Errc::deadline_exceeded, now));
    }
    stage_ = Stage::executing;
    loss_.reset();
    attempt_effect_ = Effect::unknown;
    attempt_.start(std::move(connection), statement_, core_.settings().router.get(), now);
    return executed(now);
}

[[gnu::always_inline]] inline Await Call::executed(TimePoint now) {
    if (!attempt_.ended()) return Await::for_io(attempt_.connection()->session(), deadline_);
    const Verdict verdict = attempt_.end(outcome_);
    if (outcome_.error != nullptr) attempt_effect_ = outcome_.error->effect;
    return verdict.kind == Verdict::Kind::answered ? answered(now) : refused_or_lost(verdict, now);
}

Await Call::refused_or_lost(const Verdict& verdict, TimePoint now) {
    const bool is_lost = verdict.kind == Verdict::Kind::lost || verdict.kind == Verdict::Kind::lost_silently;
    ++attempts_.made;
    if (!is_lost) ++attempts_.refused;
    if (verdict.effect != Effect::none) ++attempts_.in_doubt;
    const NextStep next = next_step(verdict, attempts_, statement_.options.idempotence, deadline_ - now);
    if (is_lost) return lost(next, now);
    if (next == NextStep::repeat_anywhere) return replaced(now);
    if (next != NextStep::repeat_here) return answered(now);

    StatementRouter* const router = core_.settings().router.get();
    if (router != nullptr && verdict.kind == Verdict::Kind::refused_stale) router->on_invalidated(statement_.sql);
    attempt_effect_ = Effect::unknown;
    attempt_.repeat(statement_, router, now);
    return executed(now);
}

// Its places in the server's store come free with the connection, of which the node knows nothing bad.
Await Call::replaced(TimePoint now) {
    core_.with_engine([&](Engine& engine) { engine.discard(attempt_.take_connection(), {}, now); });
    acquiring_.count_failure();
    outcome_ = {};
    stage_ = Stage::acquiring;
    return acquired(acquiring_.start(waker(), deadline_, now), now);
}

Await Call::lost(NextStep next, TimePoint now) {
    Error error = std::move(*outcome_.error);
    auto loss = std::make_unique<Error>();  // before there is a place that could be lost
    PoolNode* same_node = nullptr;
    std::vector<std::unique_ptr<Connection>> doubtful;
    core_.with_engine([&](Engine& engine) {
        const PoolNode& node = attempt_.connection()->node();
        error.node = node.label;
        acquiring_.count_failure();
        doubtful = engine.take_doubtful(attempt_.connection()->node(), attempt_.started());
        std::unique_ptr<Connection> connection = attempt_.take_connection();
        if (next == NextStep::repeat_if_the_node_lives) {
            same_node = engine.reopen(std::move(connection), error, now);
        } else {
            engine.discard(std::move(connection), error, now);
        }
    });
    Drain::ask(core_, std::move(doubtful));
    error.effect = std::max(error.effect, effect_so_far_);
    const bool goes_on = same_node != nullptr || next == NextStep::repeat_anywhere;
    if (!goes_on) return finish(std::move(error));

    effect_so_far_ = error.effect;
    outcome_ = {};
    stage_ = Stage::acquiring;
    if (same_node == nullptr) return acquired(acquiring_.start(waker(), deadline_, now), now);
    *loss = std::move(error);
    loss_ = std::move(loss);
    return acquired(acquiring_.reopen(*same_node, waker(), deadline_, now), now);
}

// Where an answer came from that the router was asked about; and that it may be about what the router has learned.
void Call::note_route(Connection& connection) {
    if (connection.exchange().kind() == StatementKind::define) core_.settings().router->on_invalidated(statement_.sql);
    if (acquiring_.wish() == ReplicasetKey::none) return;
    core_.with_engine([&](Engine& engine) { engine.count_routed(acquiring_.wish(), connection.node()); });
}

// The server has answered; the connection may have ended with that.
[[gnu::always_inline]] inline Await Call::answered(TimePoint now) {
    Connection& connection = *attempt_.connection();
    const bool ready = connection.session().state() == SessionState::ready;
    connection.used(now);
    if (is_routed_) [[unlikely]]
        note_route(connection);
    core_.with_engine([&](Engine& engine) {
        PoolNode& node = connection.node();
        if (outcome_.error != nullptr) outcome_.error->node = node.label;
        engine.count_statement(node, now - attempt_.started());
        if (ready) {
            engine.release(attempt_.take_connection(), now);
        } else {
            engine.discard(attempt_.take_connection(), {}, now);
        }
    });
    if (outcome_.error != nullptr) return finish(std::move(*outcome_.error));
    stage_ = Stage::finished;
    return {};
}

// The server has no part in how the call ends.
Await Call::stop(Errc code, Cancellation cancellation, TimePoint now) {
    if (stage_ != Stage::executing) return finish(acquiring_.stop(code, now));
    if (cancellation == Cancellation::total) {
        return Await::for_io(attempt_.connection()->session(), deadline_);
    }
    return stop_executing(code, cancellation, now);
}

Await Call::stop_executing(Errc code, Cancellation cancellation, TimePoint now) {
    Error error = make_error(code, ending_text(code, "while the statement was executed"), Effect::unknown);
    Connection& connection = *attempt_.connection();
    if (connection.exchange().kind() == StatementKind::define) {
        error.text +=
            "; the server goes on with it, for up to 24 h unless it has an OPTION (TIMEOUT = seconds): repeat it with "
            "IF NOT EXISTS or IF EXISTS";
    }
    // The connection is left behind, not waited for: its answer finds the exchange, which belongs to it. What was not
    // sent yet is not sent any more.
    const bool ends = cancellation == Cancellation::terminal || wants_write(connection.session().interest());
    std::unique_ptr<Connection> left;
    std::vector<std::unique_ptr<Connection>> doubtful;
    core_.with_engine([&](Engine& engine) {
        error.node = connection.node().label;
        if (code == Errc::deadline_exceeded) {
            doubtful = engine.statement_timed_out(connection.node(), error, attempt_.started(), now);
        }
        if (ends) {
            engine.discard(attempt_.take_connection(), {}, now);
        } else {
            left = engine.abandon(attempt_.take_connection(), now);
        }
    });
    if (left != nullptr) Drain::start(core_, std::move(left));
    Drain::ask(core_, std::move(doubtful));
    return finish(std::move(error));
}

void Call::fail(const std::exception_ptr&) noexcept {
    let_go();
    stage_ = Stage::finished;
    outcome_.rows.reset();
    outcome_.error = std::make_unique<Error>();  // a little memory must be left to say it
    outcome_.error->code = Errc::out_of_memory;
    outcome_.error->effect = std::max(attempt_effect_, effect_so_far_);
}

void Call::let_go() noexcept {
    if (attempt_.connection() != nullptr) {
        core_.with_engine([&](Engine& engine) { engine.discard(attempt_.take_connection(), {}, now_); });
    }
    acquiring_.give_up();
}

Await Call::finish(Error error) {
    stage_ = Stage::finished;
    error.effect = std::max(error.effect, effect_so_far_);  // of attempts before the last one
    if (!statement_.sql.is_null()) error.statement = cut_statement(statement_.sql);
    outcome_.rows.reset();
    outcome_.error = std::make_unique<Error>(std::move(error));
    return {};
}

}  // namespace picoxx
