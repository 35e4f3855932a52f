#include "session/exchange.hpp"

#include <optional>
#include <string>
#include <utility>

namespace picoxx {

void Exchange::start(Session& session, const StatementView& statement, StatementRouter* router) noexcept {
    outcome_.error.reset();
    outcome_.rows.reset();
    router_ = router;
    statement_ = nullptr;
    stale_statement_ = refused_ = false;

    parameters_.clear();
    if (statement.parameters != nullptr) {
        for (std::size_t i = 0; i < statement.parameters->size(); ++i)
            parameters_.push_back((*statement.parameters)[i]);
    }
    const StatementCache::Plan plan = cache_.use(statement.sql, parameters_);
    kind_ = plan.entry != nullptr ? plan.entry->kind : statement_kind(statement.sql);
    while (const std::optional<std::string> name = cache_.next_to_close()) {
        Command close;
        close.kind = Command::Kind::close_statement;
        close.statement = *name;
        submit(session, close, close_sink_);
    }

    Command execute;
    execute.kind = Command::Kind::execute;
    execute.parameters = parameters_;
    if (plan.kind == StatementCache::Plan::Kind::execute_text) {
        execute.sql = statement.sql;
    } else {
        statement_ = plan.entry;
        execute.statement = plan.entry->name;
    }
    if (plan.kind == StatementCache::Plan::Kind::prepare) {
        Command prepare;
        prepare.kind = Command::Kind::prepare;
        prepare.statement = plan.entry->name;
        prepare.sql = statement.sql;
        prepare.parameters = parameters_;
        prepare.sync = Command::Sync::later;
        submit(session, prepare, prepare_sink_);
    }
    submit(session, execute, *this);
}

Outcome&& Exchange::take_outcome() noexcept {
    if (stale_statement_ || refused_) forget_statement();
    return std::move(outcome_);
}

void Exchange::submit(Session& session, const Command& command, ResponseSink& sink) noexcept {
    if (refused_) return;
    Status status = session.submit(command, sink);
    if (status.ok()) {
        ++pending_;
    } else {
        refused_ = true;
        fail(std::move(status).error(), RefusedAt::execute);
    }
}

void Exchange::on_notice(const Notice& notice) noexcept {
    if (router_ != nullptr) router_->on_notice(notice);
}

Flow Exchange::on_rows(std::unique_ptr<RowBlock> block) noexcept {
    outcome_.rows = std::move(block);
    return Flow::go_on;
}

void Exchange::on_complete(const CommandTag& tag) noexcept {
    --pending_;
    outcome_.status = detail::TagText{tag.text};
    outcome_.affected_rows = tag.affected_rows.value_or(0);
}

void Exchange::on_error(Error error) noexcept {
    --pending_;
    fail(std::move(error), RefusedAt::execute);
}

void Exchange::SideSink::on_error(Error error) noexcept {
    --exchange_.pending_;
    // A statement that could not be closed is of no interest to the caller, unless the connection went with it.
    if (kind_ == Command::Kind::close_statement && error.code == Errc::server_error) return;
    if (kind_ == Command::Kind::prepare) exchange_.refused_ = true;
    exchange_.fail(std::move(error), RefusedAt::parse);
    // What became of the statement itself, the execute's own answer tells, which comes after this one.
    exchange_.outcome_.error->effect = Effect::none;
}

// The first error is the cause; those after it are its consequences.
void Exchange::fail(Error error, RefusedAt refused_at) noexcept {
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
        stale_statement_ = found.stale && statement_ != nullptr;
    }
    outcome_.error = std::make_unique<Error>(std::move(error));
    outcome_.rows.reset();
}

void Exchange::forget_statement() noexcept {
    if (statement_ == nullptr) return;
    std::string name = cache_.forget(*std::exchange(statement_, nullptr));
    if (stale_statement_) cache_.close_later(std::move(name));
}

}  // namespace picoxx
