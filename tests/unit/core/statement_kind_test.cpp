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
    for (const char* sql :
         {"CREATE TABLE t (id INT PRIMARY KEY)", "DROP TABLE t", "ALTER SYSTEM SET a = 1", "selects", "BEGIN"}) {
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

TEST(StatementKind, is_left_open_by_what_is_no_whole_comment) {
    for (const char* sql : {"/* SELECT 1", "/* /* */ SELECT 1", "/*/ SELECT 1", "/", "-", "/ SELECT 1", "- SELECT 1"}) {
        EXPECT_EQ(statement_kind(sql), StatementKind::define) << sql;
    }
}

}  // namespace
}  // namespace picoxx
