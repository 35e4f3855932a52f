#include "pool/acquiring.hpp"

#include "pool/ending_text.hpp"

#include <algorithm>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace picoxx {

void Acquiring::give_up() noexcept {
    stage_ = Stage::resting;
    dial_.reset();
    withdraw(now_);
    if (connection_ == nullptr) return;
    core_.with_engine([&](Engine& engine) { engine.release(std::move(connection_), now_); });
}

Await Acquiring::reopen(PoolNode& node, Waker& waker, TimePoint deadline, TimePoint now) {
    request_.waker = &waker;
    deadline_ = deadline;
    wait_until_ = no_deadline;
    only_this_node_ = true;
    return dial(node, now);
}

Await Acquiring::resume(const Wakeup& wakeup, TimePoint now) {
    now_ = now;
    switch (stage_) {
        case Stage::waiting:
            if (wakeup.kind == Wakeup::Kind::expired) return expired(now);
            return await_turn(now);
        case Stage::dialling: return go_on_dialling(wakeup, now);
        case Stage::resting: break;
    }
    return {};
}

Await Acquiring::ask(TimePoint now) {
    for (;;) {
        if (now >= deadline_) return finish(stop(Errc::deadline_exceeded, now));
        bool warned = false;
        Acquisition acquisition = core_.with_engine([&](Engine& engine) {
            Acquisition answer = engine.acquire(request_, now);
            warned = engine.balancer().has_warning();
            return answer;
        });
        if (warned) log_balancer();
        if (acquisition.kind != Acquisition::Kind::use) return follow(std::move(acquisition), now);
        if (use(std::move(acquisition.connection), now)) return {};
    }
}

bool Acquiring::lives(TimePoint now) {
    const Error ended = connection_->look();
    const bool over = now >= connection_->end_of_life();
    if (!ended && !over) return true;
    core_.with_engine([&](Engine& engine) {
        if (ended) {
            engine.discard(std::move(connection_), ended, now);
        } else {
            engine.release(std::move(connection_), now);  // which closes it
        }
    });
    return false;
}

Await Acquiring::follow(Acquisition&& acquisition, TimePoint now) {
    stage_ = Stage::resting;
    switch (acquisition.kind) {
        case Acquisition::Kind::use: return use(std::move(acquisition.connection), now) ? Await{} : ask(now);
        case Acquisition::Kind::dial: return dial(*acquisition.node, now);
        case Acquisition::Kind::wait:
            stage_ = Stage::waiting;
            if (wait_until_ == no_deadline) wait_until_ = later(now, core_.settings().timeouts.acquire);
            return await_turn(now);
        case Acquisition::Kind::closed: return finish(make_error(Errc::closed, "the client is closed"));
        case Acquisition::Kind::fail: break;
    }
    if (acquisition.error == nullptr) throw std::bad_alloc{};
    if (!std::exchange(asked_for_password_, true) && core_.takes_new_password(now)) return ask(now);
    return finish(std::move(*acquisition.error));
}

// ------------------------------------------------------------------------------------------------------------- waiting

// In the queue, or just served. Nobody calls when a back-off ends, so that is looked after from here.
Await Acquiring::await_turn(TimePoint now) {
    bool served = false;
    const TimePoint next = core_.with_engine([&](Engine& engine) {
        if (request_.queued) engine.reconsider(now);
        served = !request_.queued;
        const TimePoint next_return = engine.next_return(now);
        return request_.wishes ? std::min(next_return, request_.patient_until) : next_return;
    });
    if (served) return follow(std::exchange(request_.grant, {}), now);
    return Await::for_turn(std::min({deadline_, wait_until_, next}));
}

Await Acquiring::expired(TimePoint now) {
    const bool asks_anew = core_.with_engine([&](Engine& engine) { return engine.gives_wish_up(request_, now); });
    if (asks_anew && now < deadline_) return ask(now);
    if (now < wait_until_ && now < deadline_) return await_turn(now);
    // Its turn may have come in the same moment.
    if (now < deadline_ && is_served()) return await_turn(now);
    return finish(stop(Errc::deadline_exceeded, now));
}

bool Acquiring::is_served() {
    const bool queues = stage_ == Stage::waiting || beside_;
    return queues && core_.with_engine([&](Engine&) { return !request_.queued; });
}

// ------------------------------------------------------------------------------------------------------------ dialling

Await Acquiring::dial(PoolNode& node, TimePoint now) {
    stage_ = Stage::dialling;
    look_at_ = only_this_node_ ? no_deadline : now + Dial::patience;
    if (wait_until_ == no_deadline) wait_until_ = later(now, core_.settings().timeouts.acquire);
    beside_ = false;
    dial_ = PooledDial::make(core_, node, deadline_, now);
    const Await await = dial_->resume(Wakeup{}, now);
    if (await.kind == Await::Kind::finished || only_this_node_) return dialled(await, now);
    beside_ = core_.with_engine([&](Engine& engine) { return engine.wait_beside_dial(request_); });
    return dialled(await, now);
}

Await Acquiring::go_on_dialling(const Wakeup& wakeup, TimePoint now) {
    const bool is_expired = wakeup.kind == Wakeup::Kind::expired;
    if (is_expired && now >= deadline_) return finish(stop(Errc::deadline_exceeded, now));
    if (wakeup.kind == Wakeup::Kind::turn || (is_expired && is_served())) return overtaken(now);
    if (is_expired && now >= look_at_ && now < dial_->await().until) return look_elsewhere(now);
    return dialled(dial_->resume(wakeup, now), now);
}

Await Acquiring::dialled(Await await, TimePoint now) {
    if (await.kind != Await::Kind::finished) {
        if (await.kind == Await::Kind::io && beside_) await = await.or_turn();
        await.until = std::min({await.until, deadline_, look_at_});
        return await;
    }
    Result<std::unique_ptr<Connection>> connection = dial_->take(request_.face, now);
    dial_.reset();
    stage_ = Stage::resting;
    withdraw(now);
    if (connection.ok()) {
        connection_ = *std::move(connection);
        return {};
    }
    ++request_.attempt;
    if (only_this_node_) {
        Error error = std::move(connection).error();
        if (error.code == Errc::cancelled) error.code = Errc::connect_failed;  // others log in there
        return finish(std::move(error));
    }
    return ask(now);
}

// Another connection came first. What was dialled is for the next one.
Await Acquiring::overtaken(TimePoint now) {
    if (is_served()) {
        Acquisition grant = std::exchange(request_.grant, {});
        PooledDial::leave(std::exchange(dial_, nullptr));
        return follow(std::move(grant), now);
    }
    return dialled(dial_->await(), now);
}

// The dial takes its time. Where somebody else could serve, it goes on in the background.
Await Acquiring::look_elsewhere(TimePoint now) {
    look_at_ = now + Dial::patience;
    const bool other = core_.with_engine([&](Engine& engine) { return engine.has_other_than(dial_->node(), now); });
    if (!other) return dialled(dial_->await(), now);
    PooledDial::leave(std::exchange(dial_, nullptr));
    stage_ = Stage::resting;
    withdraw(now);
    ++request_.attempt;
    return ask(now);
}

// ------------------------------------------------------------------------------------------------------------- the end

Error Acquiring::stop(Errc code, TimePoint now) {
    Error error;
    switch (stage_) {
        case Stage::waiting: error = stop_waiting(code, now); break;
        case Stage::dialling: error = stop_dialling(code, now); break;
        case Stage::resting: error = make_error(code, ending_text(code, "before the statement was sent")); break;
    }
    if (stage_ != Stage::waiting) core_.with_engine([&](Engine& engine) { engine.name_failed_nodes(error); });
    stage_ = Stage::resting;
    return error;
}

Error Acquiring::stop_waiting(Errc code, TimePoint now) {
    withdraw(now);  // where its turn came in the same moment it gives that back
    Error nobody = core_.with_engine([](Engine& engine) { return engine.nobody_came(); });
    if (code == Errc::deadline_exceeded && wait_until_ < deadline_) return nobody;
    return make_error(code, ending_text(code, "while waiting for a connection: ") + nobody.text);
}

Error Acquiring::stop_dialling(Errc code, TimePoint now) {
    withdraw(now);
    Error error = make_error(code, ending_text(code, "while connecting"));
    if (code == Errc::closed) {
        dial_.reset();
    } else {
        error = PooledDial::leave(std::move(dial_), std::move(error));
    }
    return error;
}

// Out of the queue; what was granted and will not be used is given back.
void Acquiring::withdraw(TimePoint now) {
    core_.with_engine([&](Engine& engine) { engine.withdraw(request_); });
    give_back(std::exchange(request_.grant, {}), now);
}

void Acquiring::give_back(Acquisition&& grant, TimePoint now) {
    if (grant.kind == Acquisition::Kind::wait) return;
    core_.with_engine([&](Engine& engine) {
        if (grant.kind == Acquisition::Kind::dial) engine.dial_cancelled(*grant.node, now);
        if (grant.connection != nullptr) engine.release(std::move(grant.connection), now);
    });
}

void Acquiring::log_balancer() const {
    std::vector<std::string> warnings;
    core_.with_engine([&](Engine& engine) {
        while (engine.balancer().has_warning()) warnings.push_back(engine.balancer().take_warning());
    });
    for (const std::string& warning : warnings) {
        core_.log().write(LogTopic::strategy, LogLevel::warning, {}, [&] { return warning; });
    }
}

Await Acquiring::finish(Error error) {
    stage_ = Stage::resting;
    error_ = std::make_unique<Error>(std::move(error));
    return {};
}

}  // namespace picoxx
