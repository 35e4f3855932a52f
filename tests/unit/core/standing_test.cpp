#include "pool/standing.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>

namespace picoxx {
namespace {

using namespace std::chrono_literals;

// A node of the topology with room, in a pool with room whose login was accepted.
class StandingTest : public ::testing::Test {
protected:
    StandingTest() {
        node.origin = PoolNode::Origin::topology;
        pool = {.now = TimePoint{} + 1h, .max_per_node = 4, .has_topology = true, .login_accepted = true};
    }
    void give_idle() { node.idle.put(std::make_unique<Connection>(node, nullptr, "", 1)); }
    [[nodiscard]] Standing at(Level level, Dialling dialling = Dialling::allowed, const Donors& donors = {}) const {
        return standing(node, pool, level, dialling, donors);
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
    EXPECT_EQ(at(Level::backing_off), Standing::out);
    node.removed = false;
    node.info.availability = Availability::draining;
    EXPECT_EQ(at(Level::backing_off), Standing::out);
}

TEST_F(StandingTest, a_node_that_backs_off_serves_by_idle_connections_or_as_the_last_resort) {
    node.retry_at = pool.now + 1ms;
    EXPECT_EQ(at(Level::healthy), Standing::out);
    EXPECT_EQ(at(Level::backing_off), Standing::ready);
    give_idle();
    EXPECT_EQ(at(Level::healthy), Standing::ready);
}

TEST_F(StandingTest, a_spare_seed_comes_after_the_nodes_of_the_topology) {
    node.origin = PoolNode::Origin::seed;
    EXPECT_EQ(at(Level::healthy), Standing::out);
    EXPECT_EQ(at(Level::seeds), Standing::ready);
    pool.has_topology = false;
    EXPECT_EQ(at(Level::healthy), Standing::ready);
}

TEST_F(StandingTest, where_nobody_may_log_in_live_connections_serve_and_are_worth_waiting_for) {
    for (const bool refused : {false, true}) {
        const Dialling dialling = refused ? Dialling::allowed : Dialling::barred;
        node.login_refused_until = refused ? pool.now + 1s : TimePoint{};
        node.leased = 0;
        EXPECT_EQ(at(Level::healthy, dialling), Standing::out);
        node.leased = 1;
        EXPECT_EQ(at(Level::healthy, dialling), Standing::busy);
    }
    give_idle();
    EXPECT_EQ(at(Level::healthy, Dialling::barred), Standing::ready);
}

TEST_F(StandingTest, until_a_login_was_accepted_one_at_a_time_is_made) {
    pool.login_accepted = false;
    EXPECT_EQ(at(Level::healthy), Standing::ready);
    node.connecting = 1;
    EXPECT_EQ(at(Level::healthy), Standing::busy);
    node.connecting = 0;
    pool.discovery_dials = node.info.endpoint;
    EXPECT_EQ(at(Level::healthy), Standing::busy);
}

TEST_F(StandingTest, beside_a_dial_that_outlasts_its_caller_none_is_begun) {
    node.connecting = node.unattended = 1;
    EXPECT_EQ(at(Level::healthy), Standing::busy);
}

TEST_F(StandingTest, in_a_full_pool_a_node_gets_what_another_can_spare) {
    pool.full = true;
    node.leased = 1;
    EXPECT_EQ(at(Level::healthy), Standing::busy);
    EXPECT_EQ(at(Level::healthy, Dialling::allowed, {.richest = 2}), Standing::busy);
    EXPECT_EQ(at(Level::healthy, Dialling::allowed, {.richest = 3}), Standing::ready);
    EXPECT_EQ(at(Level::healthy, Dialling::allowed, {.spare_seed = true}), Standing::ready);
    node.leased = 4;
    EXPECT_EQ(at(Level::healthy, Dialling::allowed, {.richest = 9}), Standing::busy) << "it has all it may have";
}

}  // namespace
}  // namespace picoxx
