// Prepared statements whose tables have changed since, or that are told so.
#include "parted_cluster.hpp"

namespace picoxx::testing {
namespace {

using ::testing::ElementsAre;

const std::string stale_text = "sbroad: storage schema version different from router";
const std::string asked_for = "options='pico_stmt_invalidation=true'";
const std::string update_all = "UPDATE t SET n = n + 1";

class StaleStatements : public PartedCluster {
protected:
    void SetUp() override {
        PartedCluster::SetUp();
        fill();
    }
};

TEST_F(StaleStatements, are_invalidated_at_bind_where_the_session_asked_for_it) {
    auto session = client("i1", asked_for);
    ASSERT_TRUE(session.prepare("s", update_all).ok());
    ASSERT_TRUE(session.prepare("one", "SELECT 1").ok());

    cluster().stale_statements("i1");

    for (int i = 0; i < 2; ++i) {
        const auto answer = session.execute("s");
        EXPECT_EQ(answer.sqlstate, "42999");
        EXPECT_EQ(answer.error, "prepared statement s has been invalidated");
    }
    EXPECT_TRUE(session.execute("one").ok()) << "it has no table";
    ASSERT_TRUE(session.prepare("fresh", update_all).ok());
    EXPECT_EQ(session.execute("fresh").tag, "UPDATE 3");
}

TEST_F(StaleStatements, are_told_by_the_storages_text_where_it_did_not) {
    auto session = client("i3");
    ASSERT_TRUE(session.prepare("all", update_all).ok());
    ASSERT_TRUE(session.prepare("here", update_all + " WHERE id = 1").ok());

    cluster().stale_statements("i3");

    EXPECT_EQ(session.execute("all").error, from_storage("default_1", stale_text));
    EXPECT_EQ(session.execute("here").error, stale_text);
    EXPECT_THAT(column("n"), ElementsAre("0", "0", "0"));
    EXPECT_EQ(session.run(update_all).tag, "UPDATE 3") << "a new text is parsed anew";
}

TEST_F(StaleStatements, can_be_half_applied_also_where_invalidation_was_asked_for) {
    auto session = client("i1", asked_for);
    ASSERT_TRUE(session.prepare("s", update_all).ok());

    cluster().stale_statements("i1", {.form = DevErrorForm::storage, .applied_replicasets = 1});

    EXPECT_EQ(session.execute("s").error, from_storage("default_2", stale_text));
    EXPECT_THAT(column("n"), ElementsAre("1", "0", "0"));
}

TEST_F(StaleStatements, come_from_a_real_change_too) {
    auto asking = client("i1", asked_for);
    auto other = client("i3");
    for (auto* session : {&asking, &other}) {
        ASSERT_TRUE(session->prepare("all", update_all).ok());
        ASSERT_TRUE(session->prepare("here", update_all + " WHERE id = 1").ok());
    }

    run("ALTER TABLE t ADD COLUMN more INT");

    EXPECT_EQ(asking.execute("all").sqlstate, "42999");
    EXPECT_EQ(asking.execute("here").sqlstate, "42999");
    EXPECT_EQ(other.execute("all").error, from_storage("default_1", stale_text));
    EXPECT_EQ(other.execute("here").error, stale_text) << "all rows are its own";
    EXPECT_THAT(column("n"), ElementsAre("0", "0", "0"));
}

}  // namespace
}  // namespace picoxx::testing
