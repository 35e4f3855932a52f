#pragma once

#include <picoxx/testing/session_contract_fixture.hpp>

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <vector>

namespace picoxx::testing {

// The part of the session contract about prepared statements and batches; see session_contract.hpp.

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

}  // namespace picoxx::testing
