#include "topology/refresh.hpp"

#include "topology/addresses.hpp"
#include "topology/left_dial.hpp"
#include "topology/picture.hpp"
#include "topology/question.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace picoxx {
namespace {

Error whole_failure(std::vector<Error> failures) {
    const Errc code = failures.front().code;
    const bool one_reason = std::all_of(failures.begin(), failures.end(),
                                        [&](const Error& failure) { return failure.code == code; });
    if (failures.size() == 1) return std::move(failures.front());
    Error error = one_reason && code == Errc::authentication_failed ? failures.front()
                                                                    : make_error(Errc::no_node_available, "");
    error.text = "no node could be asked for the topology:";
    error.node.clear();
    for (const Error& failure : failures) error.text += ' ' + failure.node + ": " + failure.text + ';';
    error.text.pop_back();
    return error;
}

}  // namespace

Refresh::~Refresh() {
    if (stage_ == Stage::finished) return;
    leave_dial();
    hang_up();
    error_ = make_error(Errc::cancelled, "");
    end_turn(RefreshTurns::Ending::given_up);
}

// A look that was wanted and gave no picture is still wanted.
void Refresh::end_turn(RefreshTurns::Ending ending) {
    if (was_wanted_ && !took_) core_.with_engine([](Engine& engine) { engine.want_refresh(); });
    turns_.end(ending, error_);
}

Await Refresh::resume(const Wakeup& wakeup, TimePoint now) {
    now_ = now;
    if (wakeup.kind == Wakeup::Kind::cancelled) return give_up(now);
    switch (stage_) {
        case Stage::starting: return start(now);
        case Stage::waiting: core_.withdraw(waker_); return dial(now);
        case Stage::dialling:
            if (wakeup.kind == Wakeup::Kind::expired && now < dial_until_) return leave_and_go_on(now);
            return dialled(dial_->resume(wakeup, now), now);
        case Stage::waiting_for_left: return ask_next(now);
        case Stage::asking:
            if (wakeup.kind == Wakeup::Kind::expired) {
                return node_failed(make_error(Errc::deadline_exceeded, "no answer to the discovery in time"), now);
            }
            connection_.session->advance(wakeup.ready);
            return asked(now);
        case Stage::finished: break;
    }
    return {};
}

Await Refresh::start(TimePoint now) {
    stage_ = Stage::dialling;
    core_.takes_new_password(now);
    order_ = core_.with_engine([&](Engine& engine) {
        was_wanted_ = engine.take_refresh_wanted();
        generation_ = engine.generation();
        std::vector<Endpoint> order = engine.discovery_order(now);
        if (order.empty()) failures_.push_back(engine.nobody_to_ask(now));
        return order;
    });
    connection_ = std::move(turns_.kept());
    const bool known = std::find(order_.begin(), order_.end(), connection_.endpoint) != order_.end();
    const bool is_young = connection_.looks < looks_per_connection && connection_.generation == generation_;
    if (connection_.session != nullptr && known && is_young &&
        connection_.session->advance(Interest::read) == SessionState::ready) {
        reused_ = true;
        return ask(now);
    }
    connection_.session.reset();
    return ask_next(now);
}

Await Refresh::ask_next(TimePoint now) {
    const bool out_of_time = now >= give_up_at_;
    if (next_ == order_.size() && !out_of_time && waits_for_left_dials()) {
        return Await::for_turn(give_up_at_);
    }
    if (connection_.session != nullptr) return ask(now);
    const bool over = next_ == order_.size() || out_of_time;
    if (over && doubtful_ && !out_of_time && !is_contradicted_) {
        take(doubtful_->picture, doubtful_->from, now);
        return finish(RefreshTurns::Ending::shared, {});
    }
    if (over && !out_of_time && (knows_better_ || is_contradicted_)) return finish(RefreshTurns::Ending::shared, {});
    if (over) {
        name_those_left();
        if (failures_.empty())
            failures_.push_back(make_error(
                Errc::deadline_exceeded, doubtful_
                                             ? "no second node was asked in time about the nodes that a first one lacks"
                                             : "no answer in time"));
        Error error = whole_failure(std::move(failures_));
        core_.log().write(LogTopic::discovery, LogLevel::warning, {},
                          [&] { return "the topology stays as it was: " + error.text; });
        // A look that ended for want of this caller's time is not shared.
        const auto ending = out_of_time ? RefreshTurns::Ending::given_up : RefreshTurns::Ending::shared;
        return finish(ending, std::move(error));
    }
    connection_.endpoint = order_[next_++];
    connection_.looks = 0;
    return dial(now);
}

Await Refresh::dial(TimePoint now) {
    Error refused;
    const Engine::DialPermission permission = core_.with_engine([&](Engine& engine) {
        const auto answer = engine.begin_discovery_dial(connection_.endpoint, waker_, now);
        if (answer == Engine::DialPermission::refused) refused = engine.refused_login(connection_.endpoint);
        return answer;
    });
    if (permission == Engine::DialPermission::refused) {
        failures_.push_back(std::move(refused));
        return ask_next(now);
    }
    if (permission == Engine::DialPermission::wait) {
        // Somebody is connecting there; its end comes within timeouts.connect. Meanwhile others are asked, if there are
        // any.
        const bool first_time = std::find(put_off_.begin(), put_off_.end(), connection_.endpoint) == put_off_.end();
        if (next_ < order_.size() && first_time) {
            core_.withdraw(waker_);
            put_off_.push_back(connection_.endpoint);
            order_.push_back(connection_.endpoint);
            return ask_next(now);
        }
        stage_ = Stage::waiting;
        if (now < give_up_at_) return Await::for_turn(give_up_at_);
        core_.withdraw(waker_);
        return node_failed(make_error(Errc::deadline_exceeded, "another connection was still being made"), now);
    }
    stage_ = Stage::dialling;
    dial_is_told_ = true;
    const TimePoint until = later(now, core_.settings().timeouts.connect);
    dial_ = std::make_unique<Dial>(core_.settings(), core_.unanswered(), connection_.endpoint, until,
                                   std::min(give_up_at_, until));
    look_at_ = next_ < order_.size() ? now + Dial::patience : no_deadline;
    return dialled(dial_->resume(Wakeup{}, now), now);
}

// The dial goes on in the background. Whatever comes first serves.
Await Refresh::leave_and_go_on(TimePoint now) {
    Error slow = make_error(Errc::deadline_exceeded, dial_->progress());
    slow.node = to_string(connection_.endpoint);
    left_.push_back(std::move(slow));
    leave_dial();
    return ask_next(now);
}

// Who has not answered yet, nor failed.
void Refresh::name_those_left() {
    for (Error& slow : left_) {
        const bool failed = std::any_of(failures_.begin(), failures_.end(),
                                        [&](const Error& failure) { return failure.node == slow.node; });
        if (!failed) failures_.push_back(std::move(slow));
    }
}

// @return whether there is nothing to do until one of them ends; else `connection_` may be what one has made
bool Refresh::waits_for_left_dials() {
    if (left_.empty() || connection_.session != nullptr) return false;
    RefreshTurns::Found found = turns_.take_found(&waker_);
    for (Error& error : found.failed) failures_.push_back(std::move(error));
    if (found.made.session != nullptr) {
        connection_ = std::move(found.made);
        return false;
    }
    if (found.more) stage_ = Stage::waiting_for_left;
    return found.more;
}

Await Refresh::dialled(Await await, TimePoint now) {
    if (await.kind != Await::Kind::finished) {
        dial_until_ = await.until;
        await.until = std::min({await.until, give_up_at_, look_at_});
        return await;
    }
    Result<std::unique_ptr<Session>> session = core_.take_dialled(*dial_);
    dial_.reset();
    Error error;
    if (!session.ok()) {
        error = session.error();
        if (error.node.empty()) error.node = to_string(connection_.endpoint);
    }
    core_.with_engine([&](Engine& engine) {
        dial_is_told_ = false;
        engine.end_discovery_dial(connection_.endpoint, error, now);
    });
    if (error) return node_failed(std::move(error), now);
    connection_.session = *std::move(session);
    return ask(now);
}

Await Refresh::ask(TimePoint now) {
    stage_ = Stage::asking;
    until_ = std::min(give_up_at_, later(now, core_.settings().discovery.timeout));
    turns_.asks();
    core_.settings().discovery_source->refresh(*this);
    return asked(now);
}

// What the source has said so far, and what became of the session, say how it goes on.
Await Refresh::asked(TimePoint now) {
    Session& session = *connection_.session;
    if (session.state() == SessionState::closed) session.advance(Interest::none);
    if (failed_) return node_failed(*std::exchange(failed_, std::nullopt), now);
    if (published_) return answered(*std::exchange(published_, std::nullopt), now);
    if (session.state() == SessionState::closed) {
        return node_failed(make_error(Errc::connection_lost, "the connection was lost"), now);
    }
    return Await::for_io(session, until_);
}

Await Refresh::answered(Topology picture, TimePoint now) {
    reused_ = false;
    const auto known = core_.with_engine([](Engine& engine) { return engine.known_nodes(); });
    const Judgement judgement = judge(picture, known);
    if (judgement == Judgement::older) {
        core_.log().write(LogTopic::discovery, LogLevel::info, to_string(connection_.endpoint),
                          [] { return "the node gave an older picture of the cluster, which is not taken"; });
        knows_better_ = true;
        hang_up();
        return ask_next(now);
    }
    Endpoint from = connection_.endpoint;
    if (judgement == Judgement::confirm && !is_confirmed(picture, from, known)) {
        hang_up();
        const auto left = order_.begin() + static_cast<std::ptrdiff_t>(next_);
        order_.erase(std::remove(left, order_.end(), connection_.endpoint), order_.end());
        return ask_next(now);
    }
    take(picture, from, now);
    ++connection_.looks;
    connection_.generation = generation_;
    turns_.kept() = std::move(connection_);
    return finish(RefreshTurns::Ending::shared, {});
}

// Whether two nodes lack all that `picture` lacks, which is then the one of the two that lacks less, and `from` who
// gave it; else the first picture is kept for the next one asked.
bool Refresh::is_confirmed(Topology& picture, Endpoint& from, std::span<const KnownNode> known) {
    std::vector<std::string> lacking = lacking_nodes(picture, known);
    if (!doubtful_) {
        doubtful_.emplace(Doubtful{std::move(picture), connection_.endpoint, std::move(lacking)});
        return false;
    }
    // A node that is asked under two names confirms nothing by saying the same again.
    const std::string& first = doubtful_->picture.answered_by;
    if (!first.empty() && first == picture.answered_by) return false;
    if (std::includes(doubtful_->lacking.begin(), doubtful_->lacking.end(), lacking.begin(), lacking.end()))
        return true;
    is_contradicted_ = !std::includes(lacking.begin(), lacking.end(), doubtful_->lacking.begin(),
                                      doubtful_->lacking.end());
    if (is_contradicted_) return false;
    picture = std::move(doubtful_->picture);
    from = doubtful_->from;
    return true;
}

void Refresh::take(const Topology& picture, const Endpoint& from, TimePoint now) {
    took_ = true;
    Topology usable = picture;
    for (const std::string& failure : translate_addresses(usable, core_.settings().discovery)) {
        core_.log().write(LogTopic::discovery, LogLevel::error, {}, [&] { return failure; });
    }
    std::vector<NodeChange> changed;
    core_.with_engine([&](Engine& engine) {
        if (core_.log().wants(LogLevel::info)) changed = changes(engine.known_nodes(), usable);
        engine.apply(usable, from, now);
    });
    for (const NodeChange& change : changed) {
        core_.log().write(LogTopic::nodes, LogLevel::info, change.node, [&] { return change.text; });
    }
    if (StatementRouter* router = core_.settings().router.get(); router != nullptr) {
        router->on_topology(usable);
        core_.want_routes();
    }
    core_.log().write(LogTopic::discovery, LogLevel::debug, to_string(from),
                      [&] { return "the cluster has " + std::to_string(usable.nodes.size()) + " nodes"; });
}

Await Refresh::node_failed(Error error, TimePoint now) {
    hang_up();
    failed_.reset();
    if (std::exchange(reused_, false)) return ask_next(now);  // it may only have grown old: its node gets its turn
    if (error.node.empty()) error.node = to_string(connection_.endpoint);
    failures_.push_back(std::move(error));
    return ask_next(now);
}

Await Refresh::give_up(TimePoint) {
    const bool closed = core_.with_engine([](Engine& engine) { return engine.closed(); });
    leave_dial();
    hang_up();
    return finish(RefreshTurns::Ending::given_up,
                  make_error(closed ? Errc::closed : Errc::cancelled, "ended while asking for the topology"));
}

Await Refresh::finish(RefreshTurns::Ending ending, Error error) {
    error_ = std::move(error);
    stage_ = Stage::finished;
    end_turn(ending);
    return {};
}

// Where a dial has not come to its end, it does so in the background.
void Refresh::leave_dial() {
    if (stage_ == Stage::waiting) core_.withdraw(waker_);
    if (!std::exchange(dial_is_told_, false)) return;
    const bool closed = core_.with_engine([](Engine& engine) { return engine.closed(); });
    if (dial_ != nullptr && !closed) {
        LeftDial::start(core_, turns_, connection_.endpoint, std::move(dial_));
        return;
    }
    dial_.reset();
    core_.with_engine([&](Engine& engine) {
        engine.end_discovery_dial(connection_.endpoint, make_error(Errc::cancelled, "cancelled while connecting"),
                                  now_);
    });
}

// The source hears of it, if it still asks.
void Refresh::hang_up() noexcept {
    if (connection_.session != nullptr) connection_.session->close();
    connection_.session.reset();
}

void Refresh::query(CStringView sql, std::span<const Parameter> parameters, ResponseSink& sink) noexcept {
    put_question(*connection_.session, sql, parameters, sink);
}

void Refresh::publish(Topology topology) noexcept { published_ = std::move(topology); }

void Refresh::fail(Error error) noexcept { failed_ = std::move(error); }

}  // namespace picoxx
