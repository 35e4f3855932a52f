// Errors that quote data: what a row or a value says decides neither the Effect nor a repetition.
#include "two_replicasets.hpp"

#include <ostream>

namespace picoxx::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::ValuesIn;

/// Each is a text of the server's own that, said by it, would mean something else than `partial`.
const std::vector<std::string> texts{
    "plain words",
    "has been invalidated",
    "Couldn't find statement",
    "storage schema version different from router",
    "sbroad: storage schema version different from router",
    "space metadata for table",
    "already exists",
    "table q already exists",
    "does not exist",
    "rule parsing error",
    "invalid query",
    "Peer closed",
    "Timeout exceeded",
    "Statement storage is full",
    "Duplicate key exists",
    "invalid transaction: transaction rolled-back: ",
};

class QuotedData : public TwoReplicasets, public ::testing::WithParamInterface<std::string> {
protected:
    inline static const std::string update = "UPDATE q SET n = n + 1 WHERE t::int > 0";

    /// A row of i2 that no cast can read.
    static void insert_bad_row() {
        std::string text = GetParam();
        if (const auto at = text.find('\''); at != std::string::npos) text.insert(at, 1, '\'');
        run("UPDATE q SET t = '" + text + "' WHERE id = " + std::to_string(row_of_i2));
    }
    static void expect_partial_and_sent_once(Client& db) {
        const auto before = executed();
        const Error error = error_in([&] { db.execute(update); });

        EXPECT_THAT(error.server_text, HasSubstr("Error on replicaset"));
        EXPECT_THAT(error.server_text, HasSubstr(GetParam()));
        EXPECT_EQ(error.effect, Effect::partial) << describe(error);
        EXPECT_EQ(error.condition(), Condition::type_mismatch);
        EXPECT_FALSE(error.transient());
        EXPECT_EQ(executed() - before, 1U);
        EXPECT_THAT(counts(), Pair(Counts{1}, Counts{0}));
    }
};

TEST_P(QuotedData, of_a_row_leaves_a_write_partial_and_sent_once) {
    Client db = client();
    insert_bad_row();

    expect_partial_and_sent_once(db);
}

TEST_P(QuotedData, of_a_row_leaves_a_prepared_write_partial_and_sent_once) {
    Client db = client();
    prepare(db, update);
    insert_bad_row();

    expect_partial_and_sent_once(db);
}

TEST_P(QuotedData, of_a_value_leaves_what_is_refused_at_bind_unexecuted) {
    Client db = client();
    const auto parses = parsed();
    for (int i = 0; i < 3; ++i) {
        const Error error = error_in([&] { db.execute("UPDATE q SET n = $1::int", GetParam()); });

        EXPECT_EQ(error.sqlstate, "22P02");
        EXPECT_THAT(error.server_text, HasSubstr(GetParam()));
        EXPECT_EQ(error.effect, Effect::none) << describe(error);
        EXPECT_EQ(error.condition(), Condition::invalid_value);
    }
    EXPECT_EQ(counts(), all(0));
    EXPECT_EQ(parsed() - parses, 2U) << "no call was repeated, and what was prepared is kept";
}

INSTANTIATE_TEST_SUITE_P(Texts, QuotedData, ValuesIn(texts),
                         [](const auto& text) { return "text_" + std::to_string(text.index); });

}  // namespace
}  // namespace picoxx::testing
