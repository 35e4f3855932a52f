#include "pool/standing.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>

namespace picoxx {
namespace {

using namespace std::chrono_literals;

// A node of the topology with room, in a pool with room; its login was just accepted.
class StandingTest : public ::testing::Test {
protected:
    StandingTest() {
        node.origin = PoolNode::Origin::topology;
        node.has_fresh_password = true;
        pool = {.now = TimePoint{} + 1h, .max_per_node = 4, .has_topology = true};
    }
    void give_idle() { node.idle.put(std::make_unique<Connection>(node, nullptr, "", 1)); }
    [[nodiscard]] Standing at(Level level, const Donors& donors = {}) const {
        return standing(node, pool, level, donors);
    }

    PoolNode node;
    PoolState pool;
};

TEST_F(StandingTest, a_node_with_room_can_serve) { EXPECT_EQ(at(Level::healthy), Standing::ready); }

TEST_F(StandingTest, a_node_at_its_limit_is_worth_waiting_for) {
    node.leased = 3;
    node.open_as_seeds = 1;
    EXPECT_EQ(at(Level::healthy), Standing::busy);
}

TEST_F(StandingTest, what_the_cluster_took_away_never_serves) {
    give_idle();
    node.removed = true;
    EXPECT_EQ(at(Level::healthy), Standing::out);
    node.removed = false;
    node.info.availability = Availability::draining;
    EXPECT_EQ(at(Level::healthy), Standing::out);
}

TEST_F(StandingTest, a_node_that_refused_a_dial_serves_by_the_connections_it_has_and_is_hoped_for_without) {
    node.retry_at = pool.now - 1ms;
    EXPECT_EQ(at(Level::healthy), Standing::hoped) << "it is dialled in the background only";
    node.leased = 1;
    EXPECT_EQ(at(Level::healthy), Standing::busy);
    give_idle();
    EXPECT_EQ(at(Level::healthy), Standing::ready);
}

TEST_F(StandingTest, a_node_that_refuses_in_a_way_that_no_time_mends_is_not_hoped_for) {
    node.retry_at = pool.now + 1ms;
    node.last_error.code = Errc::tls_failed;
    EXPECT_EQ(at(Level::healthy), Standing::out);
    node.connecting = node.unattended = 1;
    EXPECT_EQ(at(Level::healthy), Standing::hoped) << "it is being found out";
}

TEST_F(StandingTest, a_node_that_lost_a_connection_gets_one_dial_at_a_time) {
    node.connecting = 1;
    EXPECT_EQ(at(Level::healthy), Standing::ready);
    node.failures_in_a_row = 1;
    EXPECT_EQ(at(Level::healthy), Standing::busy);
}

TEST_F(StandingTest, a_spare_seed_comes_after_the_nodes_of_the_topology) {
    node.origin = PoolNode::Origin::seed;
    EXPECT_EQ(at(Level::healthy), Standing::out);
    EXPECT_EQ(at(Level::seeds), Standing::ready);
    pool.has_topology = false;
    EXPECT_EQ(at(Level::healthy), Standing::ready);
}

TEST_F(StandingTest, where_nobody_may_log_in_live_connections_serve_and_are_worth_waiting_for) {
    node.login_refused_until = pool.now + 1s;
    EXPECT_EQ(at(Level::healthy), Standing::out);
    node.leased = 1;
    EXPECT_EQ(at(Level::healthy), Standing::busy);
    give_idle();
    EXPECT_EQ(at(Level::healthy), Standing::ready);
}

TEST_F(StandingTest, until_a_login_was_accepted_one_at_a_time_is_made) {
    node.has_fresh_password = false;
    EXPECT_EQ(at(Level::healthy), Standing::ready);
    node.connecting = 1;
    EXPECT_EQ(at(Level::healthy), Standing::busy);
    node.connecting = 0;
    pool.discovery_dials = {node.info.endpoint};
    EXPECT_EQ(at(Level::healthy), Standing::busy);
}

TEST_F(StandingTest, beside_a_dial_that_outlasts_its_caller_none_is_begun) {
    node.connecting = node.unattended = 1;
    EXPECT_EQ(at(Level::healthy), Standing::hoped);
}

TEST_F(StandingTest, in_a_full_pool_a_node_gets_what_another_can_spare) {
    pool.full = true;
    node.leased = 1;
    EXPECT_EQ(at(Level::healthy), Standing::busy);
    EXPECT_EQ(at(Level::healthy, {.richest = 2}), Standing::busy);
    EXPECT_EQ(at(Level::healthy, {.richest = 3}), Standing::ready);
    EXPECT_EQ(at(Level::healthy, {.spare_seed = true}), Standing::ready);
    node.leased = 4;
    EXPECT_EQ(at(Level::healthy, {.richest = 9}), Standing::busy) << "it has all it may have";
}

}  // namespace
}  // namespace picoxx
