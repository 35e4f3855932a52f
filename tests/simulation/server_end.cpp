#include "server_end.hpp"

#include "server_errors.hpp"
#include "sim_session.hpp"

#include <algorithm>
#include <utility>

namespace picoxx::simulation {

using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t one_statement_in_fails = 3;
constexpr int slowness = 100;

Error server_error(std::string sqlstate, std::string text) {
    Error error = make_error(Errc::server_error, "the server reported an error", Effect::unknown);
    error.sqlstate = std::move(sqlstate);
    error.server_text = std::move(text);
    return error;
}

}  // namespace

Sort sort_of(std::string_view sql) noexcept {
    if (sql.starts_with("INSERT")) return Sort::write;
    if (sql.starts_with("CREATE")) return Sort::define;
    return sql.starts_with("catalogue") ? Sort::catalogue : Sort::read;
}

// ---- its ways through time

void ServerEnd::plan(Duration delay, void (ServerEnd::*what)()) {
    world().after(delay, [self = shared_from_this(), what] {
        if (self->stage_ != Stage::gone) ((*self).*what)();
    });
}

Duration ServerEnd::time_to_serve() {
    if (cluster_.has_long_statements() && world().one_in(300)) return world().random_delay(500ms, 10s);
    const Duration time = world().one_in(20) ? world().random_delay(1ms, 20ms) : world().random_delay(20us, 1ms);
    return instance_ != nullptr && instance_->has(Fault::slow) ? slowness * time : time;
}

// Whether it does nothing for now; it then goes on later.
bool ServerEnd::is_silent() {
    const bool silent = instance_->has(Fault::hangs) ||
                        (stage_ != Stage::serving && instance_->has(Fault::silent_handshake));
    if (silent) instance_->silent.push_back(weak_from_this());
    return silent;
}

void ServerEnd::go_on() {
    if (stage_ == Stage::logging_in) log_in();
    if (stage_ != Stage::serving) return;
    serving_ = false;
    serve();
}

void ServerEnd::to_client(Duration delay, std::function<void(SimSession&)> what) {
    const TimePoint when = std::max(world().now() + delay, last_answered_);
    last_answered_ = when;
    world().at(when, [self = shared_from_this(), what = std::move(what)] {
        if (self->client_ != nullptr) what(*self->client_);
    });
}

// ---- the handshake

void ServerEnd::accept() {
    if (cluster_.is_black_hole(address_)) return;
    instance_ = cluster_.listening(address_);
    if (instance_ == nullptr || instance_->has(Fault::refuses)) {
        instance_ = nullptr;
        return refuse(make_error(Errc::connect_failed, "connection refused"));
    }
    instance_->connections.emplace(id_, shared_from_this());
    stage_ = Stage::logging_in;
    if (client_ != nullptr) client_->connected();
    plan(time_to_serve(), &ServerEnd::log_in);
}

void ServerEnd::log_in() {
    if (is_silent()) return;
    if (instance_->has(Fault::drops_dials)) {
        return refuse(make_error(Errc::connect_failed, "the server closed the connection in the handshake"));
    }
    if (client_ == nullptr) {  // a login that is broken off is a refused one (measured for SCRAM)
        world().tell([&] { return instance_->node.name + " finds a login broken off"; });
        cluster_.promises().login_refused(instance_->node.name);
        return leave_instance();
    }
    if (instance_->has(Fault::refuses_logins) || password_ != cluster_.password()) {
        world().tell([&] { return instance_->node.name + " refuses a login"; });
        cluster_.promises().login_refused(instance_->node.name);
        Error error = make_error(Errc::authentication_failed, "the login was refused");
        error.sqlstate = "28P01";
        error.server_text = "authentication failed for user 'admin'";
        return refuse(std::move(error));
    }
    if (cluster_.next_step_is_lost(*instance_)) {
        return refuse(make_error(Errc::connect_failed, "the connection was lost in the handshake"));
    }
    cluster_.promises().login_accepted(instance_->node.name);
    stage_ = Stage::serving;
    to_client(world().random_delay(20us, 300us), [](SimSession& client) { client.arrived_ready(); });
}

void ServerEnd::refuse(Error error) {
    leave_instance();
    to_client(world().random_delay(20us, 300us),
              [error = std::move(error)](SimSession& client) { client.arrived_loss(error); });
}

// ---- statements

void ServerEnd::send(Request request) {
    const TimePoint when = std::max(world().now() + world().random_delay(20us, 300us), last_received_);
    last_received_ = when;
    auto kept = std::make_shared<Request>(std::move(request));
    world().at(when, [self = shared_from_this(), kept] {
        if (self->stage_ == Stage::gone) return;
        self->received_.push_back(std::move(*kept));
        self->serve();
    });
}

void ServerEnd::serve() {
    if (received_.empty()) return leave_when_served();
    if (serving_) return;
    serving_ = true;
    plan(time_to_serve(), &ServerEnd::serve_next);
}

void ServerEnd::serve_next() {
    if (is_silent()) return;
    serving_ = false;
    if (received_.empty()) return;
    const Request request = std::move(received_.front());
    received_.pop_front();
    if (skips_) {
        Answer answer;
        answer.error = make_error(Errc::skipped, "an earlier statement of the batch failed");
        answer.statement = request.statement;
        return served(std::move(answer), request);
    }
    if (cluster_.next_step_is_lost(*instance_)) return lose(cluster_.any_loss());
    switch (request.kind) {
        case Request::Kind::prepare: return served(parse(request), request);
        case Request::Kind::close: return served(close(request), request);
        case Request::Kind::execute: break;
    }
    Answer answer = execute(request);
    if (cluster_.next_step_is_lost(*instance_)) return lose(cluster_.any_loss());
    served(std::move(answer), request);
}

void ServerEnd::served(Answer answer, const Request& request) {
    if (answer.error) skips_ = true;
    answers_.push_back(std::move(answer));
    if (request.ends_batch) {
        skips_ = false;
        flush();
    }
    serve();
}

// Nothing goes out before the end of the batch.
void ServerEnd::flush() {
    auto answers = std::make_shared<std::vector<Answer>>(std::exchange(answers_, {}));
    if (cluster_.next_step_is_lost(*instance_)) return lose(cluster_.any_loss());
    to_client(world().random_delay(20us, 300us),
              [answers](SimSession& client) { client.arrived_answers(std::move(*answers)); });
}

Answer ServerEnd::parse(const Request& request) {
    Answer answer;
    const bool is_new = request.name.empty() ? !unnamed_ : true;
    if (instance_->has(Fault::store_full) && is_new && world().below(3) != 0) {
        answer.error = server_error("XX000", "Statement storage is full. Size limit: 100000");
        return answer;
    }
    if (instance_->has(Fault::answers_errors) && world().one_in(2 * one_statement_in_fails)) {
        answer.error = server_error("42601", "sbroad: rule parsing error: --> 1:1");
        return answer;
    }
    const Prepared prepared{request.sort, instance_->schema};
    if (request.name.empty()) {
        unnamed_ = prepared;
    } else {
        prepared_[request.name] = prepared;
    }
    return answer;
}

Answer ServerEnd::execute(const Request& request) {
    Answer answer;
    answer.statement = request.statement;
    Prepared prepared{request.sort, instance_->schema};
    if (!request.parses && request.name.empty()) prepared = unnamed_.value_or(prepared);
    if (!request.parses && !request.name.empty()) {
        const auto found = prepared_.find(request.name);
        if (found == prepared_.end()) {
            answer.error = server_error("XX000", "Couldn't find statement '" + request.name + "'.");
            return answer;
        }
        prepared = found->second;
        if (prepared.schema != instance_->schema) {
            answer.error = world().one_in(2)
                               ? server_error("42999", "storage schema version different from router")
                               : server_error("XX000", "sbroad: storage schema version different from router 2, 1");
            return answer;
        }
    }
    if (prepared.sort == Sort::catalogue) {
        answer.rows = std::make_unique<CatalogueBlock>(cluster_.picture(*instance_));
        return answer;
    }
    bool applies = true;
    if (instance_->has(Fault::answers_errors) && world().one_in(one_statement_in_fails)) {
        const ServerErrorCase& drawn = any_server_error(world());
        answer.error = server_error(drawn.sqlstate, drawn.text);
        applies = drawn.applied == Applied::maybe && world().one_in(2);
    }
    applies = applies && prepared.sort != Sort::read && request.statement;
    if (applies) {
        answer.was_executed = true;
        world().tell(
            [&] { return instance_->node.name + " executes statement " + std::to_string(*request.statement); });
        cluster_.promises().executed(*request.statement);
    }
    return answer;
}

// A full store may have no place for the closing, either.
Answer ServerEnd::close(const Request& request) {
    Answer answer;
    if (instance_->has(Fault::store_full) && world().one_in(3)) {
        answer.error = server_error("XX000", "Statement storage is full. Size limit: 100000");
    } else {
        prepared_.erase(request.name);
    }
    return answer;
}

// ---- the end

void ServerEnd::lose(Loss loss) {
    using enum Loss;
    const bool connected = stage_ == Stage::serving;
    leave_instance();
    stage_ = Stage::gone;
    received_.clear();
    Error error = make_error(connected ? Errc::connection_lost : Errc::connect_failed, "the connection was lost");
    if (loss == fatal) {
        error.sqlstate = "57P01";
        error.server_text = "the node shuts down";
    }
    Duration delay = world().random_delay(20us, 300us);
    if (loss == unnoticed) delay = world().random_delay(1s, 15s);
    if (loss == unnoticed || loss == reset) {
        // Not behind what is under way, which never arrives.
        world().after(delay, [self = shared_from_this(), error] {
            if (self->client_ != nullptr) self->client_->arrived_loss(error);
        });
        if (client_ != nullptr) client_->lose_what_is_under_way();
        return;
    }
    to_client(delay, [error = std::move(error)](SimSession& client) { client.arrived_loss(error); });
}

void ServerEnd::forget_client() noexcept {
    client_ = nullptr;
    leave_when_served();
}

// What it has received, and what is under way to it, it serves.
void ServerEnd::leave_when_served() noexcept {
    const bool has_statements = stage_ == Stage::serving && (!received_.empty() || world().now() < last_received_);
    const bool has_work = stage_ == Stage::logging_in || has_statements;
    if (client_ != nullptr || has_work) return;
    leave_instance();
    stage_ = Stage::gone;
}

// It keeps itself alive by whoever calls it.
void ServerEnd::leave_instance() noexcept {
    if (instance_ != nullptr) instance_->connections.erase(id_);
}

}  // namespace picoxx::simulation
