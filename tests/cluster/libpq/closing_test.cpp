#include "listener.hpp"
#include "session_steps.hpp"

#include <picoxx/libpq/libpq_transport.hpp>
#include <picoxx/testing/plain_postgres.hpp>

#include <gmock/gmock.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <poll.h>

namespace picoxx::testing {
namespace {

using ::testing::HasSubstr;

class Closing : public ::testing::Test {
protected:
    void SetUp() override {
        session_ = PlainPostgres::shared().connect();
        ASSERT_NE(session_, nullptr);
        Command command = execute("SELECT pg_backend_pid()");
        command.result_format = Format::text;
        const CollectingSink sink = run(*session_, command);
        ASSERT_EQ(sink.rows.size(), 1U);
        backend_ = *sink.rows[0][0];
    }
    /// The server ends the session; returns when its process is gone.
    void kill_backend() const {
        auto killer = PlainPostgres::shared().connect();
        ASSERT_NE(killer, nullptr);
        const std::string sql = "SELECT pg_terminate_backend(" + backend_ + ", 10000)";
        ASSERT_TRUE(run(*killer, execute(sql)).completed());
    }
    void drive_to_the_end() {
        EXPECT_FALSE(drive(*session_, [] { return false; }));
        EXPECT_EQ(session_->state(), SessionState::closed);
    }

    std::unique_ptr<Session> session_;
    std::string backend_;
};

TEST_F(Closing, an_idle_session_notices_its_end_and_keeps_the_servers_last_words) {
    kill_backend();
    drive_to_the_end();
    ASSERT_NE(session_->failure(), nullptr);
    EXPECT_EQ(session_->failure()->code, Errc::connection_lost);
    EXPECT_EQ(session_->failure()->sqlstate, "57P01");
    EXPECT_THAT(session_->failure()->server_text, HasSubstr("terminating connection"));
    EXPECT_EQ(session_->socket(), no_socket);
    EXPECT_EQ(session_->interest(), Interest::none);
    CollectingSink sink;
    EXPECT_EQ(session_->submit(execute("SELECT 1"), sink).error().code, Errc::connection_lost);
}

TEST_F(Closing, one_look_at_a_session_that_the_server_ended_is_enough) {
    kill_backend();
    pollfd entry{session_->socket(), POLLIN, 0};
    ASSERT_EQ(::poll(&entry, 1, 5000), 1);

    EXPECT_EQ(session_->advance(Interest::read), SessionState::closed);

    ASSERT_NE(session_->failure(), nullptr);
    EXPECT_EQ(session_->failure()->sqlstate, "57P01");
}

class ClosingAfterAnAnswer : public ::testing::TestWithParam<Command::Kind> {};

TEST_P(ClosingAfterAnAnswer, takes_no_look_but_the_one_that_brought_the_answer_and_the_servers_farewell) {
    using namespace std::string_view_literals;
    const Listener listener;
    const bool executes = GetParam() == Command::Kind::execute;
    const std::string executed = Listener::message('2', {}) + Listener::message('n', {}) +
                                 Listener::message('C', "INSERT 0 1\0"sv);
    const std::string answer = Listener::message('1', {}) + (executes ? executed : "") + Listener::message('Z', "I") +
                               Listener::message('E', "SFATAL\0C57P01\0Mgoing down\0\0"sv);
    std::thread server{[&] { listener.log_in_and_answer(answer); }};
    const auto join = std::shared_ptr<void>{nullptr, [&](void*) { server.join(); }};  // after the session is gone
    ConnectOptions options = PlainPostgres::shared().options();
    options.endpoint = {"127.0.0.1", listener.port()};
    options.address = "127.0.0.1";
    options.tls.mode = TlsMode::disable;
    auto session = std::move(*LibpqTransport{}.open(options));
    ASSERT_TRUE(drive_to_ready(*session));
    CollectingSink sink;
    CollectingSink next;
    Status submitted_next;
    sink.on_end = [&] { submitted_next = session->submit(execute("SELECT 1"), next); };
    submit(*session, executes ? execute("INSERT") : prepare("p", "INSERT"), sink);

    ASSERT_TRUE(drive(*session, [&] { return sink.done(); }));

    EXPECT_TRUE(sink.completed());
    EXPECT_EQ(session->state(), SessionState::closed);
    EXPECT_EQ(session->failure() == nullptr ? "no failure" : session->failure()->server_text, "going down");
    ASSERT_FALSE(submitted_next.ok());
    EXPECT_EQ(submitted_next.error().effect, Effect::none);
    EXPECT_FALSE(next.done());
}

INSTANTIATE_TEST_SUITE_P(modes, ClosingAfterAnAnswer, ::testing::Values(Command::Kind::execute, Command::Kind::prepare),
                         [](const auto& of) { return of.param == Command::Kind::execute ? "plain" : "pipeline"; });

TEST_F(Closing, commands_in_flight_hear_of_the_loss_once_and_in_order) {
    std::vector<CollectingSink> sinks(4);
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < sinks.size(); ++i) {
        sinks[i].on_end = [&order, i] { order.push_back(i); };
        submit(*session_, execute("SELECT pg_sleep(600)"), sinks[i]);
    }
    kill_backend();
    drive_to_the_end();
    EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2, 3}));
    for (const CollectingSink& sink : sinks) {
        ASSERT_TRUE(sink.error);
        EXPECT_EQ(sink.error->code, Errc::connection_lost);
        EXPECT_EQ(sink.calls_after_end, 0U);
    }
    EXPECT_EQ(sinks[0].error->effect, Effect::unknown);
    EXPECT_EQ(sinks[0].error->sqlstate, "57P01");
    EXPECT_EQ(sinks[1].error->effect, Effect::none) << "it waited for the first, so nothing of it was sent";
    ASSERT_NE(session_->failure(), nullptr);
    EXPECT_EQ(session_->failure()->code, Errc::connection_lost);
}

TEST_F(Closing, pipelined_commands_that_were_sent_are_in_doubt) {
    std::vector<CollectingSink> sinks(3);
    CollectingSink prepared;
    submit(*session_, prepare("s1", "SELECT pg_sleep(600)", Command::Sync::later), prepared);
    for (CollectingSink& sink : sinks) submit(*session_, execute_prepared("s1"), sink);
    kill_backend();
    drive_to_the_end();
    for (const CollectingSink& sink : sinks) {
        ASSERT_TRUE(sink.error);
        EXPECT_EQ(sink.error->code, Errc::connection_lost);
        EXPECT_EQ(sink.error->effect, Effect::unknown);
    }
}

TEST_F(Closing, a_command_on_a_connection_that_is_already_dead_is_in_doubt) {
    kill_backend();
    CollectingSink sink;
    const Status status = session_->submit(execute("SELECT 1"), sink);
    if (status.ok()) {
        drive_to_the_end();
        session_->advance(Interest::none);
        ASSERT_TRUE(sink.error);
        EXPECT_EQ(sink.error->code, Errc::connection_lost);
        EXPECT_EQ(sink.error->effect, Effect::unknown);
    } else {
        EXPECT_EQ(status.error().effect, Effect::none);
    }
}

TEST_F(Closing, close_tells_commands_what_happened_to_them) {
    CollectingSink sent;
    CollectingSink waiting;
    submit(*session_, execute("SELECT pg_sleep(600)"), sent);
    submit(*session_, execute("SELECT 1"), waiting);
    session_->close();
    ASSERT_TRUE(sent.error);
    EXPECT_EQ(sent.error->code, Errc::connection_lost);
    EXPECT_EQ(sent.error->effect, Effect::unknown);
    ASSERT_TRUE(waiting.error);
    EXPECT_EQ(waiting.error->effect, Effect::none);
    EXPECT_EQ(session_->failure(), nullptr);
}

TEST_F(Closing, a_sink_may_close_the_session) {
    CollectingSink first;
    CollectingSink second;
    first.on_end = [&] { session_->close(); };
    submit(*session_, execute("SELECT 1"), first);
    submit(*session_, execute("SELECT 1"), second);
    EXPECT_FALSE(drive(*session_, [] { return false; }));
    EXPECT_TRUE(first.completed());
    ASSERT_TRUE(second.error);
    EXPECT_EQ(second.error->code, Errc::connection_lost);

    session_ = PlainPostgres::shared().connect();
    CollectingSink third;
    third.on_block = [&] {
        session_->close();
        return Flow::go_on;
    };
    Command streamed = execute("SELECT generate_series(1, 1000)");
    streamed.delivery = Command::Delivery::streamed;
    submit(*session_, streamed, third);
    EXPECT_FALSE(drive(*session_, [] { return false; }));
    ASSERT_TRUE(third.error);
    EXPECT_EQ(third.calls_after_end, 0U);
}

TEST_F(Closing, close_does_not_wait_for_a_socket_that_is_full) {
    const std::string large(64 << 20, 'x');
    const Parameter parameter = text_parameter(large);
    CollectingSink asleep;
    CollectingSink heavy;
    submit(*session_, execute("SELECT pg_sleep(600)", Command::Sync::later), asleep);
    Command command = execute("SELECT length($1::text)");
    command.parameters = std::span{&parameter, 1};
    submit(*session_, command, heavy);
    ASSERT_TRUE(wants_write(session_->interest()));

    const auto start = std::chrono::steady_clock::now();
    session_->close();

    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{2});
    EXPECT_TRUE(asleep.error);
    EXPECT_TRUE(heavy.error);
}

TEST_F(Closing, copy_ends_the_session) {
    CollectingSink sink;
    submit(*session_, execute("COPY (SELECT 1) TO STDOUT"), sink);
    drive_to_the_end();
    ASSERT_TRUE(sink.error);
    EXPECT_EQ(sink.error->code, Errc::unsupported);
}

}  // namespace
}  // namespace picoxx::testing
