#include "sim_session.hpp"

#include <picoxx/port/big_endian.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace picoxx::simulation {

using namespace std::chrono_literals;

namespace {

std::optional<std::uint64_t> number_of(const Command& command) {
    if (command.kind != Command::Kind::execute || command.parameters.empty()) return std::nullopt;
    const auto& value = command.parameters[0].value;
    if (!value) return std::nullopt;
    return read_big_endian(FieldView{value->data(), static_cast<std::int32_t>(value->size())});
}

Request::Kind kind_of(Command::Kind kind) noexcept {
    switch (kind) {
        case Command::Kind::prepare: return Request::Kind::prepare;
        case Command::Kind::close_statement: return Request::Kind::close;
        case Command::Kind::execute: break;
    }
    return Request::Kind::execute;
}

}  // namespace

SimSession::SimSession(SimCluster& cluster, const std::string& address, std::string password)
    : cluster_{cluster}, server_{std::make_shared<ServerEnd>(cluster, *this, address, std::move(password))} {
    cluster_.promises().socket_opened();
    cluster_.promises().dialled(address);
    World& world = cluster_.world();
    world.tell([&] { return "dials " + address; });
    world.after(world.random_delay(20us, 300us), [server = server_] { server->accept(); });
}

// ---- what arrives

Interest SimSession::readiness() const noexcept {
    if (state_ == SessionState::closed) return Interest::none;
    const bool readable = loss_ || !answers_.empty() || (state_ == SessionState::connecting && is_ready_);
    const bool writable = !outgoing_.empty() && is_writable_;
    return readable ? (writable ? Interest::both : Interest::read) : (writable ? Interest::write : Interest::none);
}

void SimSession::arrived_ready() {
    if (deaf_) return;
    is_ready_ = true;
    cluster_.notify(*this);
}

void SimSession::arrived_answers(std::vector<Answer> answers) {
    if (deaf_) return;
    for (Answer& answer : answers) answers_.push_back(std::move(answer));
    cluster_.notify(*this);
}

void SimSession::arrived_loss(Error error) {
    if (state_ == SessionState::closed) return;
    loss_ = std::move(error);
    cluster_.notify(*this);
}

SessionState SimSession::advance(Interest) noexcept {
    if (state_ == SessionState::closed) fail_pending();
    if (state_ == SessionState::connecting && is_ready_) {
        cluster_.world().tell([] { return std::string{"is connected"}; });
        state_ = SessionState::ready;
        cluster_.promises().session_opened();
    }
    if (state_ == SessionState::ready && is_writable_) flush();
    // A sink may close the session.
    while (!answers_.empty() && state_ == SessionState::ready) {
        Answer answer = std::move(answers_.front());
        answers_.pop_front();
        deliver(std::move(answer));
    }
    if (loss_ && state_ != SessionState::closed) {
        break_down(std::move(*std::exchange(loss_, std::nullopt)));
        fail_pending();
    }
    return state_;
}

void SimSession::deliver(Answer answer) {
    const Pending pending = pending_.front();
    pending_.pop_front();
    if (answer.statement) {
        if (answer.statement != pending.statement) cluster_.promises().break_promise("the simulation mixes answers up");
        cluster_.promises().answered(*answer.statement, answer.was_executed);
    }
    if (answer.error) return pending.sink->on_error(std::move(answer.error));
    pending.sink->on_result(std::move(answer.rows), CommandTag{"INSERT", answer.statement});
}

// ---- what is sent

Status SimSession::submit(const Command& command, ResponseSink& sink) noexcept {
    if (state_ != SessionState::ready) {
        return make_error(state_ == SessionState::closed ? Errc::connection_lost : Errc::internal,
                          "the session is not ready");
    }
    Request request;
    request.kind = kind_of(command.kind);
    request.name = std::string{command.statement};
    request.parses = command.kind == Command::Kind::execute && !std::string_view{command.sql}.empty();
    if (command.kind != Command::Kind::close_statement) request.sort = sort_of(command.sql);
    request.statement = number_of(command);
    if (request.statement && has_statement_under_way()) {
        cluster_.promises().break_promise("statement " + std::to_string(*request.statement) +
                                          " shares its session with one that is not answered");
    }
    request.ends_batch = command.sync == Command::Sync::after;
    pending_.push_back(Pending{&sink, request.statement});
    const bool breaks = cluster_.next_write_breaks();
    if (breaks && cluster_.world().one_in(2)) {
        break_down(make_error(Errc::connection_lost, "the connection broke before a byte was sent"));
        return {};
    }
    write(std::move(request), pending_.back());
    if (breaks) break_down(make_error(Errc::connection_lost, "the connection broke while a statement was sent"));
    return {};
}

bool SimSession::has_statement_under_way() const noexcept {
    return std::any_of(pending_.begin(), pending_.end(), [](const Pending& pending) { return pending.statement; });
}

void SimSession::write(Request request, Pending& pending) {
    const bool has_place = outgoing_.empty() && !cluster_.next_write_is_partial();
    if (has_place) {
        begin_sending(pending);
        pending.sent = Sent::wholly;
        server_->send(std::move(request));
        return;
    }
    World& world = cluster_.world();
    if (outgoing_.empty()) {
        is_writable_ = false;
        if (world.one_in(2)) {
            begin_sending(pending);
            pending.sent = Sent::partly;
        }
        const Duration delay = world.one_in(10) ? world.random_delay(10ms, 1s) : world.random_delay(50us, 5ms);
        world.after(delay, [this, alive = alive_] {
            if (!*alive) return;
            is_writable_ = true;
            cluster_.notify(*this);
        });
    }
    outgoing_.push_back(std::move(request));
}

void SimSession::begin_sending(Pending& pending) {
    if (pending.sent == Sent::no && pending.statement) {
        cluster_.world().tell([&] { return "sends statement " + std::to_string(*pending.statement); });
        cluster_.promises().sending(*pending.statement);
    }
}

void SimSession::flush() {
    while (!outgoing_.empty()) {
        Pending& pending = pending_[pending_.size() - outgoing_.size()];
        begin_sending(pending);
        pending.sent = Sent::wholly;
        server_->send(std::move(outgoing_.front()));
        outgoing_.pop_front();
    }
}

// ---- the end

void SimSession::close() noexcept {
    if (state_ != SessionState::closed) break_down(std::nullopt);
    fail_pending();
}

// The sinks hear of it later.
void SimSession::break_down(std::optional<Error> failure) noexcept {
    *alive_ = false;
    const bool was_session = state_ == SessionState::ready;
    state_ = SessionState::closed;
    failure_ = std::move(failure);
    outgoing_.clear();
    answers_.clear();
    loss_.reset();
    if (was_session) cluster_.promises().session_closed();
    cluster_.promises().socket_closed();
    server_->forget_client();
}

void SimSession::fail_pending() noexcept {
    for (const Pending& pending : std::exchange(pending_, {})) {
        Error error = failure_ ? *failure_ : make_error(Errc::connection_lost, "the session was closed");
        error.effect = pending.sent == Sent::no ? Effect::none : Effect::unknown;
        pending.sink->on_error(std::move(error));
    }
}

Result<std::unique_ptr<Session>> SimTransport::open(const ConnectOptions& options) noexcept {
    if (cluster_.next_open_fails()) return make_error(Errc::connect_failed, "no descriptor is left");
    const Endpoint numeric{options.address, options.endpoint.port};
    return std::unique_ptr<Session>{std::make_unique<SimSession>(cluster_, to_string(numeric), options.password)};
}

}  // namespace picoxx::simulation
