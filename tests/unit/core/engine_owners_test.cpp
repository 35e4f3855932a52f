// Statements whose owner is known, and the places of a full pool.
#include "engine_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace picoxx {
namespace {

using ::testing::ElementsAre;
using Kind = Acquisition::Kind;

class EngineOwnersTest : public EngineTest {
protected:
    // i1 leads rs-1, i2 follows there; i3 leads rs-2, i4 follows.
    static Topology topology() {
        Topology topology = FakeCluster::topology({1, 2, 3, 4}, 1);
        for (std::size_t i = 0; i < 4; ++i) {
            topology.nodes[i].replicaset = i < 2 ? "rs-1" : "rs-2";
            topology.nodes[i].role = i % 2 == 0 ? NodeRole::leader : NodeRole::replica;
        }
        return topology;
    }
    void make_with_nodes(EngineLimits limits = {}, const Topology& nodes = topology()) {
        make(1, limits);
        engine->apply(nodes, FakeCluster::endpoint(1), at(0ms));
    }
    Acquisition ask(std::string_view owner, Caller& caller, TimePoint now = at(1ms)) {
        caller.request.owner = replicaset_key(owner);
        return engine->acquire(caller.request, now);
    }
    // The name of the node that serves it; the connection is given back.
    std::string served_at(std::string_view owner, TimePoint now = at(1ms)) {
        Caller caller;
        Acquisition acquisition = ask(owner, caller, now);
        if (acquisition.kind != Kind::use && acquisition.kind != Kind::dial) return "nobody";
        std::string name = acquisition.node->info.name;
        auto connection = acquisition.kind == Kind::use ? std::move(acquisition.connection)
                                                        : connect(*acquisition.node);
        engine->release(std::move(connection), now);
        return name;
    }
    std::unique_ptr<Connection> lease_at(std::string_view owner, TimePoint now = at(1ms)) {
        Caller caller;
        Acquisition acquisition = ask(owner, caller, now);
        return acquisition.kind == Kind::use ? std::move(acquisition.connection) : connect(*acquisition.node);
    }
    [[nodiscard]] std::string open_at_nodes() const {
        std::string text;
        for (const NodeStatus& status : engine->nodes())
            text += status.node.name + ':' + std::to_string(status.idle + status.busy) + ' ';
        return text;
    }
};

TEST_F(EngineOwnersTest, the_master_of_the_owner_serves) {
    make_with_nodes();
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(served_at("rs-1"), "i1");
        EXPECT_EQ(served_at("rs-2"), "i3");
    }
}

TEST_F(EngineOwnersTest, the_strategy_is_offered_the_owner_alone_and_told_so) {
    make_with_nodes();
    EXPECT_EQ(served_at("rs-2"), "i3");
    EXPECT_THAT(strategy->offered, ElementsAre("uuid-3"));
    EXPECT_TRUE(strategy->last.owns_bucket);
}

TEST_F(EngineOwnersTest, a_strategy_that_takes_none_of_them_has_the_last_word) {
    make_with_nodes();
    strategy->answers = {BalanceStrategy::npos, 1};
    EXPECT_EQ(served_at("rs-2"), "i2");
    EXPECT_FALSE(strategy->last.owns_bucket);
}

TEST_F(EngineOwnersTest, an_owner_that_nobody_knows_is_no_wish) {
    make_with_nodes();
    EXPECT_NE(served_at("rs-9"), "nobody");
}

TEST_F(EngineOwnersTest, where_nobody_knows_who_leads_all_of_the_replicaset_are_offered) {
    Topology nodes = topology();
    for (Node& node : nodes.nodes) node.role = NodeRole::unknown;
    make_with_nodes({}, nodes);
    EXPECT_EQ(served_at("rs-2").substr(0, 1), "i");
    EXPECT_THAT(strategy->offered, ElementsAre("uuid-3", "uuid-4"));
}

TEST_F(EngineOwnersTest, while_a_master_changes_nobody_owns) {
    Topology nodes = topology();
    nodes.nodes[2].role = NodeRole::replica;
    make_with_nodes({}, nodes);
    EXPECT_NE(served_at("rs-2"), "nobody");

    engine->apply(topology(), FakeCluster::endpoint(1), at(1ms));
    EXPECT_EQ(served_at("rs-2", at(2ms)), "i3");
}

TEST_F(EngineOwnersTest, a_master_that_takes_no_connection_is_no_obstacle) {
    make_with_nodes();
    Caller caller;
    Acquisition first = ask("rs-2", caller);
    ASSERT_EQ(first.kind, Kind::dial);
    engine->dial_failed(*first.node, make_error(Errc::connect_failed, "refused"), at(1ms));
    EXPECT_NE(served_at("rs-2", at(2ms)), "i3");
}

TEST_F(EngineOwnersTest, in_a_full_pool_another_node_serves_at_once_and_a_place_moves_to_the_owner) {
    make_with_nodes({.max_size = 6, .max_per_node = 4});
    warm_up(6);
    ASSERT_EQ(open_at_nodes(), "i1:2 i2:2 i3:1 i4:1 ");
    auto busy = lease_at("rs-2");
    EXPECT_NE(served_at("rs-2"), "nobody") << "by another node";

    std::vector<PoolNode*> dials = engine->take_dials();
    ASSERT_EQ(dials.size(), 1U);
    EXPECT_EQ(dials[0]->info.name, "i3");
    engine->release(connect(*dials[0]), at(2ms));
    EXPECT_EQ(served_at("rs-2", at(3ms)), "i3");
    EXPECT_EQ(engine->open(), 6U);
    engine->release(std::move(busy), at(4ms));
}

TEST_F(EngineOwnersTest, a_node_that_nothing_is_routed_to_keeps_one_connection) {
    make_with_nodes({.max_size = 4, .max_per_node = 4});
    warm_up(4);
    auto busy = lease_at("rs-2");
    EXPECT_NE(served_at("rs-2"), "nobody");
    EXPECT_TRUE(engine->take_dials().empty());
    EXPECT_EQ(open_at_nodes(), "i1:1 i2:1 i3:1 i4:1 ");
}

TEST_F(EngineOwnersTest, what_statements_are_routed_to_is_not_taken_from) {
    make_with_nodes({.max_size = 2, .max_per_node = 2});
    EXPECT_EQ(served_at("rs-1"), "i1");
    EXPECT_EQ(served_at("rs-2"), "i3");
    auto busy = lease_at("rs-2", at(2ms));
    Caller caller;
    const Acquisition other = ask("rs-2", caller, at(3ms));
    ASSERT_EQ(other.kind, Kind::use);
    EXPECT_EQ(other.node->info.name, "i1") << "it serves; its place stays";
    EXPECT_TRUE(engine->take_dials().empty());
    EXPECT_EQ(open_at_nodes(), "i1:1 i2:0 i3:1 i4:0 ");
}

TEST_F(EngineOwnersTest, no_place_moves_to_a_node_that_is_in_doubt) {
    make_with_nodes({.max_size = 6, .max_per_node = 4});
    warm_up(6);
    auto hung = lease_at("rs-2");
    static_cast<void>(
        engine->statement_timed_out(hung->node(), make_error(Errc::deadline_exceeded, ""), at(1ms), at(1ms)));
    EXPECT_NE(served_at("rs-2", at(5ms)), "i3");
    EXPECT_TRUE(engine->take_dials().empty());
}

TEST_F(EngineOwnersTest, an_owner_in_doubt_is_not_insisted_on) {
    make_with_nodes({.max_size = 8, .max_per_node = 4});
    warm_up(8);
    auto hung = lease_at("rs-2");
    for (int i = 0; i < 3; ++i) {
        for (auto& doubtful :
             engine->statement_timed_out(hung->node(), make_error(Errc::deadline_exceeded, ""), at(-1h), at(1ms)))
            engine->readmit(std::move(doubtful), true, at(1ms));
    }
    EXPECT_NE(served_at("rs-2", at(5ms)), "i3") << "others may reach it where this client does not";
}

// The places of a full pool where all are in use.
class BusyPool : public EngineOwnersTest {
protected:
    // Two at the owner i1, where others are wanted; two at i2, which follows.
    void SetUp() override {
        make_with_nodes({.max_size = 4, .max_per_node = 3});
        for (int i = 0; i < 2; ++i) at_owner.push_back(lease_at("rs-1"));
        for (int i = 0; i < 2; ++i) {
            strategy->answers = {1};
            at_replica.push_back(lease(at(1ms)));
            ASSERT_EQ(at_replica.back()->node().info.name, "i2");
        }
        ASSERT_EQ(ask("rs-1", waits, at(2ms)).kind, Kind::wait);
    }
    std::unique_ptr<Connection> made_for(PoolNode& node) {
        auto connection = std::make_unique<Connection>(node, nullptr, "", 1);
        connection->lives_until(no_deadline, node.generation);
        return connection;
    }

    Caller waits;
    std::vector<std::unique_ptr<Connection>> at_owner, at_replica;
};

TEST_F(BusyPool, the_next_connection_that_nothing_is_routed_to_gives_its_place) {
    engine->release(std::move(at_replica[0]), at(10ms));
    const std::vector<PoolNode*> dials = engine->take_dials();
    ASSERT_EQ(dials.size(), 1U);
    EXPECT_EQ(dials[0]->info.name, "i1");
    EXPECT_TRUE(waits.request.queued);

    engine->dial_delivered(made_for(*dials[0]), at(11ms));
    EXPECT_EQ(waits.request.grant.kind, Kind::use);
    EXPECT_EQ(waits.request.grant.node->info.name, "i1");
}

TEST_F(BusyPool, one_place_moves_at_a_time) {
    engine->release(std::move(at_replica[0]), at(10ms));
    Caller another;
    static_cast<void>(ask("rs-1", another, at(20ms)));
    engine->release(std::move(at_replica[1]), at(21ms));
    EXPECT_EQ(engine->take_dials().size(), 1U);
    EXPECT_EQ(waits.request.grant.kind, Kind::use) << "the other one serves";
}

TEST_F(BusyPool, no_place_moves_when_nothing_was_routed_there_for_long) {
    engine->release(std::move(at_replica[0]), at(10s));
    EXPECT_TRUE(engine->take_dials().empty());
    EXPECT_EQ(waits.request.grant.kind, Kind::use);
}

TEST_F(BusyPool, no_place_moves_when_the_client_is_closed) {
    engine->close();
    engine->release(std::move(at_replica[0]), at(10ms));
    EXPECT_TRUE(engine->take_dials().empty());
    EXPECT_EQ(engine->open(), 3U);
}

TEST_F(BusyPool, where_the_owner_has_not_answered_yet_nobody_waits_for_it) {
    make_with_nodes({.max_size = 1, .max_per_node = 1});
    strategy->answers = {1};
    auto only = lease(at(1ms));
    Caller caller;
    ASSERT_EQ(ask("rs-2", caller, at(2ms)).kind, Kind::wait);
    engine->release(std::move(only), at(10ms));
    EXPECT_EQ(caller.request.grant.kind, Kind::use) << "the only connection serves";
    EXPECT_TRUE(engine->take_dials().empty());
}

TEST_F(EngineOwnersTest, of_those_that_are_wanted_one_gives_only_what_it_has_more) {
    make_with_nodes({.max_size = 3, .max_per_node = 3});
    auto one = lease_at("rs-1"), two = lease_at("rs-1");
    auto busy = lease_at("rs-2");
    engine->release(std::move(one), at(2ms));
    engine->release(std::move(two), at(2ms));
    EXPECT_EQ(served_at("rs-2", at(3ms)), "i1");
    EXPECT_TRUE(engine->take_dials().empty()) << "two to one is as even as it gets";
}

TEST_F(EngineOwnersTest, a_node_that_failed_is_tried_again_although_all_others_are_wanted) {
    Topology nodes = topology();
    nodes.nodes.erase(nodes.nodes.begin() + 3);
    nodes.nodes.erase(nodes.nodes.begin() + 1);  // the two masters are left
    make_with_nodes({.max_size = 4, .max_per_node = 4}, nodes);
    Caller caller;
    Acquisition dial = ask("rs-2", caller);
    ASSERT_EQ(dial.kind, Kind::dial);
    engine->dial_failed(*dial.node, make_error(Errc::connect_failed, "refused"), at(1ms));
    std::vector<std::unique_ptr<Connection>> leased;
    for (int i = 0; i < 4; ++i) leased.push_back(lease_at("rs-1"));
    for (auto& connection : leased) engine->release(std::move(connection), at(2ms));
    ASSERT_EQ(open_at_nodes(), "i1:4 i3:0 ");

    EXPECT_EQ(served_at("rs-1", at(1s)), "i1");
    EXPECT_EQ(served_at("rs-1", at(2s)), "i1");
    const std::vector<PoolNode*> dials = engine->take_dials();
    ASSERT_EQ(dials.size(), 1U);
    EXPECT_EQ(dials[0]->info.name, "i3");
    EXPECT_EQ(engine->open(), 4U);
}

// ------------------------------------------------------------------------------------------------------------ patience

class Patience : public EngineOwnersTest {
protected:
    void SetUp() override {
        make_with_nodes({.max_size = 4, .max_per_node = 1, .owner_wait = 2ms});
        warm_up(4);
        busy = lease_at("rs-2");
        ASSERT_EQ(ask("rs-2", wisher, at(10ms)).kind, Kind::wait);
        ASSERT_TRUE(wisher.request.wishes);
        EXPECT_EQ(wisher.request.patient_until, at(12ms));
    }
    std::unique_ptr<Connection> busy;
    Caller wisher;
};

TEST_F(Patience, a_connection_that_comes_back_in_time_serves_at_the_owner) {
    engine->release(std::move(busy), at(11ms));
    EXPECT_EQ(wisher.waker.wakes, 1);
    ASSERT_EQ(wisher.request.grant.kind, Kind::use);
    EXPECT_EQ(wisher.request.grant.node->info.name, "i3");
}

TEST_F(Patience, connections_of_others_leave_it_alone) {
    auto other = lease_at("rs-1", at(11ms));
    engine->release(std::move(other), at(11ms));
    EXPECT_TRUE(wisher.request.queued);
}

TEST_F(Patience, ends_in_time_and_another_node_serves) {
    EXPECT_FALSE(engine->gives_wish_up(wisher.request, at(11ms)));
    EXPECT_TRUE(engine->gives_wish_up(wisher.request, at(12ms)));
    EXPECT_FALSE(wisher.request.queued);
    const Acquisition other = engine->acquire(wisher.request, at(12ms));
    ASSERT_EQ(other.kind, Kind::use);
    EXPECT_NE(other.node->info.name, "i3");
}

TEST_F(Patience, that_was_in_vain_is_not_tried_again_at_once) {
    ASSERT_TRUE(engine->gives_wish_up(wisher.request, at(12ms)));
    Caller next;
    EXPECT_EQ(ask("rs-2", next, at(13ms)).kind, Kind::use);
    Caller later;
    EXPECT_EQ(ask("rs-2", later, at(1s)).kind, Kind::wait);
    engine->withdraw(later.request);
}

TEST_F(Patience, is_not_had_where_statements_are_long) {
    engine->withdraw(wisher.request);
    for (int i = 0; i < 100; ++i) engine->count_statement(busy->node(), 50ms);
    Caller next;
    EXPECT_EQ(ask("rs-2", next, at(11ms)).kind, Kind::use);
}

TEST_F(Patience, ends_with_the_mastership) {
    Topology nodes = topology();
    nodes.nodes[2].role = NodeRole::replica;
    nodes.nodes[3].role = NodeRole::leader;
    engine->apply(nodes, FakeCluster::endpoint(1), at(11ms));
    ASSERT_EQ(wisher.request.grant.kind, Kind::use);
    EXPECT_EQ(wisher.request.grant.node->info.name, "i4") << "its new master";
}

TEST_F(Patience, ends_with_the_client) {
    engine->close();
    EXPECT_EQ(wisher.request.grant.kind, Kind::closed);
}

TEST_F(Patience, survives_a_node_that_goes_with_its_last_connection) {
    auto leaves = lease_at("rs-1", at(11ms));
    engine->apply(FakeCluster::topology({3}, 3), FakeCluster::endpoint(3), at(11ms));
    Caller another;
    static_cast<void>(ask("rs-3", another, at(12ms)));
    engine->release(std::move(leaves), at(12ms));
    EXPECT_EQ(engine->nodes().size(), 1U);
}

TEST_F(Patience, a_connection_that_is_made_for_the_owner_serves_it) {
    engine->withdraw(wisher.request);
    make_with_nodes({.max_size = 8, .max_per_node = 2, .owner_wait = 2ms});
    auto one = lease_at("rs-2");
    Caller dials;
    Acquisition dial = ask("rs-2", dials, at(10ms));
    ASSERT_EQ(dial.kind, Kind::dial);
    Caller wishes;
    ASSERT_EQ(ask("rs-2", wishes, at(10ms)).kind, Kind::wait);
    auto made = std::make_unique<Connection>(*dial.node, nullptr, "", 1);
    made->lives_until(no_deadline, dial.node->generation);
    engine->dial_delivered(std::move(made), at(11ms));
    EXPECT_EQ(wishes.request.grant.kind, Kind::use);
}

// ----------------------------------------------------------------------------------------------------------- who waits

TEST_F(EngineOwnersTest, who_waits_gets_the_connection_he_wishes_for) {
    make_with_nodes({.max_size = 2, .max_per_node = 1});
    auto one = lease_at("rs-1");
    auto two = lease_at("rs-2");
    Caller wishes_two, wishes_one;
    ASSERT_EQ(ask("rs-2", wishes_two).kind, Kind::wait);
    ASSERT_EQ(ask("rs-1", wishes_one).kind, Kind::wait);

    engine->release(std::move(one), at(2ms));
    EXPECT_TRUE(wishes_two.request.queued);
    ASSERT_EQ(wishes_one.request.grant.kind, Kind::use);
    EXPECT_EQ(wishes_one.request.grant.node->info.name, "i1");
    engine->release(std::move(two), at(3ms));
    EXPECT_EQ(wishes_two.request.grant.node->info.name, "i3");
}

TEST_F(EngineOwnersTest, nobody_is_passed_over_for_ever) {
    make_with_nodes({.max_size = 2, .max_per_node = 1});
    auto one = lease_at("rs-1");
    auto two = lease_at("rs-2");  // does not come back
    Caller first;
    ASSERT_EQ(ask("rs-2", first).kind, Kind::wait);
    int served_before = 0;
    while (first.request.queued && served_before < 100) {
        Caller behind;
        ASSERT_EQ(ask("rs-1", behind).kind, Kind::wait);
        engine->release(std::move(one), at(2ms));
        if (behind.request.queued) {
            engine->withdraw(behind.request);
            break;
        }
        ++served_before;
        one = std::move(behind.request.grant.connection);
    }
    EXPECT_FALSE(first.request.queued);
    EXPECT_EQ(served_before, 16);
}

TEST_F(EngineOwnersTest, where_nobody_wishes_for_it_the_first_one_gets_it) {
    make_with_nodes({.max_size = 1, .max_per_node = 1});
    auto one = lease_at("rs-1");
    Caller first;
    ASSERT_EQ(ask("rs-2", first).kind, Kind::wait);
    engine->release(std::move(one), at(2ms));
    EXPECT_EQ(first.request.grant.kind, Kind::use);
}

}  // namespace
}  // namespace picoxx
