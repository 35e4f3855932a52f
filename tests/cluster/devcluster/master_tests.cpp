// Masters that change.
#include "parted_cluster.hpp"

namespace picoxx::testing {
namespace {

using ::testing::ElementsAre;

const std::string read_only =
    "sbroad: invalid transaction: transaction rolled-back: failed to insert space: box error: Readonly: Can't modify "
    "data "
    "on a read-only instance - box.cfg.read_only is true";

class Masters : public PartedCluster {
protected:
    void SetUp() override {
        PartedCluster::SetUp();
        fill();
    }
    void TearDown() override {
        if (master_of_the_second() == "i4") cluster().switch_master("i3");
        PartedCluster::TearDown();
    }
    static std::string master_of_the_second() {
        return run("SELECT current_master_name FROM _pico_replicaset WHERE name = 'default_2'")
            .rows.at(0)
            .at(0)
            .value();
    }
};

TEST_F(Masters, are_switched_in_the_catalogue_and_for_all_nodes) {
    cluster().switch_master("i4");

    EXPECT_EQ(master_of_the_second(), "i4");
    for (const auto* node : {"i1", "i3", "i4"})
        EXPECT_EQ(client(node).run("UPDATE t SET n = n + 1").tag, "UPDATE 3") << node;
    run("INSERT INTO t VALUES (255, 0, 'x')");
    EXPECT_EQ(client("i4").run("INSERT INTO t VALUES (255, 0, 'x')").error.find("sbroad: invalid transaction"), 0U)
        << "the new master answers for itself";
}

TEST_F(Masters, of_whom_a_node_has_not_heard_refuse_its_writes_until_it_has) {
    cluster().switch_master("i4", DevNews::on_command);
    auto old_master = client("i3");
    auto other = client("i1");
    const std::string here = "UPDATE t SET n = n + 1 WHERE id = 1";

    EXPECT_EQ(master_of_the_second(), "i4");
    EXPECT_EQ(old_master.run(here).error, read_only);
    EXPECT_EQ(other.run(here).error, from_storage("default_2", read_only));
    EXPECT_EQ(other.run("UPDATE t SET n = n + 1 WHERE id = 0").tag, "UPDATE 1") << "another replicaset";
    EXPECT_EQ(other.run("SELECT n FROM t WHERE id = 1").tag, "SELECT 1") << "reads go on";
    EXPECT_THAT(column("n"), ElementsAre("1", "0", "0"));

    cluster().learn_masters("i1");
    EXPECT_EQ(other.run(here).tag, "UPDATE 1");
    EXPECT_EQ(old_master.run(here).error, read_only) << "each node learns by itself";
}

TEST_F(Masters, that_refuse_leave_the_other_replicasets_written) {
    cluster().switch_master("i4", DevNews::on_command);

    EXPECT_EQ(client("i1").run("UPDATE t SET n = n + 1").error, from_storage("default_2", read_only));

    EXPECT_THAT(column("n"), ElementsAre("1", "0", "1"));
}

TEST_F(Masters, cannot_be_switched_to_themselves) { EXPECT_THROW(cluster().switch_master("i3"), std::runtime_error); }

}  // namespace
}  // namespace picoxx::testing
