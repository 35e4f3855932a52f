#include "session/exchange.hpp"

#include <utility>

namespace picoxx {

void Exchange::start(Session& session, const StatementView& statement, StatementRouter* router) {
    router_ = router;
    statement_ = nullptr;
    refusal_ = Refusal::none;
    never_prepared_ = false;
    is_outdated_ = false;
    closing_fails_ = false;
    closes_first_ = false;
    first_close_error_.reset();
    parameters_.clear();
    const std::size_t count = statement.parameters == nullptr ? 0 : statement.parameters->size();
    for (std::size_t i = 0; i < count; ++i) parameters_.push_back((*statement.parameters)[i]);

    if (to_close_first_ && !close_first(session)) return;
    const StatementCache::Plan plan = cache_.use(statement.sql, parameters_);
    kind_ = plan.entry != nullptr ? plan.entry->kind : statement_kind(statement.sql);

    Command execute;
    execute.kind = Command::Kind::execute;
    execute.parameters = parameters_;
    if (plan.kind != StatementCache::Plan::Kind::execute_text) {
        statement_ = plan.entry;
        execute.statement = plan.entry->name;
    }
    if (plan.kind != StatementCache::Plan::Kind::execute_name) {
        Command prepare;
        prepare.kind = Command::Kind::prepare;
        prepare.statement = execute.statement;
        prepare.sql = statement.sql;
        prepare.parameters = parameters_;
        prepare.sync = Command::Sync::later;
        never_prepared_ = true;  // until it is accepted
        if (!submit(session, prepare, prepare_sink_)) return;
        never_prepared_ = false;
    }
    if (cache_.has_to_close()) return execute_and_close(session, execute);
    static_cast<void>(submit(session, execute, *this));
}

// In one flush with the statement, which is skipped where it fails.
bool Exchange::close_first(Session& session) {
    closes_first_ = true;
    closing_.push_back(*std::exchange(to_close_first_, std::nullopt));
    Command close;
    close.kind = Command::Kind::close_statement;
    close.statement = closing_.front();
    close.sync = Command::Sync::later;
    const bool accepted = submit(session, close, close_sink_);
    if (!accepted) closing_.pop_back();
    return accepted;
}

// What was evicted is closed in the same flush, behind the execute: where that fails the closing is skipped, and done
// the next time.
void Exchange::execute_and_close(Session& session, Command& execute) {
    execute.sync = Command::Sync::later;
    if (!submit(session, execute, *this)) return;
    std::size_t next = closing_.size();
    while (std::optional<std::string> name = cache_.next_to_close()) closing_.push_back(std::move(*name));
    for (; next < closing_.size(); ++next) {
        Command close;
        close.kind = Command::Kind::close_statement;
        close.statement = closing_[next];
        close.sync = next + 1 == closing_.size() ? Command::Sync::after : Command::Sync::later;
        if (!submit(session, close, close_sink_)) return;
    }
}

Outcome&& Exchange::take_outcome() noexcept {
    const bool was_named = statement_ != nullptr;
    if (refusal_ != Refusal::none || never_prepared_ || is_outdated_) forget_statement();
    if (refusal_ == Refusal::store_full) refusal_ = where_to_make_room(was_named);
    if (first_close_error_ != nullptr && outcome_.error != nullptr && outcome_.error->code == Errc::skipped) {
        refusal_ = closing_fails_ ? Refusal::store_stuck : Refusal::store_full;
        outcome_.error = std::move(first_close_error_);
    }
    return std::move(outcome_);
}

// A transport may close by a statement of its own (libpq before 17), for which a full store has no place.
Refusal Exchange::where_to_make_room(bool was_named) {
    if (closing_fails_) return Refusal::store_stuck;
    to_close_first_ = cache_.take_oldest();
    // Without a name it may still have a place, that of the unnamed statement before it.
    return to_close_first_ || was_named ? Refusal::store_full : Refusal::none;
}

// A session that accepted a command and then none that ends its batch would wait for ever.
bool Exchange::submit(Session& session, const Command& command, ResponseSink& sink) noexcept {
    Status status = session.submit(command, sink);
    if (status.ok()) {
        ++pending_;
        return true;
    }
    if (outcome_.error == nullptr) outcome_.error = std::make_unique<Error>(std::move(status).error());
    if (pending_ > 0) session.close();
    return false;
}

void Exchange::on_notice(const Notice& notice) noexcept {
    if (router_ != nullptr) router_->on_notice(notice);
}

void Exchange::on_result(std::unique_ptr<RowBlock> rows, const CommandTag& tag) noexcept {
    --pending_;
    outcome_.rows = std::move(rows);
    outcome_.status = detail::TagText{tag.text};
    outcome_.affected_rows = tag.affected_rows.value_or(0);
}

void Exchange::on_error(Error error) noexcept {
    --pending_;
    fail(std::move(error), RefusedAt::execute);
}

void Exchange::SideSink::on_result(std::unique_ptr<RowBlock>, const CommandTag&) noexcept {
    --exchange_.pending_;
    if (kind_ == Command::Kind::close_statement) exchange_.close_answered();
}

void Exchange::SideSink::on_error(Error error) noexcept {
    --exchange_.pending_;
    if (kind_ == Command::Kind::close_statement) return exchange_.not_closed(std::move(error));
    exchange_.never_prepared_ = true;
    exchange_.fail(std::move(error), RefusedAt::parse);
}

// Of no interest to the caller. What was skipped, or found no place in the store, is still there, and closed with the
// next execute.
void Exchange::not_closed(Error error) noexcept {
    const ServerErrorClass found = classify(kind_, RefusedAt::execute, error.sqlstate, error.server_text);
    if (found.store_full) closing_fails_ = true;
    if (found.store_full || error.code == Errc::skipped) cache_.close_later(std::move(closing_[closed_]));
    if (closes_first_ && closed_ == 0 && error.code == Errc::server_error) {
        error.server_condition = found.condition;
        error.effect = Effect::none;
        first_close_error_ = std::make_unique<Error>(std::move(error));
    }
    close_answered();
}

void Exchange::close_answered() noexcept {
    if (++closed_ < closing_.size()) return;
    closing_.clear();
    closed_ = 0;
}

// The first error is the cause; those after it are its consequences.
void Exchange::fail(Error error, RefusedAt refused_at) noexcept {
    // What became of the statement, the answer to its execute tells, which comes after this one.
    if (refused_at == RefusedAt::parse) error.effect = Effect::none;
    if (outcome_.error != nullptr) {
        // Where the server refused the prepare, it skips the execute, even if the connection is lost before it says so.
        const bool skipped = outcome_.error->code == Errc::server_error;
        if (error.effect != Effect::none && !skipped) outcome_.error->effect = error.effect;
        return;
    }
    if (error.code == Errc::server_error) {
        const ServerErrorClass found = classify(kind_, refused_at, error.sqlstate, error.server_text);
        error.effect = found.effect;
        error.server_condition = found.condition;
        is_outdated_ = found.condition == Condition::stale_plan;
        if (found.stale) refusal_ = Refusal::stale;
        if (found.store_full) refusal_ = Refusal::store_full;
    }
    outcome_.error = std::make_unique<Error>(std::move(error));
    outcome_.rows.reset();
}

void Exchange::forget_statement() noexcept {
    if (statement_ == nullptr) return;
    std::string name = cache_.forget(*std::exchange(statement_, nullptr));
    if (!never_prepared_ && !name.empty()) cache_.close_later(std::move(name));
}

}  // namespace picoxx
