// Which answers make up the outcome of one statement, where it takes more than one command.
#include "session/exchange.hpp"

#include <picoxx/testing/fakes.hpp>
#include <picoxx/testing/mocks.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
            sinks.push_back(&sink);
            return Status{};
        });
    }

    void start(const char* sql) {
        kinds.clear();
        sinks.clear();
        exchange.start(session, StatementView{sql}, nullptr);
    }
    // After that the server has it prepared.
    void execute_twice(const char* sql) {
        for (int i = 0; i < 2; ++i) {
            start(sql);
            for (ResponseSink* sink : sinks) sink->on_complete({});
            EXPECT_EQ(exchange.take_outcome().error, nullptr);
        }
    }
    void start_with_prepare(const char* sql) {
        start(sql);
        sinks[0]->on_complete({});
        start(sql);
        ASSERT_EQ(kinds, (std::vector{Command::Kind::prepare, Command::Kind::execute}));
    }
    void start_with_close() {
        execute_twice("SELECT 1");
        start(insert);  // the second time it needs the place
        for (ResponseSink* sink : sinks) sink->on_complete({});
        EXPECT_EQ(exchange.take_outcome().error, nullptr);
        start(insert);
        ASSERT_EQ(kinds, (std::vector{Command::Kind::close_statement, Command::Kind::prepare, Command::Kind::execute}));
    }
    Error end() {
        EXPECT_TRUE(exchange.done());
        const Outcome outcome = exchange.take_outcome();
        return outcome.error != nullptr ? *outcome.error : Error{};
    }

    static constexpr const char* insert = "INSERT INTO t VALUES (1)";
    NiceMock<testing::MockSession> session;
    std::vector<Command::Kind> kinds;
    std::vector<ResponseSink*> sinks;
    Exchange exchange{1};
};

TEST_F(ExchangeTest, an_error_of_the_execute_has_the_effect_of_its_kind_of_statement) {
    start(insert);
    sinks[0]->on_error(server_error("something new"));

    EXPECT_EQ(end().effect, Effect::partial);
}

TEST_F(ExchangeTest, a_statement_that_could_not_be_prepared_was_not_executed) {
    start_with_prepare(insert);
    sinks[0]->on_error(server_error("something new"));
    sinks[1]->on_error(make_error(Errc::skipped, "an earlier statement of the batch failed"));

    const Error error = end();
    EXPECT_EQ(error.code, Errc::server_error);
    EXPECT_EQ(error.effect, Effect::none);
}

TEST_F(ExchangeTest, nor_where_the_connection_is_lost_right_after) {
    start_with_prepare(insert);
    sinks[0]->on_error(server_error("something new"));
    sinks[1]->on_error(connection_lost(Effect::unknown));

    const Error error = end();
    EXPECT_EQ(error.code, Errc::server_error);
    EXPECT_EQ(error.effect, Effect::none);
}

TEST_F(ExchangeTest, a_statement_found_stale_by_its_prepare_is_begun_anew) {
    start_with_prepare(insert);
    sinks[0]->on_error(server_error("prepared statement q1 has been invalidated", "42999"));
    sinks[1]->on_error(make_error(Errc::skipped, "an earlier statement of the batch failed"));

    EXPECT_TRUE(exchange.stale_statement());
    EXPECT_EQ(end().effect, Effect::none);
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

TEST_F(ExchangeTest, a_connection_lost_while_another_statement_is_closed_leaves_in_doubt_only_what_was_sent) {
    for (const Effect effect : {Effect::none, Effect::unknown}) {
        start_with_close();
        sinks[0]->on_error(connection_lost(Effect::unknown));
        sinks[1]->on_error(connection_lost(effect));
        sinks[2]->on_error(connection_lost(effect));

        const Error error = end();
        EXPECT_EQ(error.code, Errc::connection_lost);
        EXPECT_EQ(error.effect, effect);
    }
}

TEST_F(ExchangeTest, an_error_of_the_server_to_a_close_is_nobodys) {
    start_with_close();
    sinks[0]->on_error(server_error("Couldn't find statement 'picoxx_1'."));
    sinks[1]->on_complete({});
    sinks[2]->on_complete({"INSERT 0 1", 1});

    EXPECT_TRUE(exchange.done());
    const Outcome outcome = exchange.take_outcome();
    EXPECT_EQ(outcome.error, nullptr);
    EXPECT_EQ(outcome.affected_rows, 1U);
}

}  // namespace
}  // namespace picoxx
