#include "topology/router_watch.hpp"

#include "topology/question.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace picoxx {
namespace {

using namespace std::chrono_literals;

// So many questions are asked at once, for texts that are all new; in the long run few a second, so that a program with
// ever new texts costs the cluster little.
constexpr Duration one_every = 250ms;
constexpr int at_once = 128;
// So that one node with an old picture of the cluster is not asked for ever.
constexpr std::uint32_t looks_per_connection = 100;

}  // namespace

RouterWatch::~RouterWatch() { RouterWatch::let_go(); }

// Out of memory is one more way for a look to fail.
Await RouterWatch::resume(const Wakeup& wakeup, TimePoint now) noexcept {
    now_ = now;
    if (wakeup.kind == Wakeup::Kind::cancelled) {
        let_go();
        return {};
    }
    try {
        return go_on(wakeup, now);
    } catch (const std::bad_alloc&) {
        end_dial(make_error(Errc::cancelled, ""), now);
        hang_up();
        return try_later(now);
    }
}

Await RouterWatch::go_on(const Wakeup& wakeup, TimePoint now) {
    switch (stage_) {
        case Stage::resting:
            if (!std::exchange(listens_, true)) core_.on_routes_wanted(&waker());
            return rest(now);
        case Stage::dialling: return dialled(dial_->resume(wakeup, now), now);
        case Stage::asking:
            if (wakeup.kind == Wakeup::Kind::expired) {
                hang_up();
                return try_later(now);
            }
            session_->advance(wakeup.ready);
            return asked(now);
    }
    return {};
}

Await RouterWatch::rest(TimePoint now) {
    stage_ = Stage::resting;
    const bool closed = core_.with_engine([](Engine& engine) { return engine.closed(); });
    if (closed) {
        let_go();
        return {};
    }
    is_wanted_ = core_.take_routes_wanted() || is_wanted_;
    if (!is_wanted_) return Await::for_turn(no_deadline);
    const TimePoint allowed = std::max(not_before_, due_by_rate_ - (at_once - 1) * one_every);
    return now < allowed ? Await::for_turn(allowed) : begin(now);
}

Await RouterWatch::begin(TimePoint now) {
    is_wanted_ = false;
    const std::uint32_t generation = core_.with_engine([&](Engine& engine) {
        order_ = engine.discovery_order(now);
        return engine.generation();
    });
    next_ = 0;
    const bool is_young = generation == generation_ && looks_ < looks_per_connection;
    const bool has_ended = session_ != nullptr && session_->advance(Interest::read) != SessionState::ready;
    if (session_ != nullptr && is_young && !has_ended) return ask(now);
    hang_up();
    // Whether the password is still right, or the node still there, those who have work to do are finding out.
    if (has_ended) return try_later(now);
    generation_ = generation;
    return dial_next(now);
}

Await RouterWatch::dial_next(TimePoint now) {
    for (; next_ < order_.size(); ++next_) {
        endpoint_ = order_[next_];
        const auto permission = core_.with_engine([&](Engine& engine) {
            const auto answer = engine.begin_discovery_dial(endpoint_, waker(), now);
            if (answer == Engine::DialPermission::wait) engine.withdraw(waker());
            return answer;
        });
        if (permission != Engine::DialPermission::granted) continue;
        ++next_;
        stage_ = Stage::dialling;
        const TimePoint until = later(now, core_.settings().timeouts.connect);
        dial_ = std::make_unique<Dial>(core_.settings(), core_.unanswered(), endpoint_, until, until);
        return dialled(dial_->resume(Wakeup{}, now), now);
    }
    return try_later(now);
}

Await RouterWatch::dialled(Await await, TimePoint now) {
    if (await.kind != Await::Kind::finished) return await;
    Result<std::unique_ptr<Session>> session = core_.take_dialled(*dial_);
    end_dial(session.ok() ? Error{} : session.error(), now);
    if (!session.ok()) return dial_next(now);
    session_ = *std::move(session);
    looks_ = 0;
    return ask(now);
}

// The engine hears how it went.
void RouterWatch::end_dial(const Error& error, TimePoint now) {
    if (stage_ != Stage::dialling) return;
    stage_ = Stage::resting;
    dial_.reset();
    core_.with_engine([&](Engine& engine) { engine.end_discovery_dial(endpoint_, error, now); });
}

Await RouterWatch::ask(TimePoint now) {
    stage_ = Stage::asking;
    until_ = later(now, core_.settings().discovery.timeout);
    has_ended_ = false;
    error_ = {};
    ++looks_;
    core_.settings().router->refresh(questions_);
    return asked(now);
}

Await RouterWatch::asked(TimePoint now) {
    if (session_->state() == SessionState::closed) session_->advance(Interest::none);
    const bool is_alive = session_->state() == SessionState::ready;
    if (has_ended_ && is_alive && !error_) {
        failures_in_a_row_ = 0;
        return rest(now);
    }
    if (!has_ended_ && is_alive) return Await::for_io(*session_, until_);
    hang_up();
    return try_later(now);
}

// What is not known costs a hop: there is time.
Await RouterWatch::try_later(TimePoint now) {
    constexpr std::uint32_t most_doublings = 5;
    not_before_ = now + 1s * (1U << std::min(failures_in_a_row_++, most_doublings));
    is_wanted_ = true;
    return rest(now);
}

void RouterWatch::Questions::fail(Error error) noexcept {
    watch_.has_ended_ = true;
    watch_.error_ = std::move(error);
}

void RouterWatch::Questions::query(CStringView sql, std::span<const Parameter> parameters,
                                   ResponseSink& sink) noexcept {
    watch_.due_by_rate_ = std::max(watch_.due_by_rate_, watch_.now_) + one_every;
    put_question(*watch_.session_, sql, parameters, sink);
}

// The router hears of it, if it still asks.
void RouterWatch::hang_up() noexcept {
    if (session_ != nullptr) session_->close();
    session_.reset();
}

void RouterWatch::let_go() noexcept {
    try {
        end_dial(make_error(Errc::cancelled, ""), now_);
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): the client ends
    }
    hang_up();
    if (std::exchange(listens_, false)) core_.on_routes_wanted(nullptr);
}

}  // namespace picoxx
