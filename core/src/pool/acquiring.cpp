#include "pool/acquiring.hpp"

#include "pool/ending_text.hpp"

#include <algorithm>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace picoxx {

void Acquiring::give_up() noexcept {
    const bool waits = std::exchange(stage_, Stage::resting) == Stage::waiting || request_.queued;
    dial_.reset();
    if (waits) {
        core_.with_engine([&](Engine& engine) { engine.withdraw(request_); });
        give_back(std::exchange(request_.grant, {}), now_);
    }
    if (connection_ == nullptr) return;
    core_.with_engine([&](Engine& engine) { engine.release(std::move(connection_), now_); });
}

Await Acquiring::reopen(PoolNode& node, Waker& waker, TimePoint deadline, TimePoint now) {
    request_.waker = &waker;
    deadline_ = deadline;
    only_this_node_ = true;
    return dial(node, now);
}

Await Acquiring::resume(const Wakeup& wakeup, TimePoint now) {
    now_ = now;
    if (wakeup.kind == Wakeup::Kind::expired && (stage_ == Stage::waiting || now >= deadline_)) return expired(now);
    switch (stage_) {
        case Stage::waiting: return await_turn(now);
        case Stage::dialling: return dialled(dial_->resume(wakeup, now), now);
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
    if (ended) core_.with_engine([&](Engine& engine) { engine.discard(std::move(connection_), ended, now); });
    return !ended;
}

Await Acquiring::follow(Acquisition&& acquisition, TimePoint now) {
    stage_ = Stage::resting;
    switch (acquisition.kind) {
        case Acquisition::Kind::use: return use(std::move(acquisition.connection), now) ? Await{} : ask(now);
        case Acquisition::Kind::dial: return dial(*acquisition.node, now);
        case Acquisition::Kind::wait:
            stage_ = Stage::waiting;
            wait_until_ = std::min(deadline_, later(now, core_.settings().timeouts.acquire));
            return await_turn(now);
        case Acquisition::Kind::closed: return finish(make_error(Errc::closed, "the client is closed"));
        case Acquisition::Kind::fail: break;
    }
    if (acquisition.error == nullptr) throw std::bad_alloc{};
    return finish(std::move(*acquisition.error));
}

// In the queue, or just served. Nobody calls when a back-off ends, so that is looked after from here.
Await Acquiring::await_turn(TimePoint now) {
    bool served = false;
    const TimePoint next = core_.with_engine([&](Engine& engine) {
        served = !request_.queued;
        return engine.next_return();
    });
    if (!served) return Await{Await::Kind::turn, nullptr, nullptr, std::min(wait_until_, next)};
    return follow(std::exchange(request_.grant, {}), now);
}

Await Acquiring::dial(PoolNode& node, TimePoint now) {
    stage_ = Stage::dialling;
    dial_ = PooledDial::make(core_, node, deadline_, now);
    return dialled(dial_->resume(Wakeup{}, now), now);
}

Await Acquiring::dialled(Await await, TimePoint now) {
    if (await.kind != Await::Kind::finished) {
        await.until = std::min(await.until, deadline_);
        return await;
    }
    connection_ = dial_->take(request_, now);
    dial_.reset();
    stage_ = Stage::resting;
    if (connection_ != nullptr) return {};
    if (only_this_node_) return finish(request_.failed.back().error);
    return ask(now);
}

Await Acquiring::expired(TimePoint now) {
    if (stage_ == Stage::waiting && now < wait_until_) {
        core_.with_engine([&](Engine& engine) { engine.reconsider(now); });
        return await_turn(now);
    }
    if (stage_ == Stage::waiting && now < deadline_) {
        bool served = false;
        core_.with_engine([&](Engine&) { served = !request_.queued; });
        if (served) return await_turn(now);  // its turn came in the same moment
    }
    return finish(stop(Errc::deadline_exceeded, now));
}

Error Acquiring::stop(Errc code, TimePoint now) {
    Error error;
    switch (stage_) {
        case Stage::waiting: error = stop_waiting(code, now); break;
        case Stage::dialling: error = stop_dialling(code); break;
        case Stage::resting:
            error = make_error(code, ending_text(code, "before the statement was sent"));
            name_failed_nodes(error);
            break;
    }
    stage_ = Stage::resting;
    return error;
}

Error Acquiring::stop_waiting(Errc code, TimePoint now) {
    Error busy = core_.with_engine([&](Engine& engine) {
        engine.withdraw(request_);
        return engine.exhausted("no connection became free in time");
    });
    give_back(std::exchange(request_.grant, {}), now);  // where its turn came in the same moment
    if (code == Errc::deadline_exceeded && wait_until_ < deadline_) return busy;
    return make_error(code, ending_text(code, "while waiting for a connection: ") + busy.text);
}

Error Acquiring::stop_dialling(Errc code) {
    Error error = make_error(code, ending_text(code, "while connecting"));
    if (code == Errc::closed) {
        dial_.reset();
    } else {
        error = PooledDial::leave(std::move(dial_), std::move(error));
    }
    name_failed_nodes(error);
    return error;
}

// What was granted and will not be used.
void Acquiring::give_back(Acquisition&& grant, TimePoint now) {
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

void Acquiring::name_failed_nodes(Error& error) const {
    for (const FailedNode& failed : request_.failed) error.text += "; " + failed.error.node + ": " + failed.error.text;
}

Await Acquiring::finish(Error error) {
    stage_ = Stage::resting;
    error_ = std::make_unique<Error>(std::move(error));
    return {};
}

}  // namespace picoxx
