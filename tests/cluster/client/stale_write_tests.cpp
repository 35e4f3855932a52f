// Writes over several replicasets that meet a change of the schema: what was applied is never applied twice.
#include "two_replicasets.hpp"

#include <libpq-fe.h>

#include <atomic>
#include <cstdint>
#include <thread>

namespace picoxx::testing {
namespace {

using ::testing::Pair;

// A session that decides against being told at Bind that a statement is stale.
const std::string not_asking = "?options=pico_stmt_invalidation%3Dfalse";
const DevStaleness half_applied{.form = DevErrorForm::storage, .applied_replicasets = 1};

// Closing a prepared statement is a statement of its own, DEALLOCATE, until libpq has a message for it.
std::uint64_t closings_parsed() { return PQlibVersion() >= 170'000 ? 0 : 1; }

class StaleWrite : public TwoReplicasets {};

TEST_F(StaleWrite, that_one_replicaset_applied_is_partial_and_not_sent_again_even_if_idempotent) {
    for (const auto idempotence : {Idempotence::no, Idempotence::yes}) {
        Client db = client();
        const Statement update = Statement{add_one}.with({.idempotence = idempotence});
        prepare(db, update);
        cluster().stale_statements("i1", half_applied);
        const auto before = executed();

        const Error error = error_in([&] { db.execute(update); });

        EXPECT_EQ(error.code, Errc::server_error);
        EXPECT_EQ(error.effect, Effect::partial) << describe(error);
        EXPECT_EQ(error.condition(), Condition::stale_plan);
        EXPECT_TRUE(error.transient());
        EXPECT_EQ(executed() - before, 1U);
        EXPECT_THAT(counts(), Pair(Counts{1}, Counts{0}));
        cluster().forget_failures("i1");
    }
}

TEST_F(StaleWrite, that_failed_is_prepared_anew_by_the_next_call) {
    Client db = client();
    prepare(db, add_one);
    cluster().stale_statements("i1", half_applied);
    ASSERT_EQ(error_in([&] { db.execute(add_one); }).effect, Effect::partial);

    EXPECT_EQ(db.execute(add_one).affected_rows, 20U);

    EXPECT_THAT(counts(), Pair(Counts{2}, Counts{1}));
}

TEST_F(StaleWrite, is_told_at_bind_since_the_client_asks_for_it_and_repeated_silently) {
    Client db = client();
    prepare(db, add_one);
    cluster().stale_statements("i1");
    const auto before = parsed();

    EXPECT_EQ(db.execute(add_one).affected_rows, 20U);

    EXPECT_EQ(counts(), all(1));
    EXPECT_EQ(parsed() - before, 1 + closings_parsed())
        << "the statement, and with libpq before 17 the closing of what was prepared";
}

TEST_F(StaleWrite, is_partial_where_the_user_asked_not_to_be_told_at_bind) {
    Client db = client("i1", not_asking);
    prepare(db, add_one);
    cluster().stale_statements("i1");
    const auto before = executed();

    const Error error = error_in([&] { db.execute(add_one); });

    EXPECT_EQ(error.effect, Effect::partial) << describe(error);
    EXPECT_EQ(executed() - before, 1U);
    EXPECT_EQ(counts(), all(0)) << "here nothing was applied; the answer does not say so";
}

TEST_F(StaleWrite, is_repeated_silently_where_the_master_of_all_its_rows_refused_it) {
    Client db = client("i2", not_asking);
    const Statement update{add_one + " WHERE id = $1", row_of_i2};
    prepare(db, update);
    cluster().stale_statements("i2");
    const auto before = executed("i2");

    EXPECT_EQ(db.execute(update).affected_rows, 1U);

    EXPECT_EQ(executed("i2") - before, 2 + closings_parsed())
        << "refused at Execute; executed; with libpq before 17 the closing of what was prepared";
    EXPECT_EQ(run("SELECT n FROM q WHERE id = 1").rows.at(0).at(0), "1");
    EXPECT_EQ(run("SELECT id FROM q WHERE n > 0").rows.size(), 1U);
}

TEST_F(StaleWrite, leaves_the_rows_even_while_another_client_adds_columns) {
    constexpr int columns = 12;
    Client db = client();
    prepare(db, add_one);
    std::atomic<std::int64_t> succeeded{0};
    std::atomic<bool> columns_added{false};
    std::thread other{[&] {
        Client ddl = client("i2");
        for (int i = 0; i < columns; ++i) {
            ddl.execute("ALTER TABLE q ADD COLUMN c" + std::to_string(i) + " INT");
            for (const std::int64_t before = succeeded; succeeded == before;) std::this_thread::yield();
        }
        columns_added = true;
    }};

    int in_doubt = 0;
    while (!columns_added) {
        const Error error = error_in([&] { db.execute(add_one); });
        if (error.code == Errc::ok) {
            ++succeeded;
        } else {
            ++in_doubt;
            EXPECT_EQ(error.effect, Effect::partial) << describe(error);
        }
    }
    other.join();

    EXPECT_EQ(counts(), all(succeeded)) << "nothing was applied twice, in neither of the two";
    EXPECT_LE(in_doubt, columns);
}

}  // namespace
}  // namespace picoxx::testing
