#pragma once

// What every Session obeys. Include it in one source file of a test program. Use:
// `INSTANTIATE_TEST_SUITE_P(libpq, SessionContract, ::testing::Values(SessionContractParam{...}));`

#include <picoxx/testing/session_contract_fixture.hpp>
#include <picoxx/testing/session_statement_contract.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace picoxx::testing {

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
