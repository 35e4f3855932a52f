#include <picoxx/testing/collecting_sink.hpp>
#include <picoxx/testing/fake_transport.hpp>
#include <picoxx/testing/session_driver.hpp>

#include <gtest/gtest.h>

#include <thread>

namespace picoxx::testing {
namespace {

const Endpoint here{"127.0.0.1", 4327};

ConnectOptions to(const Endpoint& endpoint) {
    ConnectOptions options;
    options.endpoint = endpoint;
    options.address = "127.0.0.1";
    return options;
}

class FakeTransportTest : public ::testing::Test {
protected:
    std::unique_ptr<Session> open() {
        auto session = transport_.open(to(here));
        EXPECT_TRUE(session.ok());
        return std::move(*session);
    }
    std::unique_ptr<Session> open_ready() {
        auto session = open();
        EXPECT_TRUE(drive_to_ready(*session));
        return session;
    }
    static void submit(Session& session, const std::string& sql, CollectingSink& sink) {
        Command command;
        command.sql = sql;
        const Status status = session.submit(command, sink);
        EXPECT_TRUE(status.ok());
    }

    FakeTransport transport_;
    FakeNode& node_ = transport_.node(here);
};

TEST_F(FakeTransportTest, nobody_listens_where_no_node_was_made) {
    const auto session = transport_.open(to({"10.0.0.1", 1}));
    ASSERT_TRUE(session.ok());

    EXPECT_FALSE(drive_to_ready(**session));

    ASSERT_NE((*session)->failure(), nullptr);
    EXPECT_EQ((*session)->failure()->code, Errc::connect_failed);
    EXPECT_EQ(transport_.opened().size(), 1U);
}

TEST_F(FakeTransportTest, open_itself_can_fail) {
    transport_.refuse_to_open(make_error(Errc::invalid_argument, "bad option"));

    EXPECT_EQ(transport_.open(to(here)).error().code, Errc::invalid_argument);
}

TEST_F(FakeTransportTest, refuses_a_login_with_the_given_error) {
    node_.refuse(make_error(Errc::authentication_failed, "wrong password"));
    const auto session = open();

    EXPECT_FALSE(drive_to_ready(*session));

    EXPECT_EQ(session->failure()->code, Errc::authentication_failed);
    EXPECT_EQ(node_.open_sessions(), 0U);
    EXPECT_EQ(node_.sessions_so_far(), 1U);
}

TEST_F(FakeTransportTest, a_login_hangs_until_it_is_released) {
    node_.hang_logins();
    const auto session = open();
    using namespace std::chrono_literals;
    EXPECT_FALSE(drive(
        *session, [&] { return session->state() == SessionState::ready; }, 1ms));
    EXPECT_EQ(session->state(), SessionState::connecting);

    node_.release();

    EXPECT_TRUE(drive_to_ready(*session));
}

TEST_F(FakeTransportTest, accepting_again_lets_hanging_logins_in) {
    node_.hang_logins();
    const auto session = open();
    using namespace std::chrono_literals;
    EXPECT_FALSE(drive(
        *session, [] { return false; }, 1ms));

    node_.accept();

    EXPECT_TRUE(drive_to_ready(*session));
}

TEST_F(FakeTransportTest, a_lost_login_is_a_failed_connect) {
    node_.lose_logins();
    const auto session = open();

    EXPECT_FALSE(drive_to_ready(*session));

    EXPECT_EQ(session->failure()->code, Errc::connect_failed);
}

TEST_F(FakeTransportTest, a_statement_hangs_until_it_is_released_from_another_thread) {
    node_.answer("SLOW", hanging(done_answer("SLOW")));
    const auto session = open_ready();
    CollectingSink sink;
    submit(*session, "SLOW", sink);
    using namespace std::chrono_literals;
    EXPECT_FALSE(drive(
        *session, [&] { return sink.done(); }, 1ms));
    EXPECT_EQ(node_.executions_of("SLOW"), 0U);

    std::thread releasing{[&] { node_.release(); }};
    EXPECT_TRUE(drive(*session, [&] { return sink.done(); }));
    releasing.join();

    EXPECT_TRUE(sink.completed());
    EXPECT_EQ(node_.executions_of("SLOW"), 1U);
}

TEST_F(FakeTransportTest, a_killed_node_ends_its_sessions_and_takes_no_new_ones) {
    node_.answer("SLOW", hanging(done_answer("SLOW")));
    const auto session = open_ready();
    CollectingSink sink;
    submit(*session, "SLOW", sink);

    node_.kill();
    EXPECT_FALSE(drive(*session, [] { return false; }));

    ASSERT_TRUE(sink.error);
    EXPECT_EQ(sink.error->code, Errc::connection_lost);
    EXPECT_EQ(sink.error->effect, Effect::unknown);
    EXPECT_EQ(session->failure()->code, Errc::connection_lost);
    EXPECT_FALSE(drive_to_ready(*open()));
    node_.accept();
    EXPECT_TRUE(drive_to_ready(*open()));
}

TEST_F(FakeTransportTest, a_dead_session_accepts_no_command) {
    const auto session = open_ready();
    node_.lose_sessions();
    CollectingSink sink;
    Command command;
    command.sql = "X";

    const Status status = session->submit(command, sink);

    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().effect, Effect::none);
    EXPECT_FALSE(sink.done());
}

TEST_F(FakeTransportTest, loses_the_connection_before_or_after_the_execution_or_between_rows) {
    FakeAnswer midway = rows_answer({{"a"}}, {{text_cell("1")}, {text_cell("2")}});
    midway.ending = FakeAnswer::Ending::lost_after_execution;
    node_.answer("BEFORE", lost_answer(FakeAnswer::Ending::lost_before_execution));
    node_.answer("AFTER", lost_answer(FakeAnswer::Ending::lost_after_execution));
    node_.answer("MIDWAY", midway);
    for (const std::string sql : {"BEFORE", "AFTER", "MIDWAY"}) {
        const auto session = open_ready();
        CollectingSink sink;
        Command streamed;
        streamed.sql = sql;
        streamed.delivery = Command::Delivery::streamed;
        ASSERT_TRUE(session->submit(streamed, sink).ok());

        EXPECT_FALSE(drive(*session, [] { return false; }));

        ASSERT_TRUE(sink.error) << sql;
        EXPECT_EQ(sink.error->code, Errc::connection_lost);
        EXPECT_EQ(sink.error->effect, Effect::unknown);
        EXPECT_EQ(sink.rows.size(), sql == "MIDWAY" ? 2U : 0U);
        EXPECT_EQ(node_.executions_of(sql), sql == "BEFORE" ? 0U : 1U);
    }
}

TEST_F(FakeTransportTest, what_was_not_sent_has_no_effect) {
    node_.send(FakeNode::Sending::when_writable);
    node_.answer("X", done_answer("X"));
    const auto session = open_ready();
    CollectingSink unsent;
    submit(*session, "X", unsent);
    EXPECT_EQ(session->interest(), Interest::both);

    session->close();

    EXPECT_EQ(unsent.error->effect, Effect::none);
    EXPECT_EQ(node_.executions_of("X"), 0U);

    const auto again = open_ready();
    CollectingSink sent;
    submit(*again, "X", sent);
    EXPECT_TRUE(drive(*again, [&] { return sent.done(); }));
    EXPECT_EQ(node_.executions_of("X"), 1U);
}

TEST_F(FakeTransportTest, an_answer_given_once_comes_before_the_standing_one) {
    node_.answer("X", done_answer("X"));
    node_.answer_once("X", error_answer(server_error("stale", "42999")));
    const auto session = open_ready();
    CollectingSink first;
    CollectingSink second;

    submit(*session, "X", first);
    submit(*session, "X", second);
    EXPECT_TRUE(drive(*session, [&] { return second.done(); }));

    EXPECT_EQ(first.error->sqlstate, "42999");
    EXPECT_TRUE(second.completed());
    EXPECT_EQ(node_.executions_of("X"), 1U);
    EXPECT_EQ(node_.submitted().size(), 2U);
}

TEST_F(FakeTransportTest, a_parse_error_strikes_at_the_prepare) {
    node_.answer("BAD", error_answer(server_error("syntax"), FakeAnswer::Phase::parse));
    const auto session = open_ready();
    Command prepare;
    prepare.kind = Command::Kind::prepare;
    prepare.statement = "s1";
    prepare.sql = "BAD";
    prepare.sync = Command::Sync::later;
    Command run;
    run.statement = "s1";
    CollectingSink prepared;
    CollectingSink executed;

    ASSERT_TRUE(session->submit(prepare, prepared).ok());
    ASSERT_TRUE(session->submit(run, executed).ok());
    EXPECT_TRUE(drive(*session, [&] { return executed.done(); }));

    EXPECT_EQ(prepared.error->code, Errc::server_error);
    EXPECT_EQ(executed.error->code, Errc::skipped);
}

TEST_F(FakeTransportTest, gives_notices_before_rows) {
    FakeAnswer answer = rows_answer({{"a"}}, {{text_cell("1")}});
    answer.notices = {{"00000", "NOTICE", R"({"query": "X"})"}};
    node_.answer("X", answer);
    const auto session = open_ready();
    CollectingSink sink;
    submit(*session, "X", sink);

    EXPECT_TRUE(drive(*session, [&] { return sink.done(); }));

    EXPECT_EQ(sink.notices, answer.notices);
}

TEST_F(FakeTransportTest, the_socket_changes_while_connecting) {
    const auto session = open();
    const NativeSocket first = session->socket();

    session->advance(Interest::write);

    EXPECT_NE(session->socket(), first);
}

TEST_F(FakeTransportTest, reports_tls_as_set) {
    const auto session = open_ready();
    EXPECT_FALSE(session->tls().active);
    node_.set_tls(true);
    EXPECT_TRUE(session->tls().active);
    EXPECT_EQ(session->tls().protocol, "TLSv1.3");
}

}  // namespace
}  // namespace picoxx::testing
