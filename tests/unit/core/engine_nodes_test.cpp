// Which nodes there are, and which seed is which.
#include "engine_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace picoxx {
namespace {

using ::testing::HasSubstr;

// ------------------------------------------------------------------------------------------------------------ topology

TEST_F(EngineTest, the_seed_becomes_the_instance_that_answered_there) {
    make(1);
    warm_up(1);
    engine->apply(FakeCluster::topology({1, 2}, 1), FakeCluster::endpoint(1), at(0ms));

    const auto nodes = engine->nodes();
    ASSERT_EQ(nodes.size(), 2U);
    EXPECT_EQ(nodes[0].node.name, "i1");
    EXPECT_EQ(nodes[0].idle, 1U) << "its connection stays";
    EXPECT_EQ(nodes[1].idle, 0U);
}

TEST_F(EngineTest, a_seed_with_the_address_of_an_instance_is_that_instance) {
    make(2);
    warm_up(2);
    Topology topology = FakeCluster::topology({1, 2}, 1);
    topology.answered_by.clear();
    engine->apply(topology, FakeCluster::endpoint(1), at(0ms));

    for (const NodeStatus& node : engine->nodes()) EXPECT_EQ(node.idle, 1U) << node.node.name;
}

TEST_F(EngineTest, a_seed_that_is_an_instance_about_to_leave_keeps_no_connection) {
    make(1);
    warm_up(1);
    Topology topology = FakeCluster::topology({1, 2}, 1);
    topology.nodes[0].availability = Availability::draining;
    engine->apply(topology, FakeCluster::endpoint(1), at(0ms));

    EXPECT_EQ(engine->open(), 0U) << "nobody would use it";
}

TEST_F(EngineTest, a_connection_leased_while_its_seed_was_identified_comes_back_to_the_instance) {
    make(1);
    auto leased = lease();
    engine->apply(FakeCluster::topology({1, 2}, 1), FakeCluster::endpoint(1), at(0ms));

    engine->release(std::move(leased), at(1ms));

    EXPECT_EQ(engine->nodes()[0].idle, 1U);
}

TEST_F(EngineTest, seeds_serve_again_while_no_node_of_the_topology_answers) {
    make(1);
    engine->apply(FakeCluster::topology({2}, 9), FakeCluster::endpoint(1), at(0ms));
    Caller caller;
    const Acquisition first = engine->acquire(caller.request, at(0ms));
    EXPECT_EQ(first.node->info.name, "i2");
    const Error refused = make_error(Errc::connect_failed, "refused");
    engine->dial_failed(*first.node, refused, at(0ms));

    const Acquisition second = engine->acquire(caller.request, at(0ms));

    ASSERT_EQ(second.kind, dial);
    EXPECT_EQ(second.node->info.endpoint, FakeCluster::endpoint(1));
}

TEST_F(EngineTest, a_node_that_is_gone_gives_up_its_connections_those_in_use_at_their_return) {
    make(1);
    engine->apply(FakeCluster::topology({1, 2}, 9), FakeCluster::endpoint(1), at(0ms));
    strategy->answers = {1, 1};
    auto idle = lease();
    auto leased = lease();
    engine->release(std::move(idle), at(0ms));

    engine->apply(FakeCluster::topology({1}, 9), FakeCluster::endpoint(1), at(1ms));
    EXPECT_EQ(engine->nodes().size(), 1U);
    EXPECT_EQ(engine->open(), 1U);
    engine->release(std::move(leased), at(2ms));

    EXPECT_EQ(engine->open(), 0U);
    EXPECT_EQ(engine->take_garbage().size(), 2U);
}

TEST_F(EngineTest, a_draining_node_gets_no_new_work) {
    make(1);
    engine->apply(FakeCluster::topology({1, 2}, 9), FakeCluster::endpoint(1), at(0ms));
    Topology topology = FakeCluster::topology({1, 2}, 9);
    topology.nodes[0].availability = Availability::draining;
    engine->apply(topology, FakeCluster::endpoint(1), at(1ms));
    Caller caller;

    static_cast<void>(engine->acquire(caller.request, at(1ms)));

    EXPECT_EQ(strategy->offered, (std::vector<std::string>{"uuid-2"}));
}

TEST_F(EngineTest, a_node_that_moved_is_connected_to_at_its_new_place) {
    make(1);
    engine->apply(FakeCluster::topology({1}, 9), FakeCluster::endpoint(1), at(0ms));
    engine->release(lease(), at(0ms));
    Topology topology = FakeCluster::topology({1}, 9);
    topology.nodes[0].endpoint.port = 7777;
    engine->apply(topology, FakeCluster::endpoint(1), at(1ms));
    Caller caller;

    const Acquisition acquisition = engine->acquire(caller.request, at(1ms));

    ASSERT_EQ(acquisition.kind, dial);
    EXPECT_EQ(acquisition.node->info.endpoint.port, 7777);
}

TEST_F(EngineTest, what_was_in_use_at_the_old_address_is_not_kept_for_the_new_one) {
    make(1);
    engine->apply(FakeCluster::topology({1}, 9), FakeCluster::endpoint(1), at(0ms));
    std::unique_ptr<Connection> comes_back = lease();
    std::unique_ptr<Connection> breaks = lease();
    std::unique_ptr<Connection> left = engine->abandon(lease(), at(0ms));
    Topology topology = FakeCluster::topology({1}, 9);
    topology.nodes[0].endpoint.port = 7777;
    engine->apply(topology, FakeCluster::endpoint(1), at(1ms));

    engine->release(std::move(comes_back), at(2ms));
    engine->readmit(std::move(left), true, at(2ms));
    engine->discard(std::move(breaks), make_error(Errc::connection_lost, "the old process ended"), at(2ms));

    EXPECT_EQ(engine->open(), 0U);
    EXPECT_EQ(engine->nodes()[0].failures, 0U) << "that says nothing of the new address";
    EXPECT_EQ(lease(at(3ms))->node().info.endpoint.port, 7777);
}

// Seeds are 127.0.0.1, at ports at which no node is: which one answers there is for the connection to say.
class BehindABalancer : public EngineTest {
protected:
    static Topology topology() {
        Topology topology = FakeCluster::topology({1, 2, 3}, 1);
        for (Node& node : topology.nodes) node.endpoint.host = "10.0.0.1";
        return topology;
    }
    // That of a pool that had one when the nodes became known.
    std::unique_ptr<Connection> the_unidentified() {
        warm_up(1);
        engine->apply(topology(), FakeCluster::endpoint(1), at(1ms));
        ConnectionChain unidentified = engine->take_unidentified();
        EXPECT_EQ(unidentified.size(), 1U);
        return unidentified.take();
    }
    [[nodiscard]] std::string nodes_with_idle_connections() const {
        std::string names;
        for (const NodeStatus& status : engine->nodes()) {
            for (std::size_t i = 0; i < status.idle; ++i) names += status.node.name;
        }
        return names;
    }
};

TEST_F(BehindABalancer, each_connection_goes_to_the_node_that_it_says) {
    make(1);
    std::unique_ptr<Connection> leased = lease();
    warm_up(1);
    engine->apply(topology(), FakeCluster::endpoint(1), at(1ms));
    engine->release(std::move(leased), at(2ms));
    EXPECT_EQ(nodes_with_idle_connections(), "") << "which node they are of is not known yet";
    EXPECT_EQ(engine->open(), 2U);

    ConnectionChain unidentified = engine->take_unidentified();
    ASSERT_EQ(unidentified.size(), 2U);
    engine->identified(unidentified.take(), "uuid-2", at(3ms));
    engine->identified(unidentified.take(), "uuid-3", at(3ms));

    EXPECT_EQ(nodes_with_idle_connections(), "i2i3");
    EXPECT_EQ(engine->open(), 2U);
    EXPECT_TRUE(engine->take_unidentified().empty());
}

TEST_F(BehindABalancer, one_that_does_not_say_is_taken_for_the_node_that_answered_discovery) {
    make(1);

    engine->identified(the_unidentified(), "", at(3ms));

    EXPECT_EQ(nodes_with_idle_connections(), "i1");
}

TEST_F(BehindABalancer, one_that_leads_to_a_node_that_nobody_knows_is_closed) {
    make(1);

    engine->identified(the_unidentified(), "uuid-7", at(3ms));

    EXPECT_EQ(engine->open(), 0U);
}

TEST_F(BehindABalancer, whoever_waits_gets_what_was_identified) {
    make(1, {.max_size = 1});
    auto unidentified = the_unidentified();
    Caller caller;
    ASSERT_EQ(engine->acquire(caller.request, at(2ms)).kind, wait);

    engine->identified(std::move(unidentified), "uuid-2", at(3ms));

    EXPECT_EQ(caller.waker.wakes, 1);
    EXPECT_EQ(caller.request.grant.kind, use);
}

TEST_F(BehindABalancer, few_are_asked_at_a_time) {
    make(1, {.max_size = 40, .max_per_node = 40});
    warm_up(40);
    engine->apply(topology(), FakeCluster::endpoint(1), at(1ms));
    ConnectionChain asked = engine->take_unidentified();
    const std::size_t at_a_time = asked.size();
    EXPECT_LT(at_a_time, 40U);
    EXPECT_TRUE(engine->take_unidentified().empty());

    engine->identification_failed(asked.take());
    EXPECT_TRUE(engine->has_leftovers());
    EXPECT_EQ(engine->take_unidentified().size(), 1U) << "closed with the chain that it is in";
    while (!asked.empty()) engine->identified(asked.take(), "uuid-2", at(2ms));
    EXPECT_EQ(engine->take_unidentified().size(), at_a_time - 1) << "one did not come back";

    EXPECT_EQ(engine->idle(), at_a_time - 1);
    EXPECT_EQ(engine->open(), 39U);
}

TEST_F(BehindABalancer, those_whose_turn_has_not_come_are_closed_with_the_client) {
    make(1, {.max_size = 40, .max_per_node = 40});
    warm_up(40);
    engine->apply(topology(), FakeCluster::endpoint(1), at(1ms));
    ConnectionChain asked = engine->take_unidentified();

    engine->close();

    EXPECT_EQ(engine->open(), asked.size());
    while (!asked.empty()) engine->identification_failed(asked.take());
    EXPECT_EQ(engine->open(), 0U);
}

TEST_F(BehindABalancer, where_the_node_was_reached_at_its_own_address_nobody_asks) {
    make(1);
    warm_up(1);
    engine->apply(FakeCluster::topology({1, 2}, 1), FakeCluster::endpoint(1), at(1ms));

    EXPECT_TRUE(engine->take_unidentified().empty());
    EXPECT_EQ(nodes_with_idle_connections(), "i1");
}

TEST_F(EngineTest, a_new_name_at_an_old_address_is_a_new_node) {
    make(1);
    engine->apply(FakeCluster::topology({1}, 9), FakeCluster::endpoint(1), at(0ms));
    Topology topology = FakeCluster::topology({1}, 9);
    topology.nodes[0].id = "uuid-reborn";
    engine->apply(topology, FakeCluster::endpoint(1), at(1ms));

    ASSERT_EQ(engine->nodes().size(), 1U);
    EXPECT_EQ(engine->nodes()[0].node.id, "uuid-reborn");
}

TEST_F(EngineTest, a_restarted_node_is_tried_at_once) {
    make(1);
    engine->apply(FakeCluster::topology({1, 2}, 9), FakeCluster::endpoint(1), at(0ms));
    strategy->answers = {0};
    Caller caller;
    engine->dial_failed(*engine->acquire(caller.request, at(0ms)).node, make_error(Errc::connect_failed, "refused"),
                        at(0ms));
    Topology topology = FakeCluster::topology({1, 2}, 9);
    topology.nodes[0].incarnation = 2;

    engine->apply(topology, FakeCluster::endpoint(1), at(1ms));

    Caller next;
    static_cast<void>(engine->acquire(next.request, at(1ms)));
    EXPECT_EQ(strategy->offered.size(), 2U);
}

TEST_F(EngineTest, a_full_pool_moves_to_a_node_that_has_too_little) {
    make(1, {.max_size = 4, .max_per_node = 4});
    engine->apply(FakeCluster::topology({1}, 9), FakeCluster::endpoint(1), at(0ms));
    warm_up(4);
    engine->apply(FakeCluster::topology({1, 2}, 9), FakeCluster::endpoint(1), at(1ms));

    std::vector<std::unique_ptr<Connection>> leased;
    for (int i = 0; i < 4; ++i) leased.push_back(lease(at(1ms)));
    for (auto& connection : leased) engine->release(std::move(connection), at(1ms));

    for (const NodeStatus& node : engine->nodes()) EXPECT_EQ(node.idle, 2U) << node.node.name;
    EXPECT_EQ(engine->open(), 4U);
}

TEST_F(EngineTest, discovery_asks_healthy_nodes_first_and_never_forgets_the_seeds) {
    make(1);
    engine->apply(FakeCluster::topology({2, 3}, 9), FakeCluster::endpoint(1), at(0ms));
    strategy->answers = {0};
    Caller caller;
    engine->dial_failed(*engine->acquire(caller.request, at(0ms)).node, make_error(Errc::connect_failed, "refused"),
                        at(0ms));

    const std::vector<Endpoint> order = engine->discovery_order(at(0ms));

    ASSERT_EQ(order.size(), 3U);
    EXPECT_EQ(order[0], FakeCluster::endpoint(3));
    EXPECT_EQ(order[1], FakeCluster::endpoint(1));
    EXPECT_EQ(order[2], FakeCluster::endpoint(2));
}

TEST_F(EngineTest, where_discovery_was_refused_a_login_nobody_tries_again_for_a_while) {
    make_unknown(1);
    Caller caller;
    CountingWaker waker;
    ASSERT_EQ(engine->begin_discovery_dial(FakeCluster::endpoint(1), waker, at(0ms)), granted);
    engine->end_discovery_dial(FakeCluster::endpoint(1), make_error(Errc::authentication_failed, "login refused"),
                               at(0ms));

    EXPECT_EQ(engine->acquire(caller.request, at(1s)).error->code, Errc::authentication_failed);
    EXPECT_TRUE(engine->discovery_order(at(1s)).empty());
    EXPECT_EQ(engine->nobody_to_ask(at(1s)).code, Errc::authentication_failed);
    EXPECT_EQ(engine->begin_discovery_dial(FakeCluster::endpoint(1), waker, at(1s)), Engine::DialPermission::refused);
    EXPECT_EQ(engine->discovery_order(at(31s)).size(), 1U);
}

// ---------------------------------------------------------------------------------------------------- seeds and limits

TEST_F(EngineTest, connections_under_other_names_count_against_the_limit_of_the_node) {
    make(1, {.max_size = 10, .max_per_node = 1});
    auto over_seed = lease();
    engine->apply(FakeCluster::topology({1}, 1), FakeCluster::endpoint(1), at(0ms));

    Caller caller;
    EXPECT_EQ(engine->acquire(caller.request, at(0ms)).kind, wait);
    engine->release(std::move(over_seed), at(1ms));
    EXPECT_EQ(caller.request.grant.kind, use);
}

TEST_F(EngineTest, connections_beyond_the_limit_of_a_node_are_closed_when_its_names_are_known) {
    make(2, {.max_size = 10, .max_per_node = 1});
    auto one = lease();
    auto two = lease();
    engine->release(std::move(one), at(0ms));
    const Topology topology = FakeCluster::topology({1}, 1);
    engine->apply(topology, FakeCluster::endpoint(1), at(0ms));
    engine->apply(topology, FakeCluster::endpoint(2), at(0ms));
    engine->release(std::move(two), at(1ms));
    ConnectionChain unidentified = engine->take_unidentified();
    while (!unidentified.empty()) engine->identified(unidentified.take(), "uuid-1", at(1ms));

    EXPECT_EQ(engine->open(), 1U);
    EXPECT_EQ(engine->idle(), 1U);
    EXPECT_EQ(engine->take_garbage().size(), 1U);
}

// Nobody knows whether the others answer.
TEST_F(EngineTest, what_a_spare_seed_has_idle_serves_whoever_had_to_wait_until_the_next_picture) {
    make(1, {.max_size = 1, .max_per_node = 1});
    auto over_seed = lease();
    const Topology topology = FakeCluster::topology({7}, 7);
    engine->apply(topology, FakeCluster::endpoint(9), at(0ms));
    Caller waiting;
    ASSERT_EQ(engine->acquire(waiting.request, at(1ms)).kind, wait);
    engine->release(std::move(over_seed), at(1ms));
    ASSERT_EQ(waiting.request.grant.kind, use);
    engine->release(std::move(waiting.request.grant.connection), at(2ms));

    engine->apply(topology, FakeCluster::endpoint(9), at(3ms));

    Caller caller;
    const Acquisition acquisition = engine->acquire(caller.request, at(4ms));
    ASSERT_EQ(acquisition.kind, dial);
    EXPECT_EQ(acquisition.node->info.id, topology.nodes.front().id);
    EXPECT_EQ(engine->open(), 1U);
}

TEST_F(EngineTest, a_look_at_idle_connections_leaves_the_most_recently_used_one_the_next_choice) {
    make(1);
    auto old = lease();
    auto fresh = lease();
    old->used(at(1s));
    fresh->used(at(5s));
    const Connection* const next = fresh.get();
    engine->release(std::move(old), at(1s));
    engine->release(std::move(fresh), at(5s));

    for (auto& looked_at : engine->take_idle(at(2s))) engine->release(std::move(looked_at), at(6s));
    EXPECT_EQ(lease(at(6s)).get(), next);
}

}  // namespace
}  // namespace picoxx
