// The same logic against a development cluster: what the fakes were told to answer is what comes over the wire.
#include "warehouse.hpp"

#include <picoxx/picoxx.hpp>
#include <picoxx/testing/dev_cluster.hpp>

#include <gtest/gtest.h>

namespace {

// [cluster]
class WarehouseOnCluster : public testing::Test {
protected:
    WarehouseOnCluster() {
        cluster.run_sql(R"(CREATE TABLE "reservations" (item INTEGER NOT NULL, customer TEXT NOT NULL,
                           PRIMARY KEY (item)) OPTION (TIMEOUT = 3.0))");
    }

    picoxx::testing::DevCluster cluster{{.nodes = 2}};
};

TEST_F(WarehouseOnCluster, an_answer_cut_off_leaves_a_doubt_that_a_look_settles) {
    picoxx::Pool pool{{.dsn = cluster.dsn("i1")}};
    pool.connect();
    Warehouse warehouse{pool};

    cluster.cut("i1", 6);  // bytes, then the connection ends
    EXPECT_EQ(warehouse.reserve(1, "Ada"), Warehouse::Reservation::in_doubt);

    EXPECT_EQ(warehouse.reserved_by(1), "Ada") << "it had been made";
    EXPECT_EQ(cluster.run_sql(R"(SELECT * FROM "reservations")").rows.size(), 1U);
}
// [cluster]

TEST_F(WarehouseOnCluster, an_item_can_be_reserved_once) {
    picoxx::Client client{cluster.dsn()};
    Warehouse warehouse{client};

    EXPECT_EQ(warehouse.reserve(1, "Ada"), Warehouse::Reservation::made);
    EXPECT_EQ(warehouse.reserve(1, "Bob"), Warehouse::Reservation::taken);
    EXPECT_EQ(warehouse.reserved_by(1), "Ada");
    EXPECT_EQ(warehouse.reserved_by(2), "");
}

TEST_F(WarehouseOnCluster, a_cluster_that_is_down_is_for_later) {
    for (const auto& node : cluster.nodes()) cluster.kill(node.name);
    picoxx::Client client{cluster.dsn()};
    int pauses = 0;
    Warehouse warehouse{client, [&](std::chrono::milliseconds) { ++pauses; }};

    EXPECT_EQ(warehouse.reserve(1, "Ada"), Warehouse::Reservation::too_busy);
    EXPECT_EQ(pauses, 2);
}

}  // namespace
