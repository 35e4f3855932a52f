#include "session_steps.hpp"
#include "system_calls.hpp"

#include <picoxx/testing/allocation_counter.hpp>
#include <picoxx/testing/plain_postgres.hpp>

#include <libpq-fe.h>

#include <memory>
#include <utility>

namespace picoxx::testing {
namespace {

/// Takes the answer without allocating.
struct QuietSink final : ResponseSink {
    bool done = false;
    std::unique_ptr<RowBlock> block;
    void on_notice(const Notice&) noexcept override {}
    void on_described(std::span<const Oid>, std::span<const Column>) noexcept override {}
    Flow on_rows(std::unique_ptr<RowBlock>) noexcept override { return Flow::go_on; }
    void on_result(std::unique_ptr<RowBlock> rows, const CommandTag&) noexcept override {
        block = std::move(rows);
        done = true;
    }
    void on_error(Error) noexcept override { done = true; }
};

class Counts : public ::testing::Test {
protected:
    void SetUp() override {
        session_ = PlainPostgres::shared().connect();
        ASSERT_NE(session_, nullptr);
        ASSERT_TRUE(run(*session_, prepare("c1", "SELECT $1::int8")).completed());
        for (int warm = 0; warm < 3; ++warm) request();
    }
    void request() {
        const auto bytes = int8_bytes(7);
        const Parameter parameter{oid::int8, Format::binary, std::span{bytes}};
        QuietSink sink;
        submit(*session_, execute_prepared("c1", std::span{&parameter, 1}), sink);
        ASSERT_TRUE(drive(*session_, [&] { return sink.done; }));
        ASSERT_NE(sink.block, nullptr);
    }
    std::unique_ptr<Session> session_;
};

TEST_F(Counts, a_lone_execution_is_one_send_one_poll_and_one_recv) {
    constexpr std::size_t requests = 100;
    const SystemCalls before = system_calls();

    for (std::size_t i = 0; i < requests; ++i) request();

    const SystemCalls after = system_calls();
    EXPECT_EQ(after.sends - before.sends, requests);
    // The answer may come in two parts; seldom.
    EXPECT_LE(after.receives - before.receives, requests + 5);
    EXPECT_LE(after.polls - before.polls, requests + 5);
}

TEST_F(Counts, a_lone_execution_allocates_only_its_block) {
    const std::size_t before = allocations_of_this_thread();
    for (int i = 0; i < 100; ++i) request();
    EXPECT_EQ(allocations_of_this_thread() - before, 100U);
}

TEST_F(Counts, a_small_batch_is_one_send) {
    std::vector<QuietSink> sinks(10);
    const auto bytes = int8_bytes(7);
    const Parameter parameter{oid::int8, Format::binary, std::span{bytes}};
    const SystemCalls before = system_calls();

    for (std::size_t i = 0; i < sinks.size(); ++i) {
        const bool last = i + 1 == sinks.size();
        submit(*session_,
               execute_prepared("c1", std::span{&parameter, 1}, last ? Command::Sync::after : Command::Sync::later),
               sinks[i]);
    }
    ASSERT_TRUE(drive(*session_, [&] { return sinks.back().done; }));

    EXPECT_EQ(system_calls().sends - before.sends, 1U);
    EXPECT_LE(system_calls().receives - before.receives, 2U);
}

TEST_F(Counts, a_prepare_and_its_execution_are_one_send) {
    CollectingSink prepared;
    CollectingSink executed;
    const SystemCalls before = system_calls();
    submit(*session_, prepare("c2", "SELECT 1", Command::Sync::later), prepared);
    submit(*session_, execute_prepared("c2"), executed);
    finish(*session_, executed);
    EXPECT_EQ(system_calls().sends - before.sends, 1U);
    EXPECT_TRUE(executed.completed());
}

TEST_F(Counts, an_execution_and_the_close_of_another_statement_are_one_send) {
    CollectingSink executed;
    CollectingSink closed;
    ASSERT_TRUE(run(*session_, prepare("c3", "SELECT 3")).completed());
    const SystemCalls before = system_calls();
    submit(*session_, execute("SELECT 1", Command::Sync::later), executed);
    submit(*session_, close_statement("c3"), closed);
    finish(*session_, closed);
    EXPECT_EQ(system_calls().sends - before.sends, 1U);
    EXPECT_TRUE(executed.completed());
    EXPECT_EQ(executed.rows.size(), 1U);
    EXPECT_TRUE(closed.completed());
    EXPECT_TRUE(run(*session_, execute_prepared("c3")).error) << "it is closed";
}

TEST_F(Counts, a_prepare_its_execution_and_the_close_of_another_statement_are_one_send) {
    ASSERT_TRUE(run(*session_, prepare("c4", "SELECT 4")).completed());
    for (const char* const name : {"c5", ""}) {
        const SystemCalls before = system_calls();
        CollectingSink prepared;
        CollectingSink executed;
        CollectingSink closed;
        submit(*session_, prepare(name, "SELECT 5", Command::Sync::later), prepared);
        submit(*session_, execute_prepared(name, {}, Command::Sync::later), executed);
        submit(*session_, close_statement("c4"), closed);
        finish(*session_, closed);
        EXPECT_EQ(system_calls().sends - before.sends, 1U);
        EXPECT_TRUE(prepared.completed());
        EXPECT_EQ(executed.rows.size(), 1U);
        // The second time it is gone: an error of DEALLOCATE, but none of the Close that libpq sends from 17 on.
        EXPECT_EQ(closed.completed(), *name != '\0' || PQlibVersion() >= 170'000);
    }
}

}  // namespace
}  // namespace picoxx::testing
