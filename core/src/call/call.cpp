#include "call/call.hpp"

#include "call/drain.hpp"
#include "sql/transaction_statement.hpp"
#include "topology/refresh.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace picoxx {
namespace {

std::string ending(Errc code, const char* where) {
    const char* const what = code == Errc::deadline_exceeded ? "the time for the call ran out "
                             : code == Errc::closed          ? "the client was closed "
                                                             : "cancelled ";
    return what + std::string{where};
}

}  // namespace

Call::Call(ClientCore& core, const StatementView& statement, Face face) noexcept : core_{core}, statement_{statement} {
    request_.face = face;
}

Call::~Call() {
    if (stage_ == Stage::waiting) {
        core_.with_engine([&](Engine& engine) { engine.withdraw(request_); });
        give_back(std::move(request_.grant), now_);
    }
    if (connection_ == nullptr) return;
    core_.with_engine([&](Engine& engine) { engine.discard(std::move(connection_), {}, now_); });
}

Await Call::resume(const Wakeup& wakeup, TimePoint now) noexcept {
    now_ = now;
    if (wakeup.kind == Wakeup::Kind::cancelled) return cancelled(wakeup.cancellation, now);
    if (wakeup.kind == Wakeup::Kind::expired && (stage_ != Stage::dialling || now >= deadline_)) return expired(now);
    switch (stage_) {
        case Stage::starting: return begin(now);
        case Stage::waiting: return await_turn(now);
        case Stage::dialling: return dialled(dial_->resume(wakeup, now), now);
        case Stage::executing: connection_->session().advance(wakeup.ready); return executed(now);
        case Stage::finished: break;
    }
    return {};
}

Await Call::begin(TimePoint now) {
    if (statement_.parameters != nullptr && statement_.parameters->error() != nullptr) {
        return finish(Error{*statement_.parameters->error()});
    }
    if (core_.settings().transaction_statements == TransactionStatements::refused) {
        if (const std::string_view name = transaction_statement(statement_.sql); !name.empty()) {
            return finish(make_error(
                Errc::unsupported, std::string{name} + " was not sent: Picodata has no transactions, each statement is "
                                                       "committed by itself and stays (option transaction_statements "
                                                       "lets it through)"));
        }
    }
    if (statement_.options.stop.stop_requested()) {
        return finish(make_error(Errc::cancelled, ending(Errc::cancelled, "before the statement was sent")));
    }
    const auto timeout = statement_.options.timeout ? statement_.options.timeout : core_.settings().timeouts.statement;
    if (timeout && *timeout <= std::chrono::milliseconds{0}) {
        return finish(make_error(Errc::invalid_argument, "the timeout of a call must be greater than 0, it is " +
                                                             std::to_string(timeout->count()) + " ms"));
    }
    if (timeout) deadline_ = later(now, *timeout);
    return acquire(now);
}

Await Call::acquire(TimePoint now) {
    if (now >= deadline_) return out_of_time(effect_so_far_);
    request_.waker = &waker();
    bool warned = false;
    Acquisition acquisition = core_.with_engine([&](Engine& engine) {
        Acquisition answer = engine.acquire(request_, now);
        warned = engine.balancer().has_warning();
        return answer;
    });
    if (warned) log_balancer();
    return follow(std::move(acquisition), now);
}

void Call::log_balancer() const {
    std::vector<std::string> warnings;
    core_.with_engine([&](Engine& engine) {
        while (engine.balancer().has_warning()) warnings.push_back(engine.balancer().take_warning());
    });
    for (const std::string& warning : warnings) {
        core_.log().write(LogLevel::warning, "pool", {}, [&] { return warning; });
    }
}

Await Call::follow(Acquisition&& acquisition, TimePoint now) {
    switch (acquisition.kind) {
        case Acquisition::Kind::use:
            connection_ = std::move(acquisition.connection);
            if (now - connection_->last_used() > trusted_for) {
                Session& session = connection_->session();
                if (session.advance(Interest::read) != SessionState::ready) {
                    const Error* failure = session.failure();
                    Error error = failure != nullptr ? *failure
                                                     : make_error(Errc::connection_lost, "the connection was closed");
                    core_.with_engine([&](Engine& engine) { engine.discard(std::move(connection_), error, now); });
                    request_refresh(core_);
                    return acquire(now);
                }
            }
            return execute(now);
        case Acquisition::Kind::dial:
            stage_ = Stage::dialling;
            dial_ = std::make_unique<PooledDial>(core_, *acquisition.node, deadline_, now);
            return dialled(dial_->resume(Wakeup{}, now), now);
        case Acquisition::Kind::wait:
            stage_ = Stage::waiting;
            acquire_until_ = std::min(deadline_, later(now, core_.settings().timeouts.acquire));
            return await_turn(now);
        case Acquisition::Kind::closed: return finish(make_error(Errc::closed, "the client is closed"));
        case Acquisition::Kind::fail: break;
    }
    return finish(std::move(*acquisition.error));
}

// In the queue, or just served. Nobody calls when a back-off ends, so that is looked after from here.
Await Call::await_turn(TimePoint now) {
    bool served = false;
    const TimePoint next = core_.with_engine([&](Engine& engine) {
        served = !request_.queued;
        return engine.next_return();
    });
    if (served) {
        stage_ = Stage::starting;
        return follow(std::move(request_.grant), now);
    }
    return Await{Await::Kind::turn, nullptr, nullptr, std::min(acquire_until_, next)};
}

Await Call::dialled(Await await, TimePoint now) {
    if (await.kind != Await::Kind::finished) {
        await.until = std::min(await.until, deadline_);
        return await;
    }
    connection_ = dial_->take(request_, now);
    dial_.reset();
    if (connection_ != nullptr) return execute(now);
    request_refresh(core_);
    return acquire(now);
}

Await Call::execute(TimePoint now) {
    stage_ = Stage::executing;
    ++attempts_;
    statement_started_ = now;
    Session& session = connection_->session();
    connection_->exchange().start(session, statement_, core_.settings().router.get());
    if (session.state() == SessionState::closed)
        session.advance(Interest::none);  // it broke while sending: its sinks hear it now
    return executed(now);
}

Await Call::executed(TimePoint now) {
    Session& session = connection_->session();
    Exchange& exchange = connection_->exchange();
    if (!exchange.done()) return Await{Await::Kind::io, &session, nullptr, deadline_};

    const bool stale = exchange.stale_statement();
    outcome_ = exchange.take_outcome();
    if (stale && stale_retries_ < 2 && session.state() == SessionState::ready) {
        // Certainly not executed, and the connection is fine: prepare it anew.
        ++stale_retries_;
        if (StatementRouter* router = core_.settings().router.get(); router != nullptr)
            router->on_invalidated(statement_.sql);
        return execute(now);
    }
    if (session.state() != SessionState::ready) {
        if (outcome_.error != nullptr) return connection_failed(std::move(*outcome_.error), now);
        // The answer is whole; only the connection ended with it.
        core_.with_engine([&](Engine& engine) {
            engine.count_statement(connection_->node(), now - statement_started_);
            engine.discard(std::move(connection_), {}, now);
        });
        stage_ = Stage::finished;
        return {};
    }

    connection_->used(now);
    core_.with_engine([&](Engine& engine) {
        PoolNode& node = connection_->node();
        engine.count_statement(node, now - statement_started_);
        if (outcome_.error != nullptr) outcome_.error->node = node.label;
        engine.release(std::move(connection_), now);
    });
    if (outcome_.error != nullptr) return finish(Error{std::move(*outcome_.error)});
    stage_ = Stage::finished;
    return {};
}

Await Call::connection_failed(Error error, TimePoint now) {
    if (!error) error = make_error(Errc::connection_lost, "the connection was closed", Effect::unknown);
    core_.with_engine([&](Engine& engine) {
        PoolNode& node = connection_->node();
        error.node = node.label;
        if (attempts_ > 1) request_.failed.push_back(FailedNode{node.serial, error});
        engine.discard(std::move(connection_), error, now);
    });
    core_.log().write(LogLevel::warning, "pool", error.node, [&] { return "connection lost: " + error.text; });
    request_refresh(core_);

    error.effect = std::max(error.effect, effect_so_far_);
    const bool repeatable = error.effect == Effect::none || statement_.options.idempotence == Idempotence::yes;
    if (repeatable && error.code == Errc::connection_lost && attempts_ < max_attempts && now < deadline_) {
        effect_so_far_ = error.effect;
        outcome_ = {};
        return acquire(now);
    }
    return finish(std::move(error));
}

// ---- ends that the server has no part in

Await Call::expired(TimePoint now) {
    switch (stage_) {
        case Stage::waiting:
            if (now < acquire_until_) {
                core_.with_engine([&](Engine& engine) { engine.reconsider(now); });
                return await_turn(now);
            }
            return stop_waiting(Errc::deadline_exceeded, now);
        case Stage::executing: return stop_executing(Errc::deadline_exceeded, Cancellation::partial, now);
        case Stage::dialling: return stop_dialling(Errc::deadline_exceeded);
        case Stage::starting:
        case Stage::finished: break;
    }
    return out_of_time(effect_so_far_);
}

Await Call::cancelled(Cancellation cancellation, TimePoint now) {
    const bool closed = core_.with_engine([](Engine& engine) { return engine.closed(); });
    const Errc code = closed ? Errc::closed : Errc::cancelled;
    switch (stage_) {
        case Stage::waiting: return stop_waiting(code, now);
        case Stage::dialling: return stop_dialling(code);
        case Stage::executing:
            if (cancellation == Cancellation::total) {
                return Await{Await::Kind::io, &connection_->session(), nullptr, deadline_};
            }
            return stop_executing(code, cancellation, now);
        case Stage::starting:
        case Stage::finished: break;
    }
    return finish(make_error(code, ending(code, "before the statement was sent")));
}

Await Call::stop_waiting(Errc code, TimePoint now) {
    Error busy = core_.with_engine([&](Engine& engine) {
        engine.withdraw(request_);
        return engine.exhausted("no connection became free in time");
    });
    if (request_.grant.kind != Acquisition::Kind::wait) {
        // Its turn came in the same moment.
        stage_ = Stage::starting;
        if (code == Errc::deadline_exceeded) return follow(std::move(request_.grant), now);
        give_back(std::move(request_.grant), now);
    }
    if (code == Errc::deadline_exceeded && acquire_until_ < deadline_) return finish(std::move(busy));
    return finish(make_error(code, ending(code, "while waiting for a connection: ") + busy.text));
}

// What was granted and will not be used.
void Call::give_back(Acquisition&& grant, TimePoint now) {
    core_.with_engine([&](Engine& engine) {
        if (grant.kind == Acquisition::Kind::dial) engine.dial_cancelled(*grant.node, now);
        if (grant.connection != nullptr) engine.release(std::move(grant.connection), now);
    });
}

Await Call::stop_dialling(Errc code) {
    Error error = make_error(code, ending(code, "while connecting"));
    if (code == Errc::closed) {
        dial_.reset();
    } else {
        error = PooledDial::leave(std::move(dial_), std::move(error));
    }
    add_failed_nodes(error);
    return finish(std::move(error));
}

Await Call::stop_executing(Errc code, Cancellation cancellation, TimePoint now) {
    Error error = make_error(code, ending(code, "while the statement was executed"), Effect::unknown);
    if (connection_->exchange().kind() == StatementKind::define) {
        error.text +=
            "; the server goes on with it, for up to 24 h unless it has an OPTION (TIMEOUT = seconds): repeat it with "
            "IF NOT EXISTS or IF EXISTS";
    }
    if (cancellation == Cancellation::terminal) {
        core_.with_engine([&](Engine& engine) {
            error.node = connection_->node().label;
            engine.discard(std::move(connection_), {}, now);
        });
        return finish(std::move(error));
    }
    // The connection is left behind, not waited for: its answer finds the exchange, which belongs to it.
    std::unique_ptr<Connection> left = core_.with_engine([&](Engine& engine) {
        error.node = connection_->node().label;
        return engine.abandon(std::move(connection_), now);
    });
    if (left != nullptr) core_.spawn(std::make_unique<Drain>(core_, std::move(left)));
    return finish(std::move(error));
}

Await Call::out_of_time(Effect effect) {
    Error error = make_error(Errc::deadline_exceeded, "the time for the call ran out", effect);
    add_failed_nodes(error);
    return finish(std::move(error));
}

void Call::add_failed_nodes(Error& error) const {
    for (const FailedNode& failed : request_.failed) error.text += "; " + failed.error.node + ": " + failed.error.text;
}

Await Call::finish(Error error) noexcept {
    stage_ = Stage::finished;
    error.effect = std::max(error.effect, effect_so_far_);  // of attempts before the last one
    outcome_.rows.reset();
    outcome_.error = std::make_unique<Error>(std::move(error));
    return {};
}

}  // namespace picoxx
