#include "request/call.hpp"

#include "request/drain.hpp"
#include "topology/refresh.hpp"

#include <algorithm>
#include <utility>

namespace picoxx {

Call::Call(ClientCore& core, const StatementView& statement, AcquireRequest::Prefer prefer) noexcept
    : core_{core}, statement_{statement} {
    request_.prefer = prefer;
}

Call::Call(ClientCore& core, AcquireRequest::Prefer prefer) noexcept : Call{core, StatementView{}, prefer} {
    only_connects_ = true;
}

Call::~Call() {
    if (stage_ == Stage::waiting) {
        core_.with_engine([&](Engine& engine) { engine.withdraw(request_); });
        connection_ = std::move(request_.grant.connection);
        if (request_.grant.kind == Acquisition::Kind::dial) node_ = request_.grant.node;
    }
    dial_.reset();
    if (connection_ == nullptr && node_ == nullptr) return;
    core_.with_engine([&](Engine& engine) {
        if (node_ != nullptr) engine.dial_cancelled(*node_, now_);
        if (connection_ != nullptr) engine.discard(std::move(connection_), {}, now_);
    });
}

Await Call::resume(const Wakeup& wakeup, TimePoint now) noexcept {
    now_ = now;
    if (wakeup.kind == Wakeup::Kind::expired && stage_ != Stage::dialling) return expired(now, Errc::deadline_exceeded);
    if (wakeup.kind == Wakeup::Kind::cancelled) {
        const bool closed = core_.with_engine([](Engine& engine) { return engine.closed(); });
        return expired(now, closed ? Errc::closed : Errc::cancelled);
    }
    switch (stage_) {
        case Stage::starting: {
            if (statement_.parameters != nullptr && statement_.parameters->error())
                return finish(statement_.parameters->error());
            const auto timeout = statement_.options.timeout ? statement_.options.timeout
                                                            : core_.settings().timeouts.statement;
            if (timeout && *timeout <= std::chrono::milliseconds{0}) {
                return finish(make_error(Errc::invalid_argument, "the timeout of a call must be greater than 0"));
            }
            if (timeout) deadline_ = later(now, *timeout);
            return acquire(now);
        }
        case Stage::waiting: return follow(std::move(request_.grant), now);
        case Stage::dialling: return dialled(dial_->resume(wakeup, now), now);
        case Stage::executing: connection_->session().advance(wakeup.ready); return executed(now);
        case Stage::finished: break;
    }
    return {};
}

Await Call::acquire(TimePoint now) {
    if (now >= deadline_) return out_of_time(effect_so_far_);
    request_.waker = &waker();
    return follow(core_.with_engine([&](Engine& engine) { return engine.acquire(request_, now); }), now);
}

Await Call::follow(Acquisition acquisition, TimePoint now) {
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
        case Acquisition::Kind::dial: {
            stage_ = Stage::dialling;
            node_ = acquisition.node;
            const Endpoint endpoint = core_.with_engine([&](Engine&) { return node_->info.endpoint; });
            dial_.emplace(*core_.settings().transport, core_.settings().connect, endpoint,
                          std::min(deadline_, later(now, core_.settings().timeouts.connect)));
            return dialled(dial_->resume(Wakeup{}, now), now);
        }
        case Acquisition::Kind::wait:
            stage_ = Stage::waiting;
            acquire_until_ = std::min(deadline_, later(now, core_.settings().timeouts.acquire));
            return Await{Await::Kind::turn, nullptr, nullptr, acquire_until_};
        case Acquisition::Kind::fail: break;
    }
    acquisition.error.effect = std::max(acquisition.error.effect, effect_so_far_);
    return finish(std::move(acquisition.error));
}

Await Call::dialled(const Await& await, TimePoint now) {
    if (await.kind != Await::Kind::finished) return await;
    Result<std::unique_ptr<Session>> session = dial_->take();
    PoolNode& node = *std::exchange(node_, nullptr);
    if (!session.ok()) {
        dial_.reset();
        Error error = std::move(session).error();
        core_.with_engine([&](Engine& engine) {
            error.node = node.label;
            request_.failed.push_back(FailedNode{node.serial, error});
            engine.dial_failed(node, error, now);
        });
        core_.log().write(LogLevel::warning, "pool", error.node, [&] { return "cannot connect: " + error.text; });
        request_refresh(core_);
        return acquire(now);
    }
    connection_ = std::make_unique<Connection>(node, *std::move(session), dial_->address(),
                                               core_.settings().statement_cache_size);
    dial_.reset();
    core_.with_engine([&](Engine& engine) { engine.dial_succeeded(node); });
    return execute(now);
}

Await Call::execute(TimePoint now) {
    if (only_connects_) {
        connection_->used(now);
        core_.with_engine([&](Engine& engine) { engine.release(std::move(connection_), now); });
        stage_ = Stage::finished;
        return {};
    }
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
        if (outcome_.error) return connection_failed(std::move(outcome_.error), now);
        // The answer is whole; only the connection ended with it.
        core_.with_engine([&](Engine& engine) {
            Engine::count_statement(connection_->node(), now - statement_started_);
            engine.discard(std::move(connection_), {}, now);
        });
        stage_ = Stage::finished;
        return {};
    }

    connection_->used(now);
    core_.with_engine([&](Engine& engine) {
        PoolNode& node = connection_->node();
        Engine::count_statement(node, now - statement_started_);
        if (outcome_.error) outcome_.error.node = node.label;
        engine.release(std::move(connection_), now);
    });
    if (outcome_.error) return finish(std::move(outcome_.error));
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

// Out of time, or cancelled, in whatever stage.
Await Call::expired(TimePoint now, Errc code) {
    const auto text = [code](const char* where) {
        const char* what = code == Errc::deadline_exceeded ? "the time for the call ran out "
                           : code == Errc::closed          ? "the client was closed "
                                                           : "cancelled ";
        return what + std::string{where};
    };
    switch (stage_) {
        case Stage::waiting: {
            Error busy = core_.with_engine([&](Engine& engine) {
                engine.withdraw(request_);
                return engine.exhausted("no connection became free in time");
            });
            if (request_.grant.kind != Acquisition::Kind::wait) {
                // Its turn came in the same moment.
                stage_ = Stage::starting;
                if (code == Errc::deadline_exceeded) return follow(std::move(request_.grant), now);
                if (request_.grant.kind == Acquisition::Kind::dial) node_ = request_.grant.node;
                connection_ = std::move(request_.grant.connection);
                core_.with_engine([&](Engine& engine) {
                    if (node_ != nullptr) engine.dial_cancelled(*std::exchange(node_, nullptr), now);
                    if (connection_ != nullptr) engine.release(std::move(connection_), now);
                });
            }
            if (code == Errc::deadline_exceeded && acquire_until_ < deadline_) return finish(std::move(busy));
            return finish(make_error(code, text("while waiting for a connection: ") + busy.text, effect_so_far_));
        }
        case Stage::dialling:
            dial_.reset();
            core_.with_engine([&](Engine& engine) { engine.dial_cancelled(*std::exchange(node_, nullptr), now); });
            return finish(make_error(code, text("while connecting"), effect_so_far_));
        case Stage::executing: {
            // The connection is left behind, not waited for: its answer finds the exchange, which belongs to it.
            Error error = make_error(code, text("while the statement was executed"), Effect::unknown);
            std::unique_ptr<Connection> left = core_.with_engine([&](Engine& engine) {
                error.node = connection_->node().label;
                return engine.abandon(std::move(connection_), now);
            });
            if (left != nullptr) core_.spawn(std::make_unique<Drain>(core_, std::move(left)));
            return finish(std::move(error));
        }
        case Stage::starting:
        case Stage::finished: break;
    }
    return finish(make_error(code, text("before the statement was sent"), effect_so_far_));
}

Await Call::out_of_time(Effect effect) {
    Error error = make_error(Errc::deadline_exceeded, "the time for the call ran out", effect);
    for (const FailedNode& failed : request_.failed) error.text += "; " + failed.error.node + ": " + failed.error.text;
    return finish(std::move(error));
}

Await Call::finish(Error error) noexcept {
    stage_ = Stage::finished;
    error.effect = std::max(error.effect, effect_so_far_);  // of attempts before the last one
    outcome_ = {};
    outcome_.error = std::move(error);
    return {};
}

}  // namespace picoxx
