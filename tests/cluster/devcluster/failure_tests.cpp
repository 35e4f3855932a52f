// Failures on command.
#include "parted_cluster.hpp"

namespace picoxx::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

class Failures : public PartedCluster {};

TEST_F(Failures, meet_the_next_statement_of_the_node_and_only_that) {
    fill();
    auto session = client("i1");
    auto elsewhere = client("i2");
    cluster().fail_next("i1", {.text = "Peer closed", .sqlstate = "08006"});

    EXPECT_TRUE(elsewhere.run("UPDATE t SET n = 1").ok());
    const auto answer = session.run("UPDATE t SET n = 2");
    EXPECT_EQ(answer.sqlstate, "08006");
    EXPECT_EQ(answer.error, "Peer closed");
    EXPECT_THAT(column("n"), ElementsAre("1", "1", "1")) << "nothing was applied";
    EXPECT_EQ(session.run("UPDATE t SET n = 3").tag, "UPDATE 3");
}

TEST_F(Failures, can_come_after_some_replicasets_have_applied_their_part) {
    fill();
    auto session = client("i1");

    cluster().fail_next("i1", {.text = "half", .applied_replicasets = 2});
    EXPECT_EQ(session.run("UPDATE t SET n = n + 1").error, "half");
    EXPECT_THAT(column("n"), ElementsAre("1", "1", "0"));

    cluster().fail_next("i1", {.text = "lost", .applied_replicasets = FailNext::everything});
    EXPECT_EQ(session.run("INSERT INTO t VALUES (255, 5, 'y'), (31, 5, 'y')").error, "lost");
    EXPECT_EQ(run("SELECT id FROM t WHERE n = 5").rows.size(), 2U);

    cluster().fail_next("i1", {.text = "half", .applied_replicasets = 1});
    EXPECT_FALSE(session.run("DELETE FROM t WHERE n = 5").ok());
    EXPECT_EQ(run("SELECT id FROM t WHERE n = 5").rows.at(0).at(0), "255") << "31 is in the first replicaset";
}

TEST_F(Failures, blame_the_first_replicaset_that_has_not_applied_its_part) {
    fill();
    auto session = client("i1");
    const std::string update = "UPDATE t SET n = n + 1";

    cluster().fail_next("i1", {.form = DevErrorForm::storage, .text = "sbroad: \"bad\"", .applied_replicasets = 1});
    EXPECT_EQ(session.run(update).error, from_storage("default_2", R"(sbroad: \"bad\")"));
    cluster().fail_next("i1", {.form = DevErrorForm::replicaset, .text = "retry is required"});
    EXPECT_EQ(session.run(update).error, from_replicaset("default_1", "retry is required"));
}

TEST_F(Failures, of_the_placed_form_are_wrapped_unless_the_node_owns_all_rows) {
    fill();
    const FailNext failure{.form = DevErrorForm::placed, .text = "sbroad: bad"};
    const std::string by_key = "UPDATE t SET n = n + 1 WHERE id = 1";

    for (const auto* node : {"i1", "i3"}) cluster().fail_next(node, failure);
    EXPECT_EQ(client("i3").run(by_key).error, "sbroad: bad");
    EXPECT_EQ(client("i1").run(by_key).error, from_storage("default_2", "sbroad: bad"));
    cluster().fail_next("i3", failure);
    EXPECT_THAT(client("i3").run("UPDATE t SET n = 1").error, StartsWith("sbroad: box error: ProcLua"));
}

TEST_F(Failures, can_be_repeated_and_be_kept_for_certain_statements) {
    auto session = client("i1");
    cluster().fail_next("i1", {.text = "no", .times = 2, .containing = "SELECT 2"});

    EXPECT_TRUE(session.run("SELECT 1").ok());
    EXPECT_FALSE(session.run("SELECT 2").ok());
    EXPECT_FALSE(session.run("SELECT 2 AS two").ok());
    EXPECT_TRUE(session.run("SELECT 2").ok());
}

TEST_F(Failures, can_come_at_parse_or_bind) {
    auto session = client("i1");

    cluster().fail_next("i1", {.text = "at Parse", .sqlstate = "42601", .stage = DevStage::parse});
    EXPECT_EQ(session.prepare("s", "SELECT 1").error, "at Parse");
    ASSERT_TRUE(session.prepare("s", "SELECT 1").ok()) << "it was not registered";
    cluster().fail_next("i1", {.text = "at Bind", .sqlstate = "42999", .stage = DevStage::bind});
    const auto answer = session.execute("s");
    EXPECT_EQ(answer.sqlstate, "42999");
    EXPECT_EQ(answer.error, "at Bind");
    EXPECT_TRUE(session.execute("s").ok());
}

TEST_F(Failures, of_global_tables_and_ddl_come_before_everything_or_after_it) {
    run("CREATE TABLE g (id INT PRIMARY KEY, n INT) DISTRIBUTED GLOBALLY");
    auto session = client("i1");

    cluster().fail_next("i1", {.text = "before"});
    EXPECT_FALSE(session.run("INSERT INTO g VALUES (1, 1)").ok());
    EXPECT_EQ(run("SELECT * FROM g").rows.size(), 0U);
    cluster().fail_next("i1", {.text = "after", .applied_replicasets = 1});
    EXPECT_FALSE(session.run("INSERT INTO g VALUES (1, 1), (2, 2)").ok());
    EXPECT_EQ(run("SELECT * FROM g").rows.size(), 2U);

    cluster().fail_next("i1", {.text = "after", .applied_replicasets = 1});
    EXPECT_FALSE(session.run("DROP TABLE g").ok());
    EXPECT_THROW(run("SELECT * FROM g"), std::runtime_error);
}

TEST_F(Failures, can_be_taken_back) {
    auto session = client("i1");
    cluster().fail_next("i1", {.text = "no"});
    cluster().forget_failures("i1");

    EXPECT_TRUE(session.run("SELECT 1").ok());
}

}  // namespace
}  // namespace picoxx::testing
