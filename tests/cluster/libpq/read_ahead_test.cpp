// Rows that OpenSSL has already read and decrypted, so that the socket stays silent: whoever waited for it would wait
// until his deadline.
#include "session_steps.hpp"
#include "tls_reads.hpp"

#include <picoxx/picoxx.hpp>
#include <picoxx/testing/plain_postgres.hpp>

#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

namespace picoxx::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* rows_of_a_hundred_bytes = "SELECT i::int8, repeat('x', 100) FROM generate_series(1, 500) AS i";

ConnectOptions with_tls() {
    ConnectOptions options = PlainPostgres::shared().options();
    options.tls.mode = TlsMode::require;
    return options;
}

TEST(ReadAhead, reaches_the_sink_of_a_session_without_another_byte_from_the_socket) {
    const auto session = PlainPostgres::shared().connect(with_tls());
    ASSERT_NE(session, nullptr);
    ASSERT_TRUE(session->tls().active);
    const SmallTlsReads small;
    for (const auto delivery : {Command::Delivery::whole, Command::Delivery::streamed}) {
        Command command = execute(rows_of_a_hundred_bytes);
        command.delivery = delivery;
        const CollectingSink sink = run(*session, command);
        ASSERT_TRUE(sink.completed());
        EXPECT_EQ(sink.rows.size(), 500U);
    }
    EXPECT_GT(small.left_something(), 0U);
}

TEST(ReadAhead, reaches_a_paused_session_when_it_goes_on) {
    const auto session = PlainPostgres::shared().connect(with_tls());
    ASSERT_NE(session, nullptr);
    CollectingSink sink;
    sink.on_block = [&] { return Flow::pause; };
    Command command = execute(rows_of_a_hundred_bytes);
    command.delivery = Command::Delivery::streamed;
    const SmallTlsReads small;
    submit(*session, command, sink);
    while (!sink.done()) {
        ASSERT_TRUE(drive(*session, [&] { return sink.done() || session->interest() == Interest::none; }));
        session->resume();
        session->advance(Interest::none);
    }
    EXPECT_TRUE(sink.completed());
    EXPECT_EQ(sink.rows.size(), 500U);
    EXPECT_GT(small.left_something(), 0U);
}

TEST(ReadAhead, reaches_callers_of_both_faces_before_their_deadline) {
    const std::string address = "127.0.0.1:" + std::to_string(with_tls().endpoint.port);
    Pool pool{{.dsn = "postgresql://trusted:T0psecret@" + address + "/postgres?sslmode=require",
               .max_size = 1,
               .timeouts = {.statement = 20s}}};
    pool.connect();
    const SmallTlsReads small;
    for (int i = 0; i < 3; ++i) {  // the second one prepares
        EXPECT_EQ(pool.fetch(rows_of_a_hundred_bytes).size(), 500U);
        EXPECT_EQ(pool.async_fetch({rows_of_a_hundred_bytes}, boost::asio::use_future).get().size(), 500U);
    }
    EXPECT_GT(small.left_something(), 0U);
}

}  // namespace
}  // namespace picoxx::testing
