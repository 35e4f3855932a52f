// What a write leaves behind that fails in one of several replicasets, and how the error comes back.
#include "parted_cluster.hpp"

namespace picoxx::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class Writes : public PartedCluster {};

const std::string rolled_back = "sbroad: invalid transaction: transaction rolled-back: failed to insert space: ";

TEST_F(Writes, over_several_replicasets_are_counted_together) {
    auto session = client("i1");

    EXPECT_EQ(session.run("INSERT INTO t VALUES (0, 1, 'a'), (1, 1, 'b'), (127, 1, 'c')").tag, "INSERT 0 3");
    EXPECT_EQ(session.run("UPDATE t SET n = n + 1").tag, "UPDATE 3");
    EXPECT_THAT(column("n"), ElementsAre("2", "2", "2"));
    EXPECT_EQ(session.run("DELETE FROM t WHERE id = 0 OR id = 1").tag, "DELETE 2");
    EXPECT_THAT(column("id"), ElementsAre(third));
}

TEST_F(Writes, a_duplicate_takes_back_its_own_replicasets_rows_only) {
    run("INSERT INTO t VALUES (1, 0, 'old')");
    auto session = client("i1");

    const auto answer = session.run("INSERT INTO t VALUES (0, 1, 'a'), (255, 1, 'b'), (1, 1, 'new'), (127, 1, 'c')");

    EXPECT_EQ(answer.sqlstate, "XX000");
    const auto table = run("SELECT id FROM _pico_table WHERE name = 't'").rows.at(0).at(0).value();
    EXPECT_EQ(answer.error,
              from_storage("default_2", rolled_back + R"(TupleFound: Duplicate key exists in unique index \")" + table +
                                            R"(_pkey\" in space \"t\" with old tuple - [1, 1934, 0, \"old\"])"
                                            R"( and new tuple - [1, 1934, 1, \"new\"])"));
    EXPECT_THAT(column("s"), ElementsAre("a", "old", "c")) << "255 shares the replicaset of 1";
}

TEST_F(Writes, every_other_replicaset_keeps_its_part_where_two_fail) {
    run("INSERT INTO t VALUES (0, 0, 'old'), (127, 0, 'old')");
    auto session = client("i1");

    const auto answer = session.run("INSERT INTO t VALUES (127, 1, 'new'), (1, 1, 'b'), (0, 1, 'new')");

    EXPECT_THAT(answer.error, HasSubstr("with old tuple - [0, 84,")) << "the first replicaset is blamed";
    EXPECT_THAT(column("s"), ElementsAre("old", "b", "old"));
}

TEST_F(Writes, to_one_replicaset_are_one_transaction) {
    run("INSERT INTO t VALUES (1, 0, 'old')");
    auto session = client("i3");

    const auto answer = session.run("INSERT INTO t VALUES (255, 1, 'b'), (1, 1, 'new')");

    EXPECT_FALSE(answer.ok());
    EXPECT_THAT(column("s"), ElementsAre("old"));
}

TEST_F(Writes, an_error_of_the_master_that_owns_all_rows_has_the_local_form) {
    run("INSERT INTO t VALUES (1, 0, 'old')");
    const std::string insert = "INSERT INTO t VALUES (255, 1, 'b'), (1, 1, 'new')";

    EXPECT_THAT(client("i3").run(insert).error, StartsWith(rolled_back + "TupleFound: Duplicate key exists"));
    EXPECT_THAT(client("i1").run(insert).error, HasSubstr("Error on replicaset"));
    EXPECT_THAT(client("i4").run(insert).error, HasSubstr("Error on replicaset")) << "a replica is not the master";
}

TEST_F(Writes, by_key_go_to_the_keys_replicaset) {
    fill();
    const std::string failing = " SET n = 1 / (n - n) WHERE ";

    for (const std::string key : {"id = 1", "1 = t.id", "n = 0 AND id = 1", "id IN (1, 255)", "id = 1::int"}) {
        EXPECT_EQ(client("i3").run("UPDATE t" + failing + key).error,
                  "sbroad: Failed to execute SQL statement: division by zero")
            << key;
    }
    for (const std::string open : {"id > 0", "id = 1 OR n = 7", "id = 1 AND n = 0 OR n = 7", "id = 1 + 0", "n = 0"}) {
        EXPECT_THAT(client("i3").run("UPDATE t" + failing + open).error, StartsWith("sbroad: box error: ProcLua"))
            << open;
    }
}

TEST_F(Writes, a_cast_that_meets_text_in_one_replicaset_quotes_it_and_leaves_the_others_updated) {
    for (const std::string text :
         {"has been invalidated", "Couldn't find statement", "already exists", "Peer closed"}) {
        run("DELETE FROM t");
        run("INSERT INTO t VALUES (0, 0, '5'), (127, 0, '5')");
        auto filler = client("i1");
        ASSERT_TRUE(filler.run("INSERT INTO t VALUES (1, 0, $1)", {text}).ok());
        auto session = client("i1");

        const auto answer = session.run("UPDATE t SET n = n + 1 WHERE s::int > 0");

        EXPECT_EQ(answer.error, from_storage("default_2", "sbroad: Type mismatch: can not convert string('" + text +
                                                              "') to integer"));
        EXPECT_THAT(column("n"), ElementsAre("1", "0", "1")) << text;
    }
}

TEST_F(Writes, a_cast_quotes_the_whole_text_also_with_quotation_marks) {
    auto session = client("i3");
    ASSERT_TRUE(session.run("INSERT INTO t VALUES (1, 0, $1)", {R"(say "x": "y")"}).ok());

    EXPECT_EQ(session.run("UPDATE t SET n = 1 WHERE id = 1 AND s::int > 0").error,
              R"(sbroad: Type mismatch: can not convert string('say "x": "y"') to integer)");
}

TEST_F(Writes, a_cast_names_the_type_as_the_storage_does) {
    fill();
    auto session = client("i3");
    for (const std::string type : {"integer", "decimal", "uuid", "boolean", "double"}) {
        EXPECT_EQ(session.run("UPDATE t SET n = 1 WHERE id = 1 AND s::" + type + " IS NOT NULL").error,
                  "sbroad: Type mismatch: can not convert string('x') to " + type);
    }
}

TEST_F(Writes, a_null_where_none_may_be_and_a_division_by_zero_quote_nothing) {
    fill();
    auto session = client("i1");

    const auto null = session.run("UPDATE t SET n = CASE WHEN id = 1 THEN NULL ELSE 7 END");
    EXPECT_EQ(null.error,
              from_storage("default_2", rolled_back + "box error: FieldType: Tuple field 3 (n) type does not match one "
                                                      "required by operation: expected integer, got nil"));
    EXPECT_THAT(column("n"), ElementsAre("7", "0", "7"));

    const auto division = session.run("DELETE FROM t WHERE 10 / n > 0");
    EXPECT_EQ(division.error, from_storage("default_2", "sbroad: Failed to execute SQL statement: division by zero"));
    EXPECT_THAT(column("n"), ElementsAre("0"));
}

TEST_F(Writes, to_a_global_table_are_all_or_nothing) {
    run("CREATE TABLE g (id INT PRIMARY KEY, n INT NOT NULL) DISTRIBUTED GLOBALLY");
    run("INSERT INTO g VALUES (1, 0)");
    const std::string insert = "INSERT INTO g VALUES (0, 0), (127, 0), (1, 0)";

    EXPECT_THAT(client("i1").run(insert).error, StartsWith("box error: TupleFound: Duplicate key"))
        << "the raft leader";
    EXPECT_THAT(client("i2").run(insert).error, StartsWith("server responded with error: TupleFound: Duplicate key"));
    EXPECT_THAT(client("i2").run("UPDATE g SET n = NULL").error,
                StartsWith("server responded with error: FieldType: "));
    EXPECT_EQ(run("SELECT id FROM g").rows.size(), 1U);
}

TEST_F(Writes, a_bad_parameter_is_quoted_at_bind_and_runs_nowhere) {
    auto session = client("i1");
    ASSERT_TRUE(session.prepare("s", "INSERT INTO t VALUES ($1, 0, 'x')").ok());

    const auto answer = session.execute("s", {"Peer closed"});

    EXPECT_EQ(answer.sqlstate, "22P02");
    EXPECT_EQ(answer.error, "failed to bind parameter $1: decoding error: 'Peer closed' is not a valid int8");
    EXPECT_THAT(column("id"), IsEmpty());
}

}  // namespace
}  // namespace picoxx::testing
