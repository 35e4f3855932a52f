// Which answers make up the outcome of one statement, where it takes more than one command.
#include "session/exchange.hpp"

#include <picoxx/testing/fakes.hpp>
#include <picoxx/testing/mocks.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace picoxx {
namespace {

using testing::connection_lost;
using ::testing::NiceMock;
using ::testing::Return;
using testing::server_error;

// A session that takes every command and leaves its answer to the test.
class ExchangeTest : public ::testing::Test {
protected:
    ExchangeTest() {
        ON_CALL(session, state).WillByDefault(Return(SessionState::ready));
        ON_CALL(session, submit).WillByDefault([this](const Command& command, ResponseSink& sink) {
            kinds.push_back(command.kind);
            names.emplace_back(command.statement.view());
            syncs.push_back(command.sync);
            if (refuse_command == kinds.size()) return Status{make_error(Errc::invalid_argument, "$1 cannot be sent")};
            sinks.push_back(&sink);
            return Status{};
        });
    }

    void start(const char* sql) {
        kinds.clear();
        names.clear();
        syncs.clear();
        sinks.clear();
        exchange.start(session, StatementView{sql}, nullptr);
    }
    void succeed() {
        for (ResponseSink* sink : sinks) sink->on_result(nullptr, {});
        EXPECT_EQ(exchange.take_outcome().error, nullptr);
    }
    // After that the server has it prepared.
    void execute_twice(const char* sql) {
        for (int i = 0; i < 2; ++i) {
            start(sql);
            succeed();
        }
    }
    void start_with_prepare(const char* sql) {
        start(sql);
        succeed();
        start(sql);
        ASSERT_EQ(kinds, (std::vector{Command::Kind::prepare, Command::Kind::execute}));
        ASSERT_FALSE(names[0].empty());
    }
    void start_with_close() {
        execute_twice("SELECT 1");
        start(insert);  // the second time it needs the place
        succeed();
        start(insert);
        ASSERT_EQ(kinds, (std::vector{Command::Kind::prepare, Command::Kind::execute, Command::Kind::close_statement}));
    }
    // The server has no place for one more statement.
    void start_with_full_store() {
        start("SELECT 2");
        sinks[0]->on_error(full);
        sinks[1]->on_error(skipped);
    }
    // So one of the session's own makes room first, in the same flush.
    void start_with_close_first() {
        execute_twice("SELECT 1");
        start_with_full_store();
        static_cast<void>(end());
        start("SELECT 2");
        ASSERT_EQ(kinds.front(), Command::Kind::close_statement);
    }
    Error end() {
        EXPECT_TRUE(exchange.done());
        const Outcome outcome = exchange.take_outcome();
        return outcome.error != nullptr ? *outcome.error : Error{};
    }

    static constexpr const char* insert = "INSERT INTO t VALUES (1)";
    const Error full = server_error("Statement storage is full");
    const Error skipped = make_error(Errc::skipped, "an earlier statement of the batch failed");
    NiceMock<testing::MockSession> session;
    std::vector<Command::Kind> kinds;
    std::vector<std::string> names;
    std::vector<Command::Sync> syncs;
    std::size_t refuse_command = 0;  // the n-th from 1 on
    std::vector<ResponseSink*> sinks;
    Exchange exchange{1};
};

TEST_F(ExchangeTest, what_runs_once_is_parsed_by_a_command_of_its_own_in_one_batch) {
    start(insert);

    EXPECT_EQ(kinds, (std::vector{Command::Kind::prepare, Command::Kind::execute}));
    EXPECT_EQ(names, (std::vector<std::string>{"", ""}));
    EXPECT_EQ(syncs, (std::vector{Command::Sync::later, Command::Sync::after}));
}

TEST_F(ExchangeTest, an_error_of_the_execute_has_the_effect_of_its_kind_of_statement) {
    start(insert);
    sinks[0]->on_result(nullptr, {});
    sinks[1]->on_error(server_error("something new"));

    EXPECT_EQ(end().effect, Effect::partial);
}

TEST_F(ExchangeTest, a_statement_that_could_not_be_parsed_was_not_executed_whatever_the_text_says) {
    for (const bool named : {false, true}) {
        if (named) {
            start_with_prepare("DELETE FROM t");
        } else {
            start(insert);
        }
        sinks[0]->on_error(server_error("Peer closed"));
        sinks[1]->on_error(make_error(Errc::skipped, "an earlier statement of the batch failed"));

        const Error error = end();
        EXPECT_EQ(error.code, Errc::server_error);
        EXPECT_EQ(error.effect, Effect::none);
    }
}

TEST_F(ExchangeTest, nor_where_the_connection_is_lost_right_after) {
    start_with_prepare(insert);
    sinks[0]->on_error(server_error("something new"));
    sinks[1]->on_error(connection_lost(Effect::unknown));

    const Error error = end();
    EXPECT_EQ(error.code, Errc::server_error);
    EXPECT_EQ(error.effect, Effect::none);
}

TEST_F(ExchangeTest, a_statement_found_stale_before_it_ran_is_begun_anew) {
    execute_twice(insert);
    start(insert);
    ASSERT_EQ(kinds, std::vector{Command::Kind::execute});
    sinks[0]->on_error(server_error("prepared statement q1 has been invalidated", "42999"));

    EXPECT_EQ(end().effect, Effect::none);
    EXPECT_EQ(exchange.refusal(), Refusal::stale);
    start(insert);
    EXPECT_EQ(kinds.front(), Command::Kind::prepare);
    EXPECT_THAT(kinds, ::testing::Contains(Command::Kind::close_statement))
        << "the old name takes a place of the server";
}

TEST_F(ExchangeTest, a_write_that_a_storage_found_stale_is_not) {
    execute_twice(insert);
    start(insert);
    sinks[0]->on_error(server_error(
        R"(sbroad: box error: ProcLua: {"code":32,"message":"Error on replicaset 1: Failed to execute '.proc_sql_execute': )"
        R"(sbroad: storage schema version different from router"})"));

    EXPECT_EQ(end().effect, Effect::partial) << "others may have applied their part";
    EXPECT_EQ(exchange.refusal(), Refusal::none);
    start(insert);
    EXPECT_EQ(kinds.front(), Command::Kind::prepare) << "the next call does not meet the same plan";
}

TEST_F(ExchangeTest, a_full_store_that_has_no_place_for_the_closing_either_is_stuck) {
    start_with_close_first();
    sinks[0]->on_error(full);
    sinks[1]->on_error(skipped);
    sinks[2]->on_error(skipped);

    const Error error = end();
    EXPECT_EQ(error.effect, Effect::none);
    EXPECT_EQ(error.code, Errc::server_error) << "the cause, not that something was skipped";
    EXPECT_EQ(error.condition(), Condition::statement_store_full);
    EXPECT_EQ(exchange.refusal(), Refusal::store_stuck);
}

TEST_F(ExchangeTest, what_was_executed_all_the_same_is_not_sent_again) {
    start_with_close_first();
    sinks[0]->on_error(full);
    sinks[1]->on_result(nullptr, {});
    sinks[2]->on_error(server_error("the disk is full"));

    EXPECT_EQ(end().server_text, "the disk is full");
    EXPECT_EQ(exchange.refusal(), Refusal::none);
}

TEST_F(ExchangeTest, a_statement_skipped_since_another_was_not_there_to_be_closed_is_sent_again) {
    start_with_close_first();
    sinks[0]->on_error(server_error("Couldn't find statement 'picoxx_1'."));
    sinks[1]->on_error(skipped);
    sinks[2]->on_error(skipped);

    EXPECT_EQ(end().effect, Effect::none);
    EXPECT_EQ(exchange.refusal(), Refusal::store_full);
    start("SELECT 2");
    EXPECT_EQ(kinds, (std::vector{Command::Kind::prepare, Command::Kind::execute}));
}

TEST_F(ExchangeTest, a_full_statement_store_costs_this_session_its_oldest_statement) {
    execute_twice("SELECT 1");
    start_with_full_store();

    const Error error = end();
    ASSERT_EQ(error.condition(), Condition::statement_store_full) << error.server_text;
    EXPECT_EQ(exchange.refusal(), Refusal::store_full);
    start("SELECT 2");
    EXPECT_EQ(kinds.front(), Command::Kind::close_statement);
    EXPECT_EQ(syncs, (std::vector{Command::Sync::later, Command::Sync::later, Command::Sync::after}))
        << "all in one flush: what waits for an answer could be sent after the call has ended";
}

TEST_F(ExchangeTest, a_full_store_without_a_statement_of_its_own_is_an_error) {
    start_with_full_store();

    EXPECT_EQ(end().condition(), Condition::statement_store_full);
    EXPECT_EQ(exchange.refusal(), Refusal::none);
}

TEST_F(ExchangeTest, a_connection_lost_with_the_prepare_leaves_in_doubt_what_was_sent_behind_it) {
    for (const Effect effect : {Effect::none, Effect::unknown}) {
        start_with_prepare(effect == Effect::none ? insert : "DELETE FROM t");
        sinks[0]->on_error(connection_lost(Effect::unknown));
        sinks[1]->on_error(connection_lost(effect));

        const Error error = end();
        EXPECT_EQ(error.code, Errc::connection_lost);
        EXPECT_EQ(error.effect, effect);
    }
}

TEST_F(ExchangeTest, what_was_evicted_is_closed_behind_the_execute_in_one_batch) {
    start_with_close();
    EXPECT_EQ(syncs, (std::vector{Command::Sync::later, Command::Sync::later, Command::Sync::after}));
}

TEST_F(ExchangeTest, a_connection_lost_at_the_close_leaves_the_answer_as_it_is) {
    start_with_close();
    sinks[0]->on_result(nullptr, {});
    sinks[1]->on_result(nullptr, {"INSERT 0 1", 1});
    sinks[2]->on_error(connection_lost(Effect::unknown));

    EXPECT_TRUE(exchange.done());
    const Outcome outcome = exchange.take_outcome();
    EXPECT_EQ(outcome.error, nullptr);
    EXPECT_EQ(outcome.affected_rows, 1U);
}

TEST_F(ExchangeTest, an_error_of_the_server_to_a_close_is_nobodys) {
    start_with_close();
    sinks[0]->on_result(nullptr, {});
    sinks[1]->on_result(nullptr, {"INSERT 0 1", 1});
    sinks[2]->on_error(server_error("Couldn't find statement 'picoxx_1'."));

    const Outcome outcome = exchange.take_outcome();
    EXPECT_EQ(outcome.error, nullptr);
    EXPECT_EQ(outcome.affected_rows, 1U);
}

TEST_F(ExchangeTest, a_close_that_was_skipped_is_done_with_the_next_execute) {
    start_with_close();
    const std::string name = names[2];
    sinks[0]->on_result(nullptr, {});
    sinks[1]->on_error(server_error("something new"));
    sinks[2]->on_error(make_error(Errc::skipped, "an earlier statement of the batch failed"));
    static_cast<void>(end());

    start(insert);

    ASSERT_EQ(kinds, (std::vector{Command::Kind::execute, Command::Kind::close_statement}));
    EXPECT_EQ(names[1], name);
}

TEST_F(ExchangeTest, an_execute_that_is_not_accepted_behind_a_prepare_ends_the_session) {
    EXPECT_CALL(session, close).WillOnce([this] { sinks[0]->on_error(connection_lost(Effect::unknown)); });
    refuse_command = 2;
    start(insert);

    const Error error = end();
    EXPECT_EQ(error.code, Errc::invalid_argument);
    EXPECT_EQ(error.effect, Effect::none);
}

TEST_F(ExchangeTest, a_first_command_that_is_not_accepted_leaves_the_session_as_it_was) {
    EXPECT_CALL(session, close).Times(0);
    refuse_command = 1;
    start(insert);

    EXPECT_EQ(end().code, Errc::invalid_argument);
}

}  // namespace
}  // namespace picoxx
