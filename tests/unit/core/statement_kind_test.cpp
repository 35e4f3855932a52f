#include "sql/statement_kind.hpp"

#include <gtest/gtest.h>

namespace picoxx {
namespace {

TEST(StatementKind, is_told_by_the_first_word) {
    for (const char* sql : {"SELECT 1", "  select 1", "(SELECT 1)", "WITH a AS (SELECT 1) SELECT * FROM a",
                            "VALUES (1)", "explain SELECT 1", ""}) {
        EXPECT_EQ(statement_kind(sql), StatementKind::read) << sql;
    }
    for (const char* sql : {"INSERT INTO t VALUES (1)", "update t SET a = 1", "\n DELETE FROM t", "TRUNCATE t",
                            "DO $$ BEGIN END $$", "CALL p()"}) {
        EXPECT_EQ(statement_kind(sql), StatementKind::write) << sql;
    }
    for (const char* sql : {"CREATE TABLE t (id INT PRIMARY KEY)", "DROP TABLE t", "ALTER SYSTEM SET a = 1", "selects",
                            "BEGIN", "within", "explained", "insert_1", "do1"}) {
        EXPECT_EQ(statement_kind(sql), StatementKind::define) << sql;
    }
}

TEST(StatementKind, is_told_by_the_first_word_behind_comments) {
    for (const char* sql : {"/* trace */ SELECT 1", "-- trace\nSELECT 1", "/**/SELECT 1",
                            " /* a /* b */ c */\n-- d\r\n(/* e */ SELECT 1)", "/*/* a */*/SELECT 1",
                            "/* INSERT */ SELECT 1", "-- nothing else", "/* nothing else */"}) {
        EXPECT_EQ(statement_kind(sql), StatementKind::read) << sql;
    }
    EXPECT_EQ(statement_kind("/* SELECT */ INSERT INTO t VALUES (1)"), StatementKind::write);
    EXPECT_EQ(statement_kind("-- SELECT\nDELETE FROM t"), StatementKind::write);
    EXPECT_EQ(statement_kind("/* SELECT */ DROP TABLE t"), StatementKind::define);
}

TEST(StatementKind, a_with_or_an_explained_execution_that_changes_rows_is_a_write) {
    for (const char* sql :
         {"WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", "with a as (delete from t returning id) SELECT 1",
          "WITH a AS (SELECT $1) UPDATE t SET n = $2", "EXPLAIN ANALYZE INSERT INTO t VALUES (1)",
          "explain (analyze, verbose) delete from t", "WITH a AS (SELECT 1) /* c */ TRUNCATE t"}) {
        EXPECT_EQ(statement_kind(sql), StatementKind::write) << sql;
    }
    for (const char* sql :
         {"EXPLAIN INSERT INTO t VALUES (1)", "EXPLAIN (RAW) UPDATE t SET a = 1", "EXPLAIN ANALYZE SELECT 1"}) {
        EXPECT_EQ(statement_kind(sql), StatementKind::read) << sql;
    }
}

TEST(StatementKind, is_not_told_by_what_is_quoted) {
    for (const char* sql :
         {"WITH a AS (SELECT 'INSERT') SELECT 1", "WITH a AS (SELECT 'it''s DELETE') SELECT 1",
          "WITH \"update\" AS (SELECT 1) SELECT 1", "WITH a AS (SELECT $$ INSERT $$) SELECT 1",
          "WITH a AS (SELECT $q$ $$ INSERT $q$) SELECT 1", "WITH a AS (SELECT 1) /* DELETE */ SELECT 1",
          "WITH a AS (SELECT 1) -- DELETE\nSELECT 1", "WITH a AS (SELECT updated, _insert, deleteé) SELECT 1",
          "EXPLAIN (RAW) SELECT 'ANALYZE DELETE'", "EXPLAIN DELETE FROM \"analyze\""}) {
        EXPECT_EQ(statement_kind(sql), StatementKind::read) << sql;
    }
    EXPECT_EQ(statement_kind("WITH a AS (SELECT $1 || '$') DELETE FROM t WHERE c = '$'"), StatementKind::write);
    EXPECT_EQ(statement_kind("WITH a AS (SELECT $1$2) DELETE FROM t"), StatementKind::write) << "$1$ is no tag";
}

TEST(StatementKind, is_left_open_by_what_is_no_whole_comment) {
    for (const char* sql : {"/* SELECT 1", "/* /* */ SELECT 1", "/*/ SELECT 1", "/", "-", "/ SELECT 1", "- SELECT 1"}) {
        EXPECT_EQ(statement_kind(sql), StatementKind::define) << sql;
    }
}

}  // namespace
}  // namespace picoxx
