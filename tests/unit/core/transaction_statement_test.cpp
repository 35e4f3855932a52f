#include "sql/transaction_statement.hpp"

#include "fake_cluster.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace picoxx {
namespace {

using ::testing::HasSubstr;

struct Row {
    const char* sql;
    const char* name;
};

class TransactionStatement : public ::testing::TestWithParam<Row> {};

TEST_P(TransactionStatement, is_known_by_its_first_words) {
    EXPECT_EQ(transaction_statement(GetParam().sql), GetParam().name) << GetParam().sql;
    const bool is_one = *GetParam().name != '\0';
    EXPECT_TRUE(!is_one || may_be_transaction_statement(GetParam().sql)) << "the first look must not miss it";
}

INSTANTIATE_TEST_SUITE_P(
    Refused, TransactionStatement,
    ::testing::Values(Row{"BEGIN", "BEGIN"}, Row{"begin;", "BEGIN"}, Row{" \n BEGIN WORK", "BEGIN"},
                      Row{";BEGIN", "BEGIN"}, Row{"/* trace */ BEGIN", "BEGIN"}, Row{"-- trace\nCOMMIT", "COMMIT"},
                      Row{"/* a /* b */ c */;-- d\n START TRANSACTION", "START TRANSACTION"},
                      Row{"/**/set autocommit = off", "SET AUTOCOMMIT = OFF"},
                      Row{"BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE", "BEGIN"},
                      Row{"START TRANSACTION", "START TRANSACTION"}, Row{"start\n transaction;", "START TRANSACTION"},
                      Row{"COMMIT", "COMMIT"}, Row{"Commit Work", "COMMIT"}, Row{"END", "END"}, Row{"ABORT", "ABORT"},
                      Row{"ROLLBACK", "ROLLBACK"}, Row{"ROLLBACK TO SAVEPOINT a", "ROLLBACK"},
                      Row{"SAVEPOINT a", "SAVEPOINT"}, Row{"RELEASE SAVEPOINT a", "RELEASE SAVEPOINT"},
                      Row{"SET autocommit = off", "SET AUTOCOMMIT = OFF"},
                      Row{"SET AUTOCOMMIT TO OFF", "SET AUTOCOMMIT = OFF"},
                      Row{"set session autocommit=0", "SET AUTOCOMMIT = OFF"},
                      Row{"SET autocommit = 'false'", "SET AUTOCOMMIT = OFF"}));

INSTANTIATE_TEST_SUITE_P(Sent, TransactionStatement,
                         ::testing::Values(Row{"", ""}, Row{"  ", ""}, Row{"SELECT 1", ""}, Row{"beginning", ""},
                                           Row{"BEGIN_1", ""}, Row{"COMMITTED", ""},
                                           Row{"INSERT INTO \"begin\" VALUES (1)", ""}, Row{"START REPLICA", ""},
                                           Row{"SET autocommit = on", ""}, Row{"SET autocommit TO true", ""},
                                           Row{"SET a = 0", ""}, Row{"DO $$ BEGIN; END $$", ""},
                                           Row{"EXPLAIN SELECT 1", ""}, Row{"CREATE TABLE a", ""},
                                           Row{"ALTER TABLE a", ""}, Row{"REVOKE READ", ""}, Row{"SAVE", ""},
                                           Row{"/* BEGIN */ SELECT 1", ""}, Row{"-- BEGIN", ""}, Row{"/* BEGIN", ""}));

TEST(Transactions, are_refused_with_the_reason_and_nothing_is_sent) {
    FakeCluster cluster{1};
    Pool pool{PoolOptions{.dsn = FakeCluster::dsn()}, cluster.components()};

    try {
        pool.execute("BEGIN");
        FAIL() << "it must throw";
    } catch (const Exception& exception) {
        EXPECT_EQ(exception.code(), Errc::unsupported);
        EXPECT_EQ(exception.effect(), Effect::none);
        EXPECT_THAT(exception.what(), HasSubstr("BEGIN was not sent: Picodata has no transactions"));
        EXPECT_THAT(exception.what(), HasSubstr("transaction_statements"));
    }
    EXPECT_EQ(cluster.node(1).sessions_so_far(), 0U);
}

TEST(Transactions, go_through_where_the_option_says_so) {
    FakeCluster cluster{1};
    cluster.node(1).answer("BEGIN", testing::done_answer("BEGIN"));
    Pool pool{PoolOptions{.dsn = FakeCluster::dsn(), .transaction_statements = TransactionStatements::passed},
              cluster.components()};

    EXPECT_EQ(pool.execute("BEGIN").status, "BEGIN");
}

}  // namespace
}  // namespace picoxx
