// What a caller is told of his statement: its values, its error, and nothing of a connection that was lost before.
#include "two_replicasets.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <thread>

namespace picoxx::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

class StatementTruth : public TwoReplicasets {
protected:
    static bool is_one_line(std::string_view text) {
        return std::none_of(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; });
    }
    static Error expect_refused(Client& db, const Statement& statement, Effect effect, Condition condition) {
        Error error = error_in([&] { db.execute(statement); });
        EXPECT_EQ(error.code, Errc::server_error);
        EXPECT_EQ(error.effect, effect) << describe(error);
        EXPECT_EQ(error.condition(), condition) << describe(error);
        EXPECT_FALSE(error.transient()) << describe(error);
        return error;
    }
};

TEST_F(StatementTruth, any_number_of_parameters_up_to_65535_works_again_and_again) {
    Client db = client();
    run("CREATE TABLE p (id INT PRIMARY KEY) DISTRIBUTED BY (id)");
    for (const int count : {7498, 7499, 20'000, 65'535}) {
        std::string sql = "INSERT INTO p VALUES ($1)";
        for (int i = 2; i <= count; ++i) sql += ",($" + std::to_string(i) + ")";
        for (int time = 0; time < 4; ++time) {
            Parameters values;
            for (int i = 0; i < count; ++i) values.add(time * count + i);
            EXPECT_EQ(db.execute(StatementView{sql, &values, {}}).affected_rows, static_cast<std::uint64_t>(count));
        }
        const auto found = run("SELECT count(*), min(id), max(id) FROM p").rows.at(0);
        EXPECT_EQ(found.at(0), std::to_string(4 * count));
        EXPECT_EQ(found.at(1), "0");
        EXPECT_EQ(found.at(2), std::to_string(4 * count - 1));
        run("DELETE FROM p");
    }
    run("DROP TABLE p");
}

TEST_F(StatementTruth, a_null_pointer_arrives_as_null) {
    Client db = client();
    const char* const none = nullptr;

    for (int i = 0; i < 2; ++i) EXPECT_TRUE(db.fetch("SELECT $1::text AS v", none).front().is_null(0));
    EXPECT_EQ(db.execute("UPDATE q SET t = $1 WHERE id = 1", none).affected_rows, 1U);

    EXPECT_EQ(run("SELECT id FROM q WHERE t IS NULL").rows.size(), 1U);
}

TEST_F(StatementTruth, an_error_is_one_line_with_the_statement_and_without_its_values) {
    Client db = client();
    const auto text_of = [&](const std::string& sql) {
        try {
            db.execute(sql, "a secret");
        } catch (const Exception& exception) {
            return std::string{exception.what()};
        }
        return std::string{};
    };

    for (const char* sql : {"INSERT INTO missing VALUES ($1,\n 'another')", "SELECT\n $1 FROM\n missing",
                            "SELEC\n\t$1,\n'another'", "UPDATE q\nSET t = 'another' WHERE t = $1 || missing"}) {
        const std::string text = text_of(sql);
        EXPECT_TRUE(is_one_line(text)) << text;
        EXPECT_THAT(text, HasSubstr("XX000"));
        EXPECT_THAT(text, HasSubstr(cluster().node("i1").address));
        EXPECT_THAT(text, Not(HasSubstr("a secret")));
    }
    EXPECT_THAT(text_of("INSERT INTO missing VALUES ($1, 'another')"),
                HasSubstr("statement: INSERT INTO missing VALUES ($1, '...')"));
}

TEST_F(StatementTruth, an_error_carries_the_beginning_of_a_long_statement) {
    Client db = client();
    std::string sql = "SELECT missing";
    while (sql.size() < 2000) sql += ", missing";

    const Error error = error_in([&] { db.execute(sql + " FROM q"); });

    EXPECT_TRUE(error.statement.starts_with("SELECT missing, missing")) << error.statement;
    EXPECT_TRUE(error.statement.ends_with("...")) << error.statement;
    EXPECT_LE(error.statement.size(), 256U + 3U);
    EXPECT_THAT(describe(error), HasSubstr(error.statement));
}

TEST_F(StatementTruth, an_error_says_what_it_is_about) {
    Client db = client("i2");
    cluster().create_user("guest", "T0psecret1");
    std::string guest_dsn = cluster().dsn("i2");
    guest_dsn.replace(guest_dsn.find("admin:T0psecret"), 15, "guest:T0psecret1");
    Client guest{{.dsn = guest_dsn, .pool_size = 1, .enable_discovery = false}};

    const Statement duplicate{"INSERT INTO q VALUES ($1, 0, '1')", row_of_i2};
    for (int i = 0; i < 2; ++i) {
        // i2 is the master of the row, and rolls back; elsewhere, who else took part is not known.
        expect_refused(db, duplicate, Effect::none, Condition::duplicate_key);
        Client elsewhere = client("i1");
        expect_refused(elsewhere, duplicate, Effect::partial, Condition::duplicate_key);
        expect_refused(db, {"INSERT INTO q (id, t) VALUES ($1, 'x')", 30}, Effect::none, Condition::not_null);
        expect_refused(db, "SELECT * FROM missing", Effect::none, Condition::no_such_table);
        expect_refused(db, "INSERT INTO missing VALUES (1)", Effect::none, Condition::no_such_table);
        expect_refused(guest, "SELECT * FROM q", Effect::none, Condition::access_denied);
        expect_refused(guest, add_one, Effect::none, Condition::access_denied);
    }
    EXPECT_EQ(counts(), all(0));
    EXPECT_EQ(run("SELECT id FROM q").rows.size(), 20U);
}

TEST_F(StatementTruth, a_null_in_a_column_that_must_have_a_value_is_told_at_execute_too) {
    Client db = client("i2");
    const Statement update{"UPDATE q SET n = $1::int WHERE id = $2", std::optional<int>{}, row_of_i2};

    for (int i = 0; i < 2; ++i) expect_refused(db, update, Effect::none, Condition::not_null);

    EXPECT_EQ(counts(), all(0));
}

TEST_F(StatementTruth, an_error_says_whether_waiting_helps) {
    Client db = client();
    cluster().fail_next("i1",
                        {.text = "sbroad: TableNotOperable: table q cannot be modified now as DDL operation is in "
                                 "progress on it"});
    const Error changing = error_in([&] { db.execute(add_one); });
    EXPECT_TRUE(changing.transient());
    EXPECT_EQ(changing.condition(), Condition::cluster_changing);
    EXPECT_EQ(changing.effect, Effect::none);

    cluster().refuse("i1");
    Client late = client();
    const Error refused = error_in([&] { late.execute(add_one); });
    cluster().accept("i1");
    EXPECT_EQ(refused.code, Errc::connect_failed);
    EXPECT_TRUE(refused.transient());
    EXPECT_EQ(refused.condition(), Condition::none);
    EXPECT_EQ(counts(), all(0));
}

// A connection used within the last millisecond is trusted without a look.
void let_the_connections_be_looked_at() {
    const TimePoint later = Clock::now() + 2ms;
    while (Clock::now() < later) std::this_thread::yield();
}

TEST_F(StatementTruth, sessions_that_ended_between_two_calls_cost_the_next_one_nothing) {
    Client db = client();
    prepare(db, add_one);
    for (std::int64_t n = 1; n <= 3; ++n) {
        cluster().drop_sessions("i1");
        let_the_connections_be_looked_at();

        EXPECT_EQ(db.execute(add_one).affected_rows, 20U);
        EXPECT_EQ(counts(), all(n));
    }
}

TEST_F(StatementTruth, a_node_that_stopped_between_two_calls_costs_the_next_ones_nothing) {
    Client db{{.dsn = cluster().dsn(), .pool_size = 4}};
    db.connect({.min_ready = 4});
    for (int i = 0; i < 8; ++i) db.execute("SELECT 1");
    cluster().stop("i2");
    let_the_connections_be_looked_at();

    for (int i = 0; i < 8; ++i) EXPECT_EQ(db.fetch("SELECT 1").size(), 1U);

    cluster().start("i2");
}

}  // namespace
}  // namespace picoxx::testing
