// Statements that the server refuses: at Parse, because its store is full, or after it has executed them.
#include "two_replicasets.hpp"

namespace picoxx::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Pair;

const std::string create = "CREATE TABLE made (id INT PRIMARY KEY) DISTRIBUTED BY (id)";

/// What the server says at Parse, of a definition or of a write.
const std::vector<std::string> parse_errors{
    "sbroad: several fields have the same name",
    "sbroad: unique index for the sharded table must include all sharding key columns",
    "sbroad: no field with name 'x'",
    "sbroad: unsupported DDL",
    "password is too short: expected at least 8, got 1",
    "invalid password: password should contain at least one digit",
    "sbroad: invalid ACL",
    "unknown parameter: 'nope'",
    "invalid value for 'pg_portal_max'",
    "Error while discovering manifest for plugin p",
    "PluginError: no such plugin `p:1`",
    "sbroad: could not determine data type of parameter $1",
    "sbroad: unsupported type",
    "sbroad: invalid routine",
    "sbroad: duplicated value: column",
    "sbroad: failed to update column: system column",
    "sbroad: subquery must return only one column",
    "sbroad: transaction queries have different buckets: [2426] and [1860]",
    "sbroad: transaction cannot be executed on all buckets",
    "sbroad: QUERY statements must return",
    "sbroad: cannot modify global table",
    "words that picoxx has never read",
    "Peer closed",
};

class RefusedStatement : public TwoReplicasets {
protected:
    void TearDown() override {
        run("ALTER SYSTEM RESET pg_statement_max");
        run("DROP TABLE IF EXISTS made");
        TwoReplicasets::TearDown();
    }
    // Three calls with different texts in turn, three times.
    static void expect_all_to_work(Client& db) {
        for (int i = 0; i < 3; ++i) {
            for (const char* value : {"1", "2", "3"}) {
                const std::string sql = std::string{"SELECT "} + value + " AS v";
                EXPECT_EQ(db.fetch(sql).front().get<std::int64_t>(0), std::stoll(value));
            }
        }
    }
};

TEST_F(RefusedStatement, at_parse_was_not_executed_whatever_the_text_and_whether_it_is_prepared) {
    for (const std::string& text : parse_errors) {
        for (const std::string& sql : {add_one, create}) {
            Client db = client();
            db.connect();
            const auto before = executed();
            // The first time it is sent as text, the second time it is prepared.
            for (const char* when : {"as text", "prepared"}) {
                cluster().fail_next("i1", {.text = text, .stage = DevStage::parse});
                const Error error = error_in([&] { db.execute(sql); });
                EXPECT_EQ(error.server_text, text);
                EXPECT_EQ(error.effect, Effect::none) << when << ": " << describe(error);
            }
            EXPECT_EQ(executed(), before);
        }
    }
    EXPECT_EQ(counts(), all(0));
    EXPECT_EQ(client().execute(create).status, "CREATE TABLE") << "it was never made";
}

TEST_F(RefusedStatement, by_the_servers_own_checks_was_not_executed_the_first_time_and_the_second) {
    Client db = client();
    for (const char* sql :
         {"SELEKT 1", "UPDATE missing SET n = 1", "UPDATE q SET missing = 1", "INSERT INTO q VALUES (30)",
          "INSERT INTO q VALUES (30, 'text', 'x')", "DELETE FROM q WHERE id = n || 1", "DROP TABLE missing",
          "CREATE TABLE q (id INT PRIMARY KEY)", "DROP USER nobody", "ALTER TABLE q RENAME COLUMN missing TO m"}) {
        for (int i = 0; i < 2; ++i) {
            const Error error = error_in([&] { db.execute(sql); });
            EXPECT_EQ(error.code, Errc::server_error) << sql;
            EXPECT_EQ(error.effect, Effect::none) << describe(error);
            EXPECT_NE(error.condition(), Condition::other) << describe(error);
            EXPECT_FALSE(error.transient()) << describe(error);
        }
    }
    EXPECT_EQ(counts(), all(0));
}

TEST_F(RefusedStatement, for_a_full_store_is_executed_after_one_of_ones_own_was_closed) {
    Client db = client();
    db.connect();
    run("ALTER SYSTEM SET pg_statement_max = 3");

    expect_all_to_work(db);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(db.execute(add_one).affected_rows, 20U);

    EXPECT_EQ(counts(), all(3)) << "a write is not executed twice for it";
    expect_all_to_work(db);
}

TEST_F(RefusedStatement, for_a_store_that_others_filled_was_not_executed_and_may_be_later) {
    Client other = client();
    for (int i = 0; i < 2; ++i) {
        for (const char* sql : {"SELECT 1", "SELECT 2"}) other.execute(sql);
    }
    Client db = client();
    db.connect();
    run("ALTER SYSTEM SET pg_statement_max = 2");

    for (int i = 0; i < 3; ++i) {
        const Error error = error_in([&] { db.execute(add_one); });
        EXPECT_EQ(error.effect, Effect::none) << describe(error);
        EXPECT_EQ(error.condition(), Condition::statement_store_full);
        EXPECT_TRUE(error.transient());
    }
    other.terminate();
    run("ALTER SYSTEM SET pg_statement_max = 100");
    EXPECT_EQ(db.execute(add_one).affected_rows, 20U);
    EXPECT_EQ(counts(), all(1));
}

// Picodata answers so where it has executed the statement and cannot send a value of the result.
TEST_F(RefusedStatement, with_0A000_may_have_been_executed) {
    const std::string text = "feature is not supported: Ext(1, 2) cannot be represented as a value of type Float8";
    Client db = client();
    for (std::int64_t times = 1; times <= 3; ++times) {
        cluster().fail_next(
            "i1", {.text = text, .sqlstate = "0A000", .applied_replicasets = FailNext::everything, .times = 1});
        const Error error = error_in([&] { db.execute(add_one); });
        EXPECT_EQ(error.effect, Effect::partial) << describe(error);
        EXPECT_EQ(error.condition(), Condition::unsupported);
        EXPECT_EQ(counts(), all(times)) << "it is not sent again";
    }
}

TEST_F(RefusedStatement, in_one_of_two_replicasets_has_changed_the_other) {
    Client db = client();
    for (const char* text : {"retry is required: DML was sent to the replica during master switchover",
                             "Readonly: Can't modify data on a read-only instance - box.cfg.read_only is true"}) {
        run("UPDATE q SET n = 0");
        cluster().fail_next("i1", {.form = DevErrorForm::replicaset, .text = text, .applied_replicasets = 1});
        const auto before = executed();

        const Error error = error_in([&] { db.execute(add_one); });

        EXPECT_EQ(error.effect, Effect::partial) << describe(error);
        EXPECT_TRUE(error.transient()) << describe(error);
        EXPECT_EQ(executed() - before, 1U);
        EXPECT_THAT(counts(), Pair(Counts{1}, Counts{0}));
    }
}

}  // namespace
}  // namespace picoxx::testing
