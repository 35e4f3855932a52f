#include "topology/refresh.hpp"

#include "dsn/dsn.hpp"

#include <algorithm>
#include <utility>

namespace picoxx {
namespace {

Error whole_failure(std::vector<Error> failures) {
    const Errc code = failures.front().code;
    const bool one_reason = std::all_of(failures.begin(), failures.end(),
                                        [&](const Error& failure) { return failure.code == code; });
    if (failures.size() == 1) return std::move(failures.front());
    Error error = one_reason && code == Errc::authentication_failed
                      ? failures.front()
                      : make_error(one_reason ? code : Errc::no_node_available, "");
    error.text = "no node could be asked for the topology:";
    error.node.clear();
    for (const Error& failure : failures) error.text += ' ' + failure.node + ": " + failure.text + ';';
    error.text.pop_back();
    return error;
}

}  // namespace

Refresh::~Refresh() {
    if (stage_ == Stage::starting || stage_ == Stage::finished) return;
    leave_dial();
    drop_session();
    core_.end_refresh();
}

Await Refresh::resume(const Wakeup& wakeup, TimePoint now) noexcept {
    now_ = now;
    if (wakeup.kind == Wakeup::Kind::cancelled) {
        if (stage_ == Stage::starting) {
            superfluous_ = true;
            stage_ = Stage::finished;
            return {};
        }
        const bool closed = core_.with_engine([](Engine& engine) { return engine.closed(); });
        leave_dial();
        drop_session();
        return finish(make_error(closed ? Errc::closed : Errc::cancelled, "ended while asking for the topology"));
    }
    switch (stage_) {
        case Stage::starting: return start(now);
        case Stage::waiting: core_.withdraw(waker()); return dial(now);
        case Stage::dialling: return dialled(dial_->resume(wakeup, now), now);
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
    if (!core_.begin_refresh()) {
        superfluous_ = true;
        stage_ = Stage::finished;
        return {};
    }
    stage_ = Stage::dialling;
    order_ = core_.with_engine([&](Engine& engine) {
        static_cast<void>(engine.take_refresh_wanted());
        std::vector<Endpoint> order = engine.discovery_order(now);
        if (order.empty()) failures_.push_back(engine.nobody_to_ask(now));
        return order;
    });
    connection_ = std::move(core_.discovery_connection());
    const bool known = std::find(order_.begin(), order_.end(), connection_.endpoint) != order_.end();
    if (connection_.session != nullptr && known && connection_.looks < looks_per_connection &&
        connection_.session->advance(Interest::read) == SessionState::ready) {
        reused_ = true;
        return ask(now);
    }
    connection_.session.reset();
    return ask_next(now);
}

Await Refresh::finish(Error error) {
    error_ = std::move(error);
    stage_ = Stage::finished;
    core_.end_refresh();
    return {};
}

Await Refresh::ask_next(TimePoint now) {
    if (next_ == order_.size() || (now >= give_up_at_ && !failures_.empty())) {
        Error error = whole_failure(std::move(failures_));
        core_.log().write(LogLevel::warning, "discovery", {},
                          [&] { return "the topology stays as it was: " + error.text; });
        return finish(std::move(error));
    }
    connection_.endpoint = order_[next_++];
    connection_.looks = 0;
    return dial(now);
}

Await Refresh::dial(TimePoint now) {
    Error refused;
    const Engine::DialPermission permission = core_.with_engine([&](Engine& engine) {
        const auto answer = engine.begin_discovery_dial(connection_.endpoint, waker(), now);
        if (answer == Engine::DialPermission::refused) refused = engine.refused_login(connection_.endpoint);
        return answer;
    });
    if (permission == Engine::DialPermission::refused) {
        failures_.push_back(std::move(refused));
        return ask_next(now);
    }
    if (permission == Engine::DialPermission::wait) {
        // A call is logging in there; its end comes within timeouts.connect.
        stage_ = Stage::waiting;
        if (now < give_up_at_) return Await{Await::Kind::turn, nullptr, nullptr, give_up_at_};
        core_.withdraw(waker());
        return node_failed(make_error(Errc::deadline_exceeded, "another connection was still being made"), now);
    }
    stage_ = Stage::dialling;
    const TimePoint until = std::min(give_up_at_, later(now, core_.settings().timeouts.connect));
    dial_.emplace(*core_.settings().transport, core_.settings().connect, connection_.endpoint, until, until);
    return dialled(dial_->resume(Wakeup{}, now), now);
}

Await Refresh::dialled(const Await& await, TimePoint now) {
    if (await.kind != Await::Kind::finished) return await;
    Result<std::unique_ptr<Session>> session = dial_->take();
    dial_.reset();
    Error error;
    if (!session.ok()) {
        error = session.error();
        if (error.node.empty()) error.node = to_string(connection_.endpoint);
    }
    core_.with_engine([&](Engine& engine) { engine.end_discovery_dial(error, now); });
    if (error) return node_failed(std::move(error), now);
    connection_.session = *std::move(session);
    return ask(now);
}

Await Refresh::ask(TimePoint now) {
    stage_ = Stage::asking;
    until_ = std::min(give_up_at_, later(now, core_.settings().discovery.timeout));
    core_.settings().discovery_source->refresh(*this);
    return asked(now);
}

Await Refresh::asked(TimePoint now) {
    if (connection_.session->state() == SessionState::closed) connection_.session->advance(Interest::none);
    if (failed_) return node_failed(*std::exchange(failed_, std::nullopt), now);
    if (!published_ && connection_.session->state() == SessionState::closed) {
        return node_failed(make_error(Errc::connection_lost, "the connection was lost"), now);
    }
    if (!published_) return Await{Await::Kind::io, connection_.session.get(), nullptr, until_};

    translate_addresses(*published_);
    core_.with_engine([&](Engine& engine) { engine.apply(*published_, connection_.endpoint, now); });
    if (StatementRouter* router = core_.settings().router.get(); router != nullptr) router->on_topology(*published_);
    core_.log().write(LogLevel::debug, "discovery", to_string(connection_.endpoint),
                      [&] { return "the cluster has " + std::to_string(published_->nodes.size()) + " nodes"; });
    ++connection_.looks;
    core_.discovery_connection() = std::move(connection_);
    return finish({});
}

Await Refresh::node_failed(Error error, TimePoint now) {
    drop_session();
    failed_.reset();
    if (std::exchange(reused_, false)) return ask_next(now);  // it may only have grown old: its node gets its turn
    if (error.node.empty()) error.node = to_string(connection_.endpoint);
    failures_.push_back(std::move(error));
    return ask_next(now);
}

// Ends the source's question, so that nothing of its refresh is left, while there is somebody to be told.
void Refresh::drop_session() noexcept {
    if (connection_.session != nullptr) connection_.session->close();
    connection_.session.reset();
}

// Ends what the engine was told about, where the dial has not come to its end.
void Refresh::leave_dial() {
    if (stage_ == Stage::waiting) core_.withdraw(waker());
    if (!dial_) return;
    dial_.reset();
    core_.with_engine([&](Engine& engine) {
        engine.end_discovery_dial(make_error(Errc::cancelled, "cancelled while connecting"), now_);
    });
}

void Refresh::query(CStringView sql, std::span<const Parameter> parameters, ResponseSink& sink) noexcept {
    Command command;
    command.kind = Command::Kind::execute;
    command.sql = sql;
    command.parameters = parameters;
    Status status = connection_.session->submit(command, sink);
    if (!status.ok()) sink.on_error(std::move(status).error());
}

void Refresh::publish(Topology topology) noexcept { published_ = std::move(topology); }

void Refresh::fail(Error error) noexcept { failed_ = std::move(error); }

void Refresh::translate_addresses(Topology& topology) const {
    const DiscoveryOptions& options = core_.settings().discovery;
    for (Node& node : topology.nodes) {
        const auto mapped = options.address_map.find(to_string(node.endpoint));
        if (mapped != options.address_map.end()) {
            node.endpoint = *parse_endpoint(mapped->second);  // checked when the settings were made
        } else if (options.translate_address) {
            node.endpoint = options.translate_address(node);
        }
        const std::string& host = node.endpoint.host;
        if (host.empty() || host == "0.0.0.0" || host == "::") node.availability = Availability::unusable;
    }
}

void request_refresh(ClientCore& core) {
    if (!core.settings().enable_discovery) return;
    if (!core.with_engine([](Engine& engine) { return engine.take_refresh_wanted(); })) return;
    core.spawn(std::make_unique<Refresh>(core));
}

}  // namespace picoxx
