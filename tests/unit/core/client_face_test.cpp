// What the two faces take and refuse: forms of SQL, null, options, executors, clients that are gone.
#include "fake_cluster.hpp"

#include <picoxx/client.hpp>
#include <picoxx/testing/error_in.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace picoxx {
namespace {

namespace asio = boost::asio;
using testing::error_in;
using ::testing::HasSubstr;

class FaceTest : public ::testing::Test {
protected:
    FaceTest() {
        cluster.node(1).answer("SELECT $1", testing::rows_answer({{"col_1", oid::int8}}, {{testing::int8_cell(7)}}));
    }
    [[nodiscard]] std::size_t executed() { return cluster.node(1).executed().size(); }

    FakeCluster cluster{1};
    Pool pool{{.dsn = FakeCluster::dsn()}, cluster.components()};
    const std::string string = "SELECT 1";
    // Not followed by a NUL.
    const std::string longer = "SELECT 1 and more";
    const std::string_view view = std::string_view{longer}.substr(0, 8);
    const std::string with_value = "SELECT $1";
    const std::string_view view_with_value = with_value;
};

TEST_F(FaceTest, sql_is_taken_from_a_literal_a_string_and_a_view_synchronously) {
    pool.execute("SELECT 1");
    pool.execute(string);
    pool.execute(view);
    pool.execute({"SELECT 1"});
    pool.execute("SELECT $1", 7);
    pool.execute(with_value, 7);
    pool.execute(view_with_value, 7);
    pool.execute({with_value, 7});
    pool.execute({view_with_value, 7});

    EXPECT_EQ(pool.fetch("SELECT 1").size(), 1U);
    EXPECT_EQ(pool.fetch(string).size(), 1U);
    EXPECT_EQ(pool.fetch(view).size(), 1U);
    EXPECT_EQ(pool.fetch({"SELECT 1"}).size(), 1U);
    EXPECT_EQ(pool.fetch({string}).size(), 1U);
    EXPECT_EQ(pool.fetch({view}).size(), 1U);
    EXPECT_EQ(pool.fetch("SELECT $1", 7).size(), 1U);
    EXPECT_EQ(pool.fetch(with_value, 7).size(), 1U);
    EXPECT_EQ(pool.fetch(view_with_value, 7).size(), 1U);
    EXPECT_EQ(pool.fetch({with_value, 7}).size(), 1U);
    for (auto [number] : pool.fetch<std::int64_t>(string)) EXPECT_EQ(number, 1);
    for (auto [number] : pool.fetch<std::int64_t>(with_value, 7)) EXPECT_EQ(number, 7);
    for (auto [number] : pool.fetch<std::int64_t>({view_with_value, 7})) EXPECT_EQ(number, 7);
    EXPECT_EQ(executed(), 22U);
}

TEST_F(FaceTest, and_asynchronously) {
    EXPECT_EQ(pool.async_fetch("SELECT 1", asio::use_future).get().size(), 1U);
    EXPECT_EQ(pool.async_fetch(string, asio::use_future).get().size(), 1U);
    EXPECT_EQ(pool.async_fetch(view, asio::use_future).get().size(), 1U);
    EXPECT_EQ(pool.async_fetch({"SELECT $1", 7}, asio::use_future).get().size(), 1U);
    EXPECT_EQ(pool.async_fetch({with_value, 7}, asio::use_future).get().size(), 1U);
    EXPECT_EQ(pool.async_fetch({view_with_value, 7}, asio::use_future).get().size(), 1U);
    pool.async_execute("SELECT 1", asio::use_future).get();
    pool.async_execute(string, asio::use_future).get();
    pool.async_execute(view, asio::use_future).get();
    EXPECT_EQ(executed(), 9U);
}

TEST_F(FaceTest, values_that_are_bound_already_are_taken_as_they_are) {
    Parameters parameters;
    parameters.add(7);

    EXPECT_EQ(pool.fetch(with_value, parameters).size(), 1U);

    EXPECT_EQ(cluster.node(1).submitted().at(0).parameters.at(0).value, testing::int8_cell(7));
}

TEST_F(FaceTest, a_statement_may_be_kept_and_given_options_for_one_call) {
    const Statement kept{with_value, 7};
    EXPECT_EQ(pool.fetch(kept.with({.timeout = std::chrono::seconds{1}})).size(), 1U);
    EXPECT_EQ(pool.fetch(kept).size(), 1U);
    EXPECT_EQ(kept.options().timeout, std::nullopt);
}

TEST_F(FaceTest, a_null_dsn_or_strategy_is_refused_and_not_followed) {
    const char* const none = nullptr;
    EXPECT_EQ(error_in([&] { Client{none, cluster.components()}; }).code, Errc::invalid_argument);
    EXPECT_EQ(error_in([&] { Pool{none, cluster.components()}; }).code, Errc::invalid_argument);
    EXPECT_EQ(error_in([&] { pool.set_balance_strategy(none); }).code, Errc::invalid_argument);
}

TEST_F(FaceTest, null_sql_is_refused_and_not_followed) {
    const char* const none = nullptr;
    EXPECT_EQ(error_in([&] { pool.fetch(none); }).code, Errc::invalid_argument);
    EXPECT_EQ(error_in([&] { pool.execute(none, 1); }).code, Errc::invalid_argument);
    EXPECT_EQ(error_in([&] { pool.fetch({none, 1}); }).code, Errc::invalid_argument);
    EXPECT_EQ(error_in([&] { pool.async_fetch(none, asio::use_future).get(); }).code, Errc::invalid_argument);
    EXPECT_EQ(executed(), 0U);
}

template <class Sql>
concept takes = requires(Pool& pool, Sql sql) {
    pool.fetch(sql);
};
static_assert(takes<const char*> && takes<std::string> && takes<std::string_view> && takes<Statement>);
static_assert(!takes<std::nullptr_t> && !takes<int>);

TEST_F(FaceTest, a_null_text_is_the_value_null) {
    const char* const none = nullptr;
    pool.fetch("SELECT $1", none);
    EXPECT_EQ(cluster.node(1).submitted().at(0).parameters.at(0).value, testing::null_cell);
}

TEST_F(FaceTest, an_error_carries_the_statement_without_values_on_one_line) {
    cluster.node(1).answer("INSERT INTO t VALUES ($1)",
                           testing::error_answer(testing::server_error("sbroad: first line\nsecond line")));
    try {
        pool.execute("INSERT INTO t VALUES ($1)", "a secret");
        FAIL() << "it must throw";
    } catch (const Exception& exception) {
        EXPECT_EQ(exception.error().statement, "INSERT INTO t VALUES ($1)");
        EXPECT_EQ(std::string{exception.what()}.find('\n'), std::string::npos);
        EXPECT_EQ(std::string{exception.what()}.find("a secret"), std::string::npos);
    }
}

TEST_F(FaceTest, a_client_that_was_moved_from_answers_closed_in_both_faces) {
    Pool moved = std::move(pool);
    EXPECT_EQ(moved.fetch("SELECT 1").size(), 1U);

    EXPECT_EQ(error_in([&] { pool.connect(); }).code, Errc::closed);
    EXPECT_EQ(error_in([&] { pool.fetch("SELECT 1"); }).code, Errc::closed);
    EXPECT_EQ(error_in([&] { pool.execute("SELECT 1"); }).code, Errc::closed);
    EXPECT_EQ(error_in([&] { pool.ping(); }).code, Errc::closed);
    EXPECT_EQ(error_in([&] { pool.refresh_topology(); }).code, Errc::closed);
    EXPECT_EQ(error_in([&] { pool.set_balance_strategy("turn_by_turn"); }).code, Errc::closed);
    EXPECT_EQ(error_in([&] { pool.reset_balance_strategy(); }).code, Errc::closed);
    EXPECT_EQ(error_in([&] { pool.async_fetch("SELECT 1", asio::use_future).get(); }).code, Errc::closed);
    EXPECT_EQ(error_in([&] { pool.async_connect(asio::use_future).get(); }).code, Errc::closed);
    EXPECT_EQ(error_in([&] { pool.async_close(std::chrono::seconds{1}, asio::use_future).get(); }).code, Errc::closed);
    EXPECT_TRUE(pool.nodes().empty());
    EXPECT_EQ(pool.balance_status().strategy, "");
    EXPECT_TRUE(pool.close());
    pool.terminate();
}

TEST_F(FaceTest, both_take_a_dsn_or_options_with_an_executor_or_a_context_in_front) {
    const std::string dsn = FakeCluster::dsn();
    asio::io_context context;
    asio::thread_pool threads{1};
    const Components parts = cluster.components();
    {
        const Client c1{dsn, parts};
        const Client c2{Options{.dsn = dsn}, parts};
        const Client c3{context, dsn, parts};
        const Client c4{context, {.dsn = dsn}, parts};
        const Client c5{context.get_executor(), dsn, parts};
        const Client c6{threads.get_executor(), {.dsn = dsn, .pool_size = 3}, parts};
        const Client c7{threads, {.dsn = dsn}, parts};
        const Pool p1{dsn, parts};
        const Pool p2{Options{.dsn = dsn}, parts};
        const Pool p3{context, dsn, parts};
        const Pool p4{context, {.dsn = dsn}, parts};
        const Pool p5{context.get_executor(), dsn, parts};
        const Pool p6{threads.get_executor(), {.dsn = dsn, .max_size = 3}, parts};
        const Pool p7{threads, {.dsn = dsn}, parts};
        EXPECT_EQ(c7.nodes().size() + p7.nodes().size(), 2U);
    }
    threads.join();
}

TEST_F(FaceTest, client_and_pool_differ_in_whether_they_discover) {
    static_assert(std::is_same_v<ClientOptions, PoolOptions>);
    cluster.discovery().then_publish(FakeCluster::topology({1}, 1));
    Client client{{.dsn = FakeCluster::dsn()}, cluster.components()};
    pool.connect();
    EXPECT_EQ(cluster.discovery().refreshes(), 0U);
    client.connect();
    EXPECT_EQ(cluster.discovery().refreshes(), 1U);
    Client quiet{{.dsn = FakeCluster::dsn(), .enable_discovery = false}, cluster.components()};
    quiet.connect();
    EXPECT_EQ(cluster.discovery().refreshes(), 1U);
}

TEST_F(FaceTest, the_two_names_of_the_size_are_not_given_together) {
    const Error error = error_in([&] {
        Pool both{{.dsn = FakeCluster::dsn(), .pool_size = 3, .max_size = 4}, cluster.components()};
    });
    EXPECT_EQ(error.code, Errc::invalid_argument);
    EXPECT_THAT(error.text, HasSubstr("pool_size and max_size"));
}

}  // namespace
}  // namespace picoxx
