#pragma once

#include <picoxx/testing/collecting_sink.hpp>
#include <picoxx/testing/session_driver.hpp>
#include <picoxx/testing/vector_row_block.hpp>

#include <picoxx/port/session.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace picoxx::testing {

/// A server to hold sessions against, and the SQL it understands. Override what is different.
class SessionContractServer {
public:
    virtual ~SessionContractServer() = default;
    /// A session that was just opened.
    [[nodiscard]] virtual std::unique_ptr<Session> open() = 0;

    /// One row, one column of text or integer.
    [[nodiscard]] virtual std::string one_row() const { return "SELECT 1"; }
    /// So many rows that a stream of them takes two blocks or more.
    [[nodiscard]] virtual std::string many_rows() const { return "SELECT generate_series(1, 1000)"; }
    [[nodiscard]] virtual std::size_t many_rows_count() const { return 1000; }
    /// Gives back its one parameter, a text that may be NULL.
    [[nodiscard]] virtual std::string echo() const { return "SELECT $1::text"; }
    /// Refused by the server, when prepared or when executed.
    [[nodiscard]] virtual std::string refused() const { return "SELECT nothing FROM nowhere"; }
    /// Refused by the server when prepared.
    [[nodiscard]] virtual std::string refused_by_parse() const { return "SELEC"; }
    /// Not answered within the test. Empty: the server has no such thing.
    [[nodiscard]] virtual std::string unanswered() const { return {}; }
};

struct SessionContractParam {
    std::string name;
    std::function<std::shared_ptr<SessionContractServer>()> make;
};

inline std::ostream& operator<<(std::ostream& out, const SessionContractParam& param) { return out << param.name; }

/// What every Session obeys. Include it in one source file of a test program. Use:
/// `INSTANTIATE_TEST_SUITE_P(libpq, SessionContract, ::testing::Values(SessionContractParam{...}));`
class SessionContract : public ::testing::TestWithParam<SessionContractParam> {
protected:
    void SetUp() override {
        server_ = GetParam().make();
        ASSERT_NE(server_, nullptr);
        session_ = server_->open();
        ASSERT_NE(session_, nullptr);
    }

    void connect() { ASSERT_TRUE(drive_to_ready(*session_)) << failure_text(); }
    [[nodiscard]] std::string failure_text() const {
        return session_->failure() == nullptr ? "no failure" : session_->failure()->text;
    }

    static Command execute(const std::string& sql, Command::Sync sync = Command::Sync::after) {
        Command command;
        command.sql = sql;
        command.sync = sync;
        return command;
    }
    static Command streamed(const std::string& sql) {
        Command command = execute(sql);
        command.delivery = Command::Delivery::streamed;
        return command;
    }
    void submit(const Command& command, CollectingSink& sink) {
        const Status status = session_->submit(command, sink);
        ASSERT_TRUE(status.ok()) << status.error().text;
    }
    void finish(const CollectingSink& sink) {
        ASSERT_TRUE(drive(*session_, [&] { return sink.done(); })) << failure_text();
        EXPECT_EQ(sink.calls_after_end, 0U);
    }

    std::shared_ptr<SessionContractServer> server_;
    std::unique_ptr<Session> session_;
};

TEST_P(SessionContract, becomes_ready_by_readiness_alone) {
    EXPECT_EQ(session_->state(), SessionState::connecting);
    EXPECT_NE(session_->socket(), no_socket);
    EXPECT_NE(session_->interest(), Interest::none);

    connect();

    EXPECT_NE(session_->socket(), no_socket);
    EXPECT_TRUE(wants_read(session_->interest())) << "an idle session watches for its end";
    EXPECT_EQ(session_->failure(), nullptr);
    EXPECT_EQ(session_->in_flight(), 0U);
}

TEST_P(SessionContract, does_not_move_without_readiness) {
    EXPECT_EQ(session_->advance(Interest::none), SessionState::connecting);
}

TEST_P(SessionContract, delivers_rows_and_one_end) {
    connect();
    CollectingSink sink;

    submit(execute(server_->one_row()), sink);
    EXPECT_EQ(session_->in_flight(), 1U);
    finish(sink);

    EXPECT_TRUE(sink.completed());
    EXPECT_EQ(sink.rows.size(), 1U);
    EXPECT_EQ(sink.columns.size(), 1U);
    EXPECT_EQ(sink.blocks, 1U);
    EXPECT_EQ(session_->in_flight(), 0U);
}

TEST_P(SessionContract, calls_no_sink_from_submit) {
    connect();
    CollectingSink good;
    CollectingSink bad;

    submit(execute(server_->one_row()), good);
    submit(execute(server_->refused()), bad);

    EXPECT_FALSE(good.done());
    EXPECT_FALSE(bad.done());
    EXPECT_EQ(good.blocks, 0U);
    finish(bad);
}

TEST_P(SessionContract, keeps_nothing_of_the_command) {
    connect();
    CollectingSink sink;
    {
        std::string sql = server_->one_row();
        submit(execute(sql), sink);
        sql.assign(sql.size(), '?');
    }

    finish(sink);

    EXPECT_TRUE(sink.completed());
}

TEST_P(SessionContract, answers_in_the_order_of_submission) {
    connect();
    std::vector<CollectingSink> sinks(5);
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < sinks.size(); ++i) {
        sinks[i].on_end = [&order, i] { order.push_back(i); };
        submit(execute(i % 2 == 0 ? server_->one_row() : server_->refused()), sinks[i]);
    }
    EXPECT_EQ(session_->in_flight(), 5U);

    finish(sinks.back());

    EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2, 3, 4}));
    EXPECT_TRUE(sinks[4].completed());
    ASSERT_TRUE(sinks[1].error);
    EXPECT_EQ(sinks[1].error->code, Errc::server_error);
}

TEST_P(SessionContract, reports_what_the_server_says_and_stays_usable) {
    connect();
    CollectingSink bad;
    submit(execute(server_->refused()), bad);
    finish(bad);
    ASSERT_TRUE(bad.error);
    EXPECT_EQ(bad.error->code, Errc::server_error);
    EXPECT_EQ(bad.error->sqlstate.size(), 5U);
    EXPECT_FALSE(bad.error->server_text.empty());

    CollectingSink good;
    submit(execute(server_->one_row()), good);
    finish(good);

    EXPECT_TRUE(good.completed());
}

TEST_P(SessionContract, prepares_describes_executes_and_frees_a_statement) {
    connect();
    Command prepare;
    prepare.kind = Command::Kind::prepare;
    const std::string name = "contract_1";
    const std::string sql = server_->echo();
    prepare.statement = name;
    prepare.sql = sql;
    prepare.describe = Command::Describe::yes;
    Command run;
    run.statement = name;
    const std::string text = "value";
    const Parameter parameter{oid::text, Format::text, std::as_bytes(std::span{text})};
    const Parameter null{oid::text, Format::text, std::nullopt};
    Command free;
    free.kind = Command::Kind::close_statement;
    free.statement = name;
    CollectingSink prepared;
    CollectingSink executed;
    CollectingSink executed_null;
    CollectingSink freed;

    prepare.parameters = std::span{&parameter, 1};
    submit(prepare, prepared);
    run.parameters = std::span{&parameter, 1};
    submit(run, executed);
    run.parameters = std::span{&null, 1};
    submit(run, executed_null);
    submit(free, freed);
    finish(freed);

    EXPECT_TRUE(prepared.completed());
    EXPECT_TRUE(prepared.described);
    EXPECT_EQ(prepared.parameters, std::vector<Oid>{oid::text});
    EXPECT_EQ(prepared.columns.size(), 1U);
    EXPECT_TRUE(prepared.rows.empty());
    ASSERT_TRUE(executed.completed());
    EXPECT_EQ(executed.rows, (std::vector<Row>{{text_cell("value")}}));
    ASSERT_TRUE(executed_null.completed());
    EXPECT_EQ(executed_null.rows, (std::vector<Row>{{null_cell}}));
    EXPECT_TRUE(freed.completed());

    CollectingSink after;
    run.parameters = std::span{&parameter, 1};
    submit(run, after);
    finish(after);
    EXPECT_TRUE(after.error) << "the statement is gone";
}

TEST_P(SessionContract, describes_no_statement_unless_asked) {
    connect();
    Command prepare;
    prepare.kind = Command::Kind::prepare;
    const std::string sql = server_->one_row();
    prepare.statement = "contract_2";
    prepare.sql = sql;
    CollectingSink sink;

    submit(prepare, sink);
    finish(sink);

    EXPECT_TRUE(sink.completed());
    EXPECT_FALSE(sink.described);
}

TEST_P(SessionContract, the_unnamed_statement_is_prepared_and_executed_in_one_batch_and_again) {
    connect();
    Command prepare;
    prepare.kind = Command::Kind::prepare;
    const std::string sql = server_->echo();
    prepare.sql = sql;
    prepare.sync = Command::Sync::later;
    Command run;
    const std::string text = "value";
    const Parameter parameter{oid::text, Format::text, std::as_bytes(std::span{text})};
    prepare.parameters = run.parameters = std::span{&parameter, 1};
    CollectingSink prepared;
    CollectingSink executed;
    CollectingSink again;

    submit(prepare, prepared);
    submit(run, executed);
    submit(run, again);
    finish(again);

    EXPECT_TRUE(prepared.completed());
    for (const CollectingSink* sink : {&executed, &again}) {
        ASSERT_TRUE(sink->completed());
        EXPECT_EQ(sink->rows, (std::vector<Row>{{text_cell("value")}}));
    }
}

TEST_P(SessionContract, the_unnamed_statement_is_replaced_by_the_next_one_that_is_parsed) {
    connect();
    Command run;
    const Parameter null{oid::text, Format::text, std::nullopt};
    Command prepare;
    prepare.kind = Command::Kind::prepare;
    const std::string echo = server_->echo();
    prepare.sql = echo;
    prepare.parameters = std::span{&null, 1};
    const std::string one_row = server_->one_row();
    CollectingSink prepared;
    CollectingSink parsed;
    CollectingSink executed;
    CollectingSink reprepared;
    CollectingSink executed_anew;

    submit(prepare, prepared);
    submit(execute(one_row), parsed);
    submit(run, executed);
    submit(prepare, reprepared);
    run.parameters = std::span{&null, 1};
    submit(run, executed_anew);
    finish(executed_anew);

    ASSERT_TRUE(executed.completed()) << "it takes no parameter";
    EXPECT_EQ(executed.rows, parsed.rows);
    EXPECT_EQ(executed_anew.rows, (std::vector<Row>{{null_cell}}));
}

TEST_P(SessionContract, an_error_of_the_parse_is_told_by_the_prepare_and_skips_the_execution) {
    connect();
    Command prepare;
    prepare.kind = Command::Kind::prepare;
    const std::string sql = server_->refused_by_parse();
    prepare.sql = sql;
    prepare.sync = Command::Sync::later;
    CollectingSink prepared;
    CollectingSink executed;

    submit(prepare, prepared);
    submit(Command{}, executed);
    finish(executed);

    ASSERT_TRUE(prepared.error);
    EXPECT_EQ(prepared.error->code, Errc::server_error);
    ASSERT_TRUE(executed.error);
    EXPECT_EQ(executed.error->code, Errc::skipped);
    EXPECT_EQ(executed.error->effect, Effect::none);
}

TEST_P(SessionContract, an_error_skips_the_rest_of_its_batch_only) {
    connect();
    CollectingSink first;
    CollectingSink bad;
    CollectingSink skipped;
    CollectingSink next_batch;

    submit(execute(server_->one_row(), Command::Sync::later), first);
    submit(execute(server_->refused(), Command::Sync::later), bad);
    submit(execute(server_->one_row(), Command::Sync::after), skipped);
    submit(execute(server_->one_row(), Command::Sync::after), next_batch);
    finish(next_batch);

    EXPECT_TRUE(first.completed());
    ASSERT_TRUE(bad.error);
    EXPECT_EQ(bad.error->code, Errc::server_error);
    ASSERT_TRUE(skipped.error);
    EXPECT_EQ(skipped.error->code, Errc::skipped);
    EXPECT_EQ(skipped.error->effect, Effect::none);
    EXPECT_TRUE(next_batch.completed());
}

TEST_P(SessionContract, a_batch_whose_last_command_is_refused_is_answered_without_it) {
    connect();
    CollectingSink first;
    CollectingSink refused;
    CollectingSink next;
    Command limited = execute(server_->one_row());
    limited.row_limit = 1;

    submit(execute(server_->one_row(), Command::Sync::later), first);
    const Status status = session_->submit(limited, refused);
    if (status.ok()) GTEST_SKIP() << "this session has row limits";
    finish(first);
    submit(execute(server_->one_row()), next);
    finish(next);

    EXPECT_TRUE(first.completed());
    EXPECT_TRUE(next.completed());
    EXPECT_FALSE(refused.done());
    EXPECT_EQ(session_->in_flight(), 0U);
}

TEST_P(SessionContract, an_error_in_a_batch_whose_last_command_is_refused_skips_nothing_after_it) {
    connect();
    CollectingSink bad;
    CollectingSink refused;
    CollectingSink next;
    Command limited = execute(server_->one_row());
    limited.row_limit = 1;

    submit(execute(server_->refused(), Command::Sync::later), bad);
    if (session_->submit(limited, refused).ok()) GTEST_SKIP() << "this session has row limits";
    submit(execute(server_->one_row()), next);
    finish(next);

    EXPECT_TRUE(bad.error);
    EXPECT_TRUE(next.completed());
}

TEST_P(SessionContract, streams_and_pauses) {
    connect();
    CollectingSink sink;
    sink.on_block = [] { return Flow::pause; };
    submit(streamed(server_->many_rows()), sink);

    std::size_t seen = 0;
    std::size_t pauses = 0;
    while (!sink.done()) {
        ASSERT_TRUE(drive(*session_, [&] { return sink.blocks > seen || sink.done(); }));
        ASSERT_LE(sink.blocks, seen + 1) << "rows came while paused";
        if (sink.done()) break;
        seen = sink.blocks;
        session_->advance(Interest::both);
        ASSERT_EQ(sink.blocks, seen) << "rows came while paused";
        ASSERT_FALSE(sink.done()) << "ended while paused";
        ++pauses;
        session_->resume();
        session_->advance(Interest::none);  // what is already here
    }

    EXPECT_TRUE(sink.completed());
    EXPECT_GE(pauses, 1U);
    EXPECT_EQ(sink.rows.size(), server_->many_rows_count());
}

TEST_P(SessionContract, gives_all_rows_in_one_block_where_asked) {
    connect();
    CollectingSink sink;
    submit(execute(server_->many_rows()), sink);

    finish(sink);

    EXPECT_EQ(sink.blocks, 1U);
    EXPECT_EQ(sink.rows.size(), server_->many_rows_count());
}

TEST_P(SessionContract, whole_rows_come_with_the_end) {
    connect();
    CollectingSink sink;
    std::size_t before_the_end = 0;
    sink.on_block = [&] {
        ++before_the_end;
        return Flow::go_on;
    };
    submit(execute(server_->many_rows()), sink);

    finish(sink);

    EXPECT_EQ(before_the_end, 0U);
    EXPECT_EQ(sink.rows.size(), server_->many_rows_count());
}

TEST_P(SessionContract, a_sink_may_submit_the_next_command_from_its_last_call) {
    connect();
    CollectingSink first;
    CollectingSink second;
    const std::string sql = server_->one_row();
    first.on_end = [&] { submit(execute(sql), second); };
    submit(execute(sql), first);

    finish(second);

    EXPECT_TRUE(second.completed());
}

TEST_P(SessionContract, a_sink_may_be_destroyed_in_its_last_call) {
    connect();
    bool ended = false;
    struct Dying final : ResponseSink {
        bool* ended = nullptr;
        void on_notice(const Notice&) noexcept override {}
        void on_described(std::span<const Oid>, std::span<const Column>) noexcept override {}
        Flow on_rows(std::unique_ptr<RowBlock>) noexcept override { return Flow::go_on; }
        void on_result(std::unique_ptr<RowBlock>, const CommandTag&) noexcept override { die(); }
        void on_error(Error) noexcept override { die(); }
        void die() {
            *ended = true;
            delete this;
        }
    };
    auto* dying = new Dying;
    dying->ended = &ended;
    const std::string sql = server_->one_row();
    const Command command = execute(sql);
    ASSERT_TRUE(session_->submit(command, *dying).ok());

    ASSERT_TRUE(drive(*session_, [&] { return ended; }));

    EXPECT_EQ(session_->in_flight(), 0U);
}

TEST_P(SessionContract, close_tells_every_waiting_sink_once) {
    connect();
    CollectingSink first;
    CollectingSink second;
    const std::string sql = server_->unanswered().empty() ? server_->one_row() : server_->unanswered();
    submit(execute(sql), first);
    submit(execute(sql), second);

    session_->close();
    session_->close();

    for (const CollectingSink* sink : {&first, &second}) {
        ASSERT_TRUE(sink->error);
        EXPECT_EQ(sink->error->code, Errc::connection_lost);
        EXPECT_NE(sink->error->effect, Effect::partial);
        EXPECT_EQ(sink->calls_after_end, 0U);
    }
    EXPECT_EQ(first.error->effect, Effect::unknown) << "it was sent";
    EXPECT_EQ(session_->state(), SessionState::closed);
    EXPECT_EQ(session_->socket(), no_socket);
    EXPECT_EQ(session_->interest(), Interest::none);
    EXPECT_EQ(session_->failure(), nullptr);
    EXPECT_EQ(session_->in_flight(), 0U);
    EXPECT_EQ(session_->advance(Interest::both), SessionState::closed);
}

TEST_P(SessionContract, may_be_closed_or_destroyed_while_connecting) {
    session_->close();
    EXPECT_EQ(session_->state(), SessionState::closed);
    EXPECT_EQ(session_->socket(), no_socket);

    session_ = server_->open();
    session_.reset();
}

TEST_P(SessionContract, is_not_bound_to_a_thread) {
    connect();
    const std::string sql = server_->one_row();
    for (int i = 0; i < 3; ++i) {
        std::thread{[&] {
            CollectingSink sink;
            submit(execute(sql), sink);
            finish(sink);
            EXPECT_TRUE(sink.completed());
        }}.join();
    }
}

TEST_P(SessionContract, knows_the_server_parameters) {
    connect();
    EXPECT_FALSE(session_->server_parameter("server_version").empty());
    EXPECT_TRUE(session_->server_parameter("no_such_parameter").empty());
}

TEST_P(SessionContract, knows_no_ability_it_was_not_given) {
    EXPECT_EQ(session_->extension("no such ability"), nullptr);
}

}  // namespace picoxx::testing
