#include "session_steps.hpp"

#include <picoxx/testing/plain_postgres.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <sys/mman.h>

namespace picoxx::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Commands : public ::testing::Test {
protected:
    void SetUp() override {
        session_ = PlainPostgres::shared().connect();
        ASSERT_NE(session_, nullptr);
    }
    std::unique_ptr<Session> session_;
};

TEST_F(Commands, a_prepared_statement_takes_and_gives_binary_values_texts_and_nulls) {
    Command described = prepare("p1", "SELECT $1::int8 AS number, $2::text AS word, $3::int4 AS nothing");
    described.describe = Command::Describe::yes;
    const CollectingSink prepared = run(*session_, described);
    ASSERT_TRUE(prepared.completed());
    EXPECT_EQ(prepared.parameters, (std::vector<Oid>{oid::int8, oid::text, oid::int4}));
    ASSERT_EQ(prepared.columns.size(), 3U);
    EXPECT_EQ(prepared.columns[0].name, "number");
    EXPECT_EQ(prepared.columns[0].type, oid::int8);

    const auto number = int8_bytes(-123456789012345);
    const std::vector<Parameter> parameters{{oid::int8, Format::binary, std::span{number}},
                                            text_parameter("słowo"),
                                            {oid::int4, Format::text, std::nullopt}};
    const CollectingSink sink = run(*session_, execute_prepared("p1", parameters));

    ASSERT_TRUE(sink.completed());
    EXPECT_EQ(*sink.tag, "SELECT 1");
    EXPECT_EQ(sink.affected_rows, 1U);
    EXPECT_EQ(sink.rows, (std::vector<Row>{{text_cell(int8_text(-123456789012345)), text_cell("słowo"), null_cell}}));
    EXPECT_EQ(sink.columns[0].format, Format::binary);
}

TEST_F(Commands, the_cells_of_fakes_are_a_servers_bytes) {
    for (const std::string number : {"0", "0.00", "7", "-12345.678", "0.001", "-0.00001", "100000000", "10000",
                                     "9999.9999", "99999999999999999999999999999999999999"}) {
        const CollectingSink sink = run(*session_, execute("SELECT " + number + "::numeric"));
        EXPECT_EQ(sink.rows, (std::vector<Row>{{numeric_cell(number)}})) << number;
    }
    using namespace std::chrono;
    const auto moment = sys_days{year{1999} / 12 / 31} + 23h + 59min + 58s + 1us;
    const CollectingSink sink = run(*session_, execute("SELECT '1999-12-31 23:59:58.000001+00'::timestamptz, "
                                                       "'6f2ba4c4-0a4c-4d79-86ae-43d4f84b70e1'::uuid"));
    EXPECT_EQ(sink.rows,
              (std::vector<Row>{{timestamp_cell(moment), uuid_cell("6f2ba4c4-0a4c-4d79-86ae-43d4f84b70e1")}}));
}

TEST_F(Commands, more_parameters_than_libpq_can_hear_described_are_prepared_and_executed) {
    std::string sql = "SELECT 1 WHERE 8 IN ($1";
    constexpr std::size_t count = 8'000;
    for (std::size_t i = 2; i <= count; ++i) sql.append(",$").append(std::to_string(i));
    sql += ')';
    const auto bytes = int8_bytes(8);
    const std::vector<Parameter> parameters(count, {oid::int8, Format::binary, std::span{bytes}});
    Command prepares = prepare("many", sql, Command::Sync::later);
    prepares.parameters = parameters;
    CollectingSink prepared;
    CollectingSink executed;

    submit(*session_, prepares, prepared);
    submit(*session_, execute_prepared("many", parameters), executed);
    finish(*session_, executed);

    EXPECT_TRUE(prepared.completed());
    EXPECT_EQ(executed.rows.size(), 1U);
    EXPECT_EQ(run(*session_, execute_prepared("many", parameters)).rows.size(), 1U);
}

TEST_F(Commands, an_empty_text_is_not_null) {
    Parameter empty = text_parameter("");
    empty.value = std::span<const std::byte>{};
    Command command = execute("SELECT $1::text IS NULL, length($1::text)");
    command.parameters = std::span{&empty, 1};
    command.result_format = Format::text;

    EXPECT_EQ(run(*session_, command).rows, (std::vector<Row>{{text_cell("f"), text_cell("0")}}));
}

TEST_F(Commands, what_libpq_would_cut_or_cannot_send_is_refused) {
    CollectingSink sink;
    const std::string with_nul{"a\0b", 3};
    Command command = execute("SELECT $1::int8");
    Parameter cut{oid::int8, Format::text, std::as_bytes(std::span{with_nul})};
    command.parameters = std::span{&cut, 1};
    EXPECT_EQ(session_->submit(command, sink).error().code, Errc::invalid_argument);

    EXPECT_EQ(session_->submit(execute(with_nul), sink).error().code, Errc::invalid_argument);

    Command limited = execute("SELECT 1");
    limited.row_limit = 1;
    EXPECT_EQ(session_->submit(limited, sink).error().code, Errc::unsupported);

    const std::vector<Parameter> many(65'536);
    Command crowded = execute("SELECT 1");
    crowded.parameters = many;
    const Status status = session_->submit(crowded, sink);
    EXPECT_EQ(status.error().code, Errc::invalid_argument);
    EXPECT_THAT(status.error().text, HasSubstr("65536"));

    EXPECT_EQ(session_->in_flight(), 0U);
    EXPECT_FALSE(sink.done());
    EXPECT_TRUE(run(*session_, execute("SELECT 1")).completed());
}

TEST_F(Commands, parameters_that_do_not_fit_a_message_are_refused_and_the_session_stays) {
    // given two values that fit each, and not both
    constexpr std::size_t size = 3UL << 29;
    void* const pages = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ASSERT_NE(pages, MAP_FAILED);
    const Parameter large{oid::text, Format::binary, std::span{static_cast<const std::byte*>(pages), size}};
    const std::vector<Parameter> both{large, large};
    Command command = execute("SELECT $1, $2");
    command.parameters = both;
    CollectingSink sink;

    const Status status = session_->submit(command, sink);

    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, Errc::invalid_argument);
    EXPECT_EQ(status.error().effect, Effect::none);
    EXPECT_THAT(status.error().text, HasSubstr("2147418111"));
    EXPECT_TRUE(run(*session_, execute("SELECT 1")).completed());
    ::munmap(pages, size);
}

TEST_F(Commands, the_command_tag_counts_what_was_changed) {
    ASSERT_TRUE(run(*session_, execute("CREATE TEMP TABLE changed (id int8)")).completed());
    const CollectingSink inserted = run(*session_, execute("INSERT INTO changed SELECT generate_series(1, 7)"));
    EXPECT_EQ(*inserted.tag, "INSERT 0 7");
    EXPECT_EQ(inserted.affected_rows, 7U);
    EXPECT_EQ(inserted.blocks, 0U);
    EXPECT_EQ(run(*session_, execute("SET work_mem = '5MB'")).affected_rows, std::nullopt);
    ASSERT_TRUE(run(*session_, prepare("", "")).completed());
    const CollectingSink empty = run(*session_, execute_prepared(""));
    EXPECT_TRUE(empty.completed());
    EXPECT_EQ(*empty.tag, "");
}

TEST_F(Commands, an_error_tells_code_and_text_and_no_effect_it_cannot_know) {
    const CollectingSink sink = run(*session_, execute("SELECT 1 / 0"));
    ASSERT_TRUE(sink.error);
    EXPECT_EQ(sink.error->code, Errc::server_error);
    EXPECT_EQ(sink.error->sqlstate, "22012");
    EXPECT_EQ(sink.error->server_text, "division by zero");
    EXPECT_EQ(sink.error->effect, Effect::unknown);
    EXPECT_EQ(sink.error->node, to_string(PlainPostgres::shared().options().endpoint));
    EXPECT_EQ(session_->state(), SessionState::ready);
    EXPECT_TRUE(run(*session_, execute("SELECT 1")).completed());
}

TEST_F(Commands, rows_before_an_error_are_not_delivered_whole) {
    const CollectingSink sink = run(*session_, execute("SELECT 10 / (3 - i) FROM generate_series(1, 5) AS i"));
    EXPECT_TRUE(sink.error);
    EXPECT_EQ(sink.blocks, 0U);
}

TEST_F(Commands, an_error_at_the_sync_is_the_commands_error) {
    ASSERT_TRUE(run(*session_, execute("CREATE TEMP TABLE deferred (id int8, CONSTRAINT once UNIQUE (id) "
                                       "DEFERRABLE INITIALLY DEFERRED)"))
                    .completed());
    const CollectingSink plain = run(*session_, execute("INSERT INTO deferred VALUES (1), (1)"));
    ASSERT_TRUE(plain.error);
    EXPECT_EQ(plain.error->sqlstate, "23505");

    CollectingSink piped;
    CollectingSink next;
    CollectingSink prepared;
    submit(*session_, prepare("d1", "INSERT INTO deferred VALUES (1), (1)", Command::Sync::later), prepared);
    submit(*session_, execute_prepared("d1"), piped);
    submit(*session_, execute("SELECT 1"), next);
    finish(*session_, next);
    ASSERT_TRUE(piped.error);
    EXPECT_EQ(piped.error->sqlstate, "23505");
    EXPECT_TRUE(next.completed());
}

TEST_F(Commands, a_failed_prepare_skips_the_execution_behind_it) {
    CollectingSink prepared;
    CollectingSink executed;
    Command described = prepare("bad", "SELECT nothing FROM nowhere", Command::Sync::later);
    described.describe = Command::Describe::yes;
    submit(*session_, described, prepared);
    submit(*session_, execute_prepared("bad"), executed);
    finish(*session_, executed);
    ASSERT_TRUE(prepared.error);
    EXPECT_EQ(prepared.error->sqlstate, "42P01");
    EXPECT_FALSE(prepared.described);
    ASSERT_TRUE(executed.error);
    EXPECT_EQ(executed.error->code, Errc::skipped);
    EXPECT_EQ(executed.error->effect, Effect::none);
}

TEST_F(Commands, an_error_of_an_execution_skips_the_close_behind_it) {
    ASSERT_TRUE(run(*session_, prepare("kept", "SELECT 7")).completed());
    CollectingSink bad;
    CollectingSink closed;
    submit(*session_, execute("SELECT 1 / 0", Command::Sync::later), bad);
    submit(*session_, close_statement("kept"), closed);
    finish(*session_, closed);
    ASSERT_TRUE(bad.error);
    EXPECT_EQ(bad.error->sqlstate, "22012");
    ASSERT_TRUE(closed.error);
    EXPECT_EQ(closed.error->code, Errc::skipped);
    EXPECT_TRUE(run(*session_, execute_prepared("kept")).completed());
}

TEST_F(Commands, a_batch_left_open_after_its_error_stays_one_batch) {
    CollectingSink bad;
    submit(*session_, execute("SELECT 1 / 0", Command::Sync::later), bad);
    finish(*session_, bad);  // the server tells errors at once
    CollectingSink skipped;
    submit(*session_, execute("SELECT 1", Command::Sync::after), skipped);
    finish(*session_, skipped);
    ASSERT_TRUE(skipped.error);
    EXPECT_EQ(skipped.error->code, Errc::skipped);
    EXPECT_TRUE(run(*session_, execute("SELECT 1")).completed());
}

TEST_F(Commands, closing_a_statement_quotes_its_name) {
    ASSERT_TRUE(run(*session_, prepare("odd \" name", "SELECT 1")).completed());
    const Command close = close_statement("odd \" name");
    EXPECT_TRUE(run(*session_, close).completed());
    Command again;
    again.kind = Command::Kind::execute;
    again.statement = "odd \" name";
    EXPECT_TRUE(run(*session_, again).error) << "it is gone";
}

TEST_F(Commands, notices_come_to_the_oldest_unanswered_command) {
    CollectingSink noisy;
    CollectingSink quiet;
    submit(*session_, execute("DO $$ BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two'; END $$"), noisy);
    submit(*session_, execute("SELECT 1"), quiet);
    finish(*session_, quiet);
    ASSERT_EQ(noisy.notices.size(), 2U);
    EXPECT_EQ(noisy.notices[0].message, "one");
    EXPECT_EQ(noisy.notices[0].severity, "NOTICE");
    EXPECT_EQ(noisy.notices[0].sqlstate, "00000");
    EXPECT_EQ(noisy.notices[1].message, "two");
    EXPECT_TRUE(quiet.notices.empty());
}

TEST_F(Commands, a_megabyte_goes_in_and_out) {
    const std::string large(1 << 20, 'x');
    for (int round = 0; round < 3; ++round) {
        Parameter parameter = text_parameter(large);
        Command command = execute("SELECT $1::text");
        command.parameters = std::span{&parameter, 1};
        const CollectingSink sink = run(*session_, command);
        ASSERT_EQ(sink.rows.size(), 1U);
        EXPECT_TRUE(sink.rows[0][0] == large);
    }
}

TEST_F(Commands, commands_submitted_while_the_socket_is_full_keep_their_order) {
    const std::string large(16 << 20, 'x');
    Parameter parameter = text_parameter(large);
    Command heavy = execute("SELECT length($1::text)::int8", Command::Sync::later);
    heavy.parameters = std::span{&parameter, 1};
    std::vector<CollectingSink> sinks(4);
    for (std::size_t i = 0; i + 1 < sinks.size(); ++i) submit(*session_, heavy, sinks[i]);
    submit(*session_, execute("SELECT 1::int8"), sinks.back());
    EXPECT_TRUE(wants_write(session_->interest()));
    EXPECT_TRUE(wants_read(session_->interest()));

    finish(*session_, sinks.back());

    EXPECT_EQ(session_->interest(), Interest::read);
    for (std::size_t i = 0; i + 1 < sinks.size(); ++i) {
        EXPECT_EQ(sinks[i].rows, (std::vector<Row>{{text_cell(int8_text(16 << 20))}}));
    }
}

/// Counts ends in order, without keeping rows.
struct OrderedSink final : ResponseSink {
    std::size_t* ended = nullptr;
    std::size_t number = 0;
    std::size_t* in_order = nullptr;
    std::size_t bytes = 0;
    void on_notice(const Notice&) noexcept override {}
    void on_described(std::span<const Oid>, std::span<const Column>) noexcept override {}
    Flow on_rows(std::unique_ptr<RowBlock>) noexcept override { return Flow::go_on; }
    void on_result(std::unique_ptr<RowBlock> rows, const CommandTag&) noexcept override {
        bytes = rows->field(0, 0).bytes().size();
        *in_order += (*ended)++ == number ? 1 : 0;
    }
    void on_error(Error) noexcept override { ++*ended; }
};

TEST_F(Commands, twenty_thousand_pipelined_commands_of_two_kilobytes_do_not_lock_up) {
    constexpr std::size_t count = 20'000;
    for (const Command::Sync sync : {Command::Sync::after, Command::Sync::later}) {
        std::size_t ended = 0;
        std::size_t in_order = 0;
        std::vector<OrderedSink> sinks(count);
        const std::string text(2'000, 'y');
        const Parameter parameter = text_parameter(text);
        ASSERT_TRUE(
            run(*session_, prepare(sync == Command::Sync::after ? "echo1" : "echo2", "SELECT $1::text")).completed());

        for (std::size_t i = 0; i < count; ++i) {
            sinks[i].ended = &ended;
            sinks[i].in_order = &in_order;
            sinks[i].number = i;
            submit(*session_,
                   execute_prepared(sync == Command::Sync::after ? "echo1" : "echo2", std::span{&parameter, 1},
                                    i + 1 == count ? Command::Sync::after : sync),
                   sinks[i]);
        }
        EXPECT_EQ(session_->in_flight(), count);

        EXPECT_TRUE(drive(*session_, [&] { return ended == count; }));
        EXPECT_EQ(in_order, count);
        EXPECT_TRUE(std::all_of(sinks.begin(), sinks.end(), [](const auto& sink) { return sink.bytes == 2'000; }));
        EXPECT_EQ(session_->in_flight(), 0U);
    }
}

}  // namespace
}  // namespace picoxx::testing
