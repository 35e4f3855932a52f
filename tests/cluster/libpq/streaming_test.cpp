#include "session_steps.hpp"
#include "system_calls.hpp"

#include <picoxx/testing/plain_postgres.hpp>

#include <string>
#include <vector>

namespace picoxx::testing {
namespace {

Command stream(CStringView sql, Command::Sync sync = Command::Sync::after) {
    Command command = execute(sql, sync);
    command.delivery = Command::Delivery::streamed;
    return command;
}

class Streaming : public ::testing::Test {
protected:
    void SetUp() override {
        session_ = PlainPostgres::shared().connect();
        ASSERT_NE(session_, nullptr);
    }
    std::unique_ptr<Session> session_;
};

TEST_F(Streaming, many_rows_come_in_blocks_and_in_order) {
    const CollectingSink sink = run(*session_,
                                    stream("SELECT i::int8, 'row ' || i FROM generate_series(1, 100000) AS i"));
    ASSERT_TRUE(sink.completed());
    EXPECT_EQ(*sink.tag, "SELECT 100000");
    ASSERT_EQ(sink.rows.size(), 100'000U);
    EXPECT_GT(sink.blocks, 100U);
    EXPECT_LT(sink.blocks, 20'000U) << "rows are gathered";
    for (std::size_t i = 0; i < sink.rows.size(); i += 997) {
        EXPECT_EQ(sink.rows[i], (Row{text_cell(int8_text(static_cast<std::int64_t>(i + 1))),
                                     text_cell("row " + std::to_string(i + 1))}));
    }
}

TEST_F(Streaming, a_paused_session_reads_nothing) {
    CollectingSink sink;
    sink.on_block = [&] { return sink.blocks % 10 == 0 ? Flow::pause : Flow::go_on; };
    submit(*session_, stream("SELECT i::int8 FROM generate_series(1, 100000) AS i"), sink);
    std::size_t pauses = 0;
    while (!sink.done()) {
        ASSERT_TRUE(drive(*session_, [&] { return sink.done() || session_->interest() == Interest::none; }));
        if (sink.done()) break;
        const std::size_t seen = sink.rows.size();
        const std::size_t receives = system_calls().receives;
        session_->advance(Interest::read);
        ASSERT_EQ(sink.rows.size(), seen);
        ASSERT_EQ(system_calls().receives, receives);
        ++pauses;
        session_->resume();
        session_->advance(Interest::none);
    }
    EXPECT_TRUE(sink.completed());
    EXPECT_EQ(sink.rows.size(), 100'000U);
    EXPECT_GT(pauses, 10U);
    EXPECT_TRUE(run(*session_, execute("SELECT 1")).completed());
}

TEST_F(Streaming, a_stream_without_rows_still_tells_its_columns) {
    const CollectingSink sink = run(*session_, stream("SELECT 1::int8 AS number WHERE false"));
    ASSERT_TRUE(sink.completed());
    EXPECT_EQ(sink.blocks, 1U);
    EXPECT_TRUE(sink.rows.empty());
    ASSERT_EQ(sink.columns.size(), 1U);
    EXPECT_EQ(sink.columns[0].name, "number");
}

TEST_F(Streaming, the_last_word_of_a_broken_stream_is_its_error) {
    const CollectingSink sink = run(*session_, stream("SELECT 10 / (9000 - i) FROM generate_series(1, 10000) AS i"));
    ASSERT_TRUE(sink.error);
    EXPECT_EQ(sink.error->sqlstate, "22012");
    EXPECT_TRUE(run(*session_, execute("SELECT 1")).completed());
}

TEST_F(Streaming, a_stream_runs_in_a_pipeline_too) {
    CollectingSink prepared;
    CollectingSink before;
    CollectingSink streamed;
    CollectingSink after;
    submit(*session_, prepare("s1", "SELECT generate_series(1, 5000)", Command::Sync::later), prepared);
    submit(*session_, execute("SELECT 1"), before);
    Command command = execute_prepared("s1");
    command.delivery = Command::Delivery::streamed;
    submit(*session_, command, streamed);
    submit(*session_, stream("SELECT generate_series(1, 3000)"), after);
    finish(*session_, after);
    EXPECT_TRUE(prepared.completed());
    EXPECT_TRUE(before.completed());
    EXPECT_EQ(before.blocks, 1U);
    EXPECT_EQ(streamed.rows.size(), 5'000U);
    EXPECT_GT(streamed.blocks, 5U);
    EXPECT_EQ(after.rows.size(), 3'000U);
    EXPECT_GT(after.blocks, 5U);
}

TEST_F(Streaming, a_stream_that_waited_for_another_command_is_still_one) {
    CollectingSink before;
    CollectingSink streamed;
    submit(*session_, execute("SELECT 1"), before);
    submit(*session_, stream("SELECT generate_series(1, 5000)"), streamed);
    finish(*session_, streamed);
    EXPECT_EQ(before.blocks, 1U);
    EXPECT_EQ(streamed.rows.size(), 5'000U);
    EXPECT_GT(streamed.blocks, 5U);
}

TEST_F(Streaming, wide_rows_over_tls_arrive_whole) {
    ConnectOptions options = PlainPostgres::shared().options();
    options.tls.mode = TlsMode::require;
    auto session = PlainPostgres::shared().connect(options);
    ASSERT_NE(session, nullptr);
    for (std::size_t size = 1'000; size < 300'000; size = size * 3 / 2) {
        const std::string sql = "SELECT repeat('x', " + std::to_string(size) + ") FROM generate_series(1, 20)";
        const CollectingSink streamed = run(*session, stream(sql));
        ASSERT_TRUE(streamed.completed()) << size;
        EXPECT_EQ(streamed.rows.size(), 20U);
        const CollectingSink whole = run(*session, execute(sql));
        ASSERT_TRUE(whole.completed()) << size;
        EXPECT_EQ(whole.rows.size(), 20U);
    }
}

}  // namespace
}  // namespace picoxx::testing
