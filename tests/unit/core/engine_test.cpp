// The engine in fake time: who gets which connection, who waits, which nodes there are.
#include "pool/engine.hpp"

#include "fake_cluster.hpp"
#include "pool/back_off.hpp"

#include <picoxx/testing/fake_transport.hpp>
#include <picoxx/testing/session_driver.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace picoxx {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TimePoint at(std::chrono::milliseconds time) { return TimePoint{} + 1h + time; }

class CountingWaker final : public Waker {
public:
    void wake() noexcept override { ++wakes; }
    int wakes = 0;
};

// A call as the engine sees it.
struct Caller {
    Caller() { request.waker = &waker; }
    CountingWaker waker;
    AcquireRequest request;
};

/// Answers what it is told, and remembers what it was offered.
class Scripted final : public BalanceStrategy {
public:
    std::size_t pick(std::span<const Candidate> candidates, const PickContext& context) noexcept override {
        offered.clear();
        for (const Candidate& candidate : candidates) offered.emplace_back(candidate.id);
        last = candidates.front();
        attempt = context.attempt;
        if (answers.empty()) return turn++ % candidates.size();
        const std::size_t answer = answers.front();
        answers.pop_front();
        return answer;
    }
    std::deque<std::size_t> answers;
    std::vector<std::string> offered;
    Candidate last;
    std::uint32_t attempt = 0;
    std::size_t turn = 0;
};

constexpr auto granted = Engine::DialPermission::granted;

class EngineTest : public ::testing::Test {
protected:
    // Seeds 127.0.0.1:1001, 1002, ... of a cluster that has accepted the login once.
    Engine& make(std::size_t seeds, EngineLimits limits = {}) {
        make_unknown(seeds, limits);
        CountingWaker nobody;
        EXPECT_EQ(engine->begin_discovery_dial(FakeCluster::endpoint(1), nobody, at(0ms)), granted);
        engine->end_discovery_dial({}, at(0ms));
        return *engine;
    }

    // The same, while nobody knows whether the password is right.
    Engine& make_unknown(std::size_t seeds, EngineLimits limits = {}) {
        std::vector<Endpoint> endpoints;
        for (std::size_t i = 1; i <= seeds; ++i) endpoints.push_back(FakeCluster::endpoint(i));
        engine = std::make_unique<Engine>(limits, Balancer{strategy}, endpoints, 42);
        return *engine;
    }

    std::unique_ptr<Connection> connect(PoolNode& node) {
        ConnectOptions options;
        options.endpoint = FakeCluster::endpoint(1);
        auto session = transport.open(options);
        EXPECT_TRUE(session.ok());
        EXPECT_TRUE(testing::drive_to_ready(**session));
        engine->dial_succeeded(node, at(0ms));
        return std::make_unique<Connection>(node, *std::move(session), "127.0.0.1", 10);
    }

    // A connection in use, however it came about.
    std::unique_ptr<Connection> lease(TimePoint now = at(0ms)) {
        Caller caller;
        Acquisition acquisition = engine->acquire(caller.request, now);
        if (acquisition.kind == Acquisition::Kind::use) return std::move(acquisition.connection);
        EXPECT_EQ(acquisition.kind, Acquisition::Kind::dial);
        return connect(*acquisition.node);
    }

    // Makes idle connections, one for each of the strategy's next choices.
    void warm_up(std::size_t count) {
        std::vector<std::unique_ptr<Connection>> leased;
        for (std::size_t i = 0; i < count; ++i) leased.push_back(lease());
        for (auto& connection : leased) engine->release(std::move(connection), at(0ms));
    }

    testing::FakeTransport transport;
    std::shared_ptr<Scripted> strategy = std::make_shared<Scripted>();
    std::unique_ptr<Engine> engine;

    EngineTest() { transport.node(FakeCluster::endpoint(1)); }
};

constexpr auto use = Acquisition::Kind::use;
constexpr auto dial = Acquisition::Kind::dial;
constexpr auto wait = Acquisition::Kind::wait;
constexpr auto fail = Acquisition::Kind::fail;

// ------------------------------------------------------------------------------------------------------------- limits

TEST_F(EngineTest, opens_up_to_the_limit_and_then_lets_wait) {
    make(1, {.max_size = 2, .max_per_node = 2});
    const auto first = lease();
    const auto second = lease();

    Caller third;
    EXPECT_EQ(engine->acquire(third.request, at(0ms)).kind, wait);
    EXPECT_EQ(engine->open(), 2U);
    EXPECT_EQ(engine->waiting(), 1U);
}

TEST_F(EngineTest, the_limit_per_node_holds_for_each_node) {
    make(2, {.max_size = 10, .max_per_node = 1});
    const auto first = lease();
    const auto second = lease();

    EXPECT_NE(&first->node(), &second->node());
    Caller third;
    EXPECT_EQ(engine->acquire(third.request, at(0ms)).kind, wait);
}

TEST_F(EngineTest, a_dial_counts_against_the_limit_from_its_start) {
    make(1, {.max_size = 1, .max_per_node = 1});
    Caller first;
    Caller second;

    EXPECT_EQ(engine->acquire(first.request, at(0ms)).kind, dial);
    EXPECT_EQ(engine->acquire(second.request, at(0ms)).kind, wait);
}

TEST_F(EngineTest, an_idle_connection_is_used_again_the_last_one_first) {
    make(1);
    auto older = lease();
    auto newer = lease();
    const Connection* const expected = newer.get();
    engine->release(std::move(older), at(0ms));
    engine->release(std::move(newer), at(1ms));

    EXPECT_EQ(lease().get(), expected);
    EXPECT_EQ(engine->open(), 2U);
}

// -------------------------------------------------------------------------------------------------------------- queue

TEST_F(EngineTest, waiters_are_served_first_come_first_served) {
    make(1, {.max_size = 1, .max_per_node = 1});
    auto leased = lease();
    Caller first;
    Caller second;
    ASSERT_EQ(engine->acquire(first.request, at(0ms)).kind, wait);
    ASSERT_EQ(engine->acquire(second.request, at(0ms)).kind, wait);

    engine->release(std::move(leased), at(1ms));

    EXPECT_EQ(first.waker.wakes, 1);
    EXPECT_EQ(first.request.grant.kind, use);
    EXPECT_EQ(second.waker.wakes, 0);
    engine->release(std::move(first.request.grant.connection), at(2ms));
    EXPECT_EQ(second.waker.wakes, 1);
}

TEST_F(EngineTest, nobody_overtakes_the_queue) {
    make(2, {.max_size = 2, .max_per_node = 1});
    auto first = lease();
    auto second = lease();
    Caller waiting;
    ASSERT_EQ(engine->acquire(waiting.request, at(0ms)).kind, wait);
    engine->release(std::move(first), at(1ms));
    ASSERT_EQ(waiting.request.grant.kind, use);

    Caller late;
    EXPECT_EQ(engine->acquire(late.request, at(1ms)).kind, wait);
}

TEST_F(EngineTest, a_place_that_becomes_free_goes_to_the_first_waiter_as_a_dial) {
    make(1, {.max_size = 1, .max_per_node = 1});
    auto leased = lease();
    Caller waiting;
    ASSERT_EQ(engine->acquire(waiting.request, at(0ms)).kind, wait);

    engine->discard(std::move(leased), {}, at(1ms));

    EXPECT_EQ(waiting.waker.wakes, 1);
    EXPECT_EQ(waiting.request.grant.kind, dial);
}

TEST_F(EngineTest, who_withdraws_is_not_served) {
    make(1, {.max_size = 1, .max_per_node = 1});
    auto leased = lease();
    Caller gone;
    Caller next;
    ASSERT_EQ(engine->acquire(gone.request, at(0ms)).kind, wait);
    ASSERT_EQ(engine->acquire(next.request, at(0ms)).kind, wait);

    engine->withdraw(gone.request);
    engine->release(std::move(leased), at(1ms));

    EXPECT_EQ(gone.waker.wakes, 0);
    EXPECT_EQ(next.waker.wakes, 1);
}

TEST_F(EngineTest, the_queue_is_bounded_and_says_its_numbers) {
    make(1, {.max_size = 1, .max_per_node = 1, .max_waiters = 1});
    const auto leased = lease();
    Caller first;
    Caller second;
    ASSERT_EQ(engine->acquire(first.request, at(0ms)).kind, wait);

    const Acquisition refused = engine->acquire(second.request, at(0ms));

    EXPECT_EQ(refused.kind, fail);
    EXPECT_EQ(refused.error->code, Errc::pool_exhausted);
    EXPECT_THAT(refused.error->text, HasSubstr("1 of 1 connections are open"));
    EXPECT_THAT(refused.error->text, HasSubstr("1 of 1 calls are waiting"));
}

TEST_F(EngineTest, who_left_nodes_out_holds_up_nobody_behind_him) {
    make(2, {.max_size = 2, .max_per_node = 1});
    auto first = lease();
    auto second = lease();
    Caller choosy;
    choosy.request.failed.push_back(FailedNode{first->node().serial, {}});
    Caller next;
    ASSERT_EQ(engine->acquire(choosy.request, at(0ms)).kind, wait);
    ASSERT_EQ(engine->acquire(next.request, at(0ms)).kind, wait);

    engine->release(std::move(first), at(1ms));
    EXPECT_EQ(choosy.waker.wakes, 0);
    EXPECT_EQ(next.request.grant.kind, use);

    engine->release(std::move(next.request.grant.connection), at(1ms));
    EXPECT_EQ(lease(at(1ms))->node().serial, choosy.request.failed.front().serial) << "nor those who come later";
    engine->release(std::move(second), at(2ms));
    EXPECT_EQ(choosy.request.grant.kind, use);
}

TEST_F(EngineTest, the_end_of_a_back_off_serves_who_waits) {
    make(2, {.max_size = 2, .max_per_node = 1});
    Caller caller;
    Acquisition place = engine->acquire(caller.request, at(0ms));
    engine->dial_failed(*place.node, make_error(Errc::connect_failed, "refused"), at(0ms));
    const auto other = lease();
    Caller waiting;
    ASSERT_EQ(engine->acquire(waiting.request, at(1ms)).kind, wait);

    const TimePoint then = engine->next_return(at(1ms));
    ASSERT_GT(then, at(1ms));
    ASSERT_LE(then, at(101ms));
    engine->reconsider(at(2ms));
    EXPECT_EQ(waiting.waker.wakes, 0);
    engine->reconsider(then);

    EXPECT_EQ(waiting.request.grant.kind, dial);
    EXPECT_EQ(engine->next_return(then), no_deadline);
}

TEST_F(EngineTest, connections_ahead_go_where_there_are_fewest_up_to_the_limit) {
    make(2, {.max_size = 3, .max_per_node = 3});
    const AcquireRequest nothing_failed;
    std::vector<const PoolNode*> places;
    for (int i = 0; i < 3; ++i) {
        const Acquisition place = engine->acquire_new(nothing_failed, at(0ms));
        ASSERT_EQ(place.kind, dial);
        places.push_back(place.node);
    }

    EXPECT_NE(places[0], places[1]);
    EXPECT_EQ(engine->acquire_new(nothing_failed, at(0ms)).kind, wait) << "it is full";
    EXPECT_EQ(engine->made(), 0U) << "none of them is there yet";
}

// ---------------------------------------------------------------------------------------------------------- strategies

TEST_F(EngineTest, an_index_out_of_range_is_counted_and_another_candidate_serves) {
    make(2);
    strategy->answers = {9'999, BalanceStrategy::npos};
    Caller caller;

    EXPECT_EQ(engine->acquire(caller.request, at(0ms)).kind, dial);
    EXPECT_EQ(engine->acquire(caller.request, at(0ms)).kind, dial);
    EXPECT_EQ(engine->balancer().status().bad_picks, 1U);
}

TEST_F(EngineTest, a_candidate_shows_what_a_policy_needs) {
    make(1, {.max_size = 5, .max_per_node = 5});
    auto leased = lease();
    engine->release(lease(), at(0ms));
    Engine::count_statement(leased->node(), 800us);
    Caller caller;
    const Acquisition acquisition = engine->acquire(caller.request, at(0ms));

    EXPECT_EQ(strategy->last.in_flight, 1U);
    EXPECT_EQ(strategy->last.idle, 1U);
    EXPECT_EQ(strategy->last.open, 2U);
    EXPECT_EQ(strategy->last.max, 5U);
    EXPECT_EQ(strategy->last.latency, 800us);
}

TEST_F(EngineTest, latency_is_smoothed) {
    make(1);
    const auto leased = lease();

    Engine::count_statement(leased->node(), 800us);
    Engine::count_statement(leased->node(), 1'600us);

    EXPECT_EQ(leased->node().latency, 900us);
}

// ------------------------------------------------------------------------------------------------------------ failures

TEST_F(EngineTest, a_node_that_failed_the_call_is_not_offered_to_it_again) {
    make(2);
    strategy->answers = {0};
    Caller caller;
    const Acquisition first = engine->acquire(caller.request, at(0ms));
    const Error refused = make_error(Errc::connect_failed, "refused");
    caller.request.failed.push_back({first.node->serial, refused});
    engine->dial_failed(*first.node, refused, at(1ms));

    const Acquisition second = engine->acquire(caller.request, at(1ms));

    EXPECT_EQ(strategy->offered, (std::vector<std::string>{"127.0.0.1:1002"}));
    EXPECT_EQ(strategy->attempt, 1U);
    EXPECT_EQ(second.kind, dial);
}

TEST_F(EngineTest, a_failing_node_is_left_alone_until_its_back_off_ends) {
    make(2);
    strategy->answers = {0};
    Caller caller;
    engine->dial_failed(*engine->acquire(caller.request, at(0ms)).node, make_error(Errc::connect_failed, "refused"),
                        at(0ms));

    Caller soon;
    static_cast<void>(engine->acquire(soon.request, at(1ms)));
    EXPECT_EQ(strategy->offered, (std::vector<std::string>{"127.0.0.1:1002"}));
    Caller later;
    static_cast<void>(engine->acquire(later.request, at(100ms)));
    EXPECT_EQ(strategy->offered.size(), 2U);
}

TEST_F(EngineTest, the_only_node_is_tried_in_spite_of_its_back_off) {
    make(1);
    Caller caller;
    engine->dial_failed(*engine->acquire(caller.request, at(0ms)).node, make_error(Errc::connect_failed, "refused"),
                        at(0ms));

    Caller next;
    EXPECT_EQ(engine->acquire(next.request, at(1ms)).kind, dial);
}

TEST_F(EngineTest, attempts_that_began_together_count_as_one_failure) {
    make(1);
    std::vector<PoolNode*> dials;
    Caller caller;
    for (int i = 0; i < 5; ++i) dials.push_back(engine->acquire(caller.request, at(0ms)).node);
    for (PoolNode* node : dials) engine->dial_failed(*node, make_error(Errc::connect_failed, "refused"), at(1ms));

    EXPECT_EQ(dials.front()->failures_in_a_row, 1U);
    EXPECT_EQ(dials.front()->failures, 5U);
    EXPECT_LE(dials.front()->retry_at, at(101ms));
}

TEST(BackOff, doubles_from_100_ms_to_10_s_with_its_upper_half_at_random) {
    EXPECT_EQ(back_off(1, 0), 50ms);
    EXPECT_EQ(back_off(1, 50), 100ms);
    EXPECT_EQ(back_off(4, 0), 400ms);
    EXPECT_EQ(back_off(50, 0), 5s);
    for (std::uint64_t random = 0; random < 1'000; ++random) {
        EXPECT_GE(back_off(3, random), 200ms);
        EXPECT_LE(back_off(3, random), 400ms);
    }
}

TEST_F(EngineTest, a_refused_login_is_not_tried_again_for_half_a_minute_and_remembered) {
    make(1);
    Caller caller;
    engine->dial_failed(*engine->acquire(caller.request, at(0ms)).node,
                        make_error(Errc::authentication_failed, "login refused"), at(0ms));

    Caller soon;
    const Acquisition refused = engine->acquire(soon.request, at(29s));
    EXPECT_EQ(refused.kind, fail);
    EXPECT_EQ(refused.error->code, Errc::authentication_failed);
    EXPECT_THAT(refused.error->text, HasSubstr("login refused"));
    Caller later;
    EXPECT_EQ(engine->acquire(later.request, at(31s)).kind, dial);
}

TEST_F(EngineTest, when_every_node_failed_each_is_named_with_its_error) {
    make(2);
    Caller caller;
    for (const char* why : {"first reason", "second reason"}) {
        const Acquisition acquisition = engine->acquire(caller.request, at(0ms));
        ASSERT_EQ(acquisition.kind, dial);
        const Error error = make_error(Errc::connect_failed, why);
        caller.request.failed.push_back({acquisition.node->serial, error});
        engine->dial_failed(*acquisition.node, error, at(0ms));
    }

    const Acquisition none = engine->acquire(caller.request, at(0ms));

    EXPECT_EQ(none.error->code, Errc::no_node_available);
    for (const char* part : {"127.0.0.1:1001", "first reason", "127.0.0.1:1002", "second reason"}) {
        EXPECT_THAT(none.error->text, HasSubstr(part));
    }
}

TEST_F(EngineTest, a_lost_connection_asks_for_a_refresh_once) {
    make(1);
    auto leased = lease();
    engine->discard(std::move(leased), make_error(Errc::connection_lost, "lost"), at(0ms));

    EXPECT_TRUE(engine->take_refresh_wanted());
    EXPECT_FALSE(engine->take_refresh_wanted());
}

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
    caller.request.failed.push_back({first.node->serial, refused});
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
    engine->end_discovery_dial(make_error(Errc::authentication_failed, "login refused"), at(0ms));

    EXPECT_EQ(engine->acquire(caller.request, at(1s)).error->code, Errc::authentication_failed);
    EXPECT_TRUE(engine->discovery_order(at(1s)).empty());
    EXPECT_EQ(engine->nobody_to_ask(at(1s)).code, Errc::authentication_failed);
    EXPECT_EQ(engine->begin_discovery_dial(FakeCluster::endpoint(1), waker, at(1s)), Engine::DialPermission::refused);
    EXPECT_EQ(engine->discovery_order(at(31s)).size(), 1U);
}

// --------------------------------------------------------------------------------------------------------- first logins

TEST_F(EngineTest, until_a_login_was_accepted_a_node_sees_one_at_a_time) {
    make_unknown(1);
    Caller first, second, third;
    const Acquisition trial = engine->acquire(first.request, at(0ms));
    ASSERT_EQ(trial.kind, dial);
    EXPECT_EQ(engine->acquire(second.request, at(0ms)).kind, wait);
    EXPECT_EQ(engine->acquire(third.request, at(0ms)).kind, wait);

    const auto connection = connect(*trial.node);
    EXPECT_EQ(second.request.grant.kind, dial);
    EXPECT_EQ(third.request.grant.kind, dial);
}

TEST_F(EngineTest, who_waited_for_a_login_that_is_refused_hears_why_and_tries_none_himself) {
    make_unknown(1);
    Caller first, second, third;
    const Acquisition trial = engine->acquire(first.request, at(0ms));
    static_cast<void>(engine->acquire(second.request, at(0ms)));
    static_cast<void>(engine->acquire(third.request, at(0ms)));

    engine->dial_failed(*trial.node, make_error(Errc::authentication_failed, "login refused"), at(1ms));

    for (Caller* caller : {&second, &third}) {
        EXPECT_EQ(caller->waker.wakes, 1);
        ASSERT_EQ(caller->request.grant.kind, fail);
        EXPECT_EQ(caller->request.grant.error->code, Errc::authentication_failed);
    }
}

TEST_F(EngineTest, who_waited_for_a_dial_that_failed_tries_the_other_nodes) {
    make_unknown(2);
    Caller first, second, third;
    const Acquisition one = engine->acquire(first.request, at(0ms));
    const Acquisition two = engine->acquire(second.request, at(0ms));
    ASSERT_EQ(two.kind, dial);
    ASSERT_NE(one.node, two.node);
    ASSERT_EQ(engine->acquire(third.request, at(0ms)).kind, wait);

    engine->dial_failed(*one.node, make_error(Errc::connect_failed, "refused"), at(1ms));
    EXPECT_TRUE(third.request.queued);
    const auto connection = connect(*two.node);
    ASSERT_EQ(third.request.grant.kind, dial);
    EXPECT_EQ(third.request.grant.node, two.node);
}

TEST_F(EngineTest, a_call_and_discovery_do_not_log_in_together_for_the_first_time) {
    make_unknown(1);
    Caller call;
    CountingWaker discovery;
    ASSERT_EQ(engine->begin_discovery_dial(FakeCluster::endpoint(1), discovery, at(0ms)), granted);
    EXPECT_EQ(engine->acquire(call.request, at(0ms)).kind, wait);
    engine->end_discovery_dial(make_error(Errc::cancelled, "given up"), at(1ms));
    ASSERT_EQ(call.request.grant.kind, dial);

    EXPECT_EQ(engine->begin_discovery_dial(FakeCluster::endpoint(1), discovery, at(2ms)), Engine::DialPermission::wait);
    EXPECT_EQ(discovery.wakes, 0);
    engine->dial_cancelled(*call.request.grant.node, at(3ms));
    EXPECT_EQ(discovery.wakes, 1);
}

TEST_F(EngineTest, a_refused_login_is_remembered_whatever_fails_after_it) {
    make(1);
    auto connection = lease();
    Caller second;
    const Acquisition acquisition = engine->acquire(second.request, at(0ms));
    engine->dial_failed(*acquisition.node, make_error(Errc::authentication_failed, "login refused"), at(1ms));
    engine->discard(std::move(connection), make_error(Errc::connection_lost, "lost"), at(2ms));

    Caller third;
    const Acquisition refused = engine->acquire(third.request, at(3ms));
    ASSERT_EQ(refused.kind, fail);
    EXPECT_EQ(refused.error->code, Errc::authentication_failed);
}

TEST_F(EngineTest, where_a_dial_outlasts_its_caller_nobody_adds_another) {
    make(2);
    Caller first;
    const Acquisition slow = engine->acquire(first.request, at(0ms));
    Engine::dial_left(*slow.node);

    for (int i = 0; i < 3; ++i) {
        Caller other;
        const Acquisition acquisition = engine->acquire(other.request, at(1ms));
        ASSERT_EQ(acquisition.kind, dial);
        EXPECT_NE(acquisition.node, slow.node);
    }
    Engine::dial_attended(*slow.node);
    const auto connection = connect(*slow.node);
    Caller last;
    EXPECT_EQ(engine->acquire(last.request, at(2ms)).node, slow.node);
}

// ------------------------------------------------------------------------------------------------------ seeds and limits

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

    EXPECT_EQ(engine->open(), 1U);
    EXPECT_EQ(engine->idle(), 1U);
    EXPECT_EQ(engine->take_garbage().size(), 1U);
}

TEST_F(EngineTest, what_a_spare_seed_has_idle_makes_room_for_a_node_of_the_topology) {
    make(1, {.max_size = 1, .max_per_node = 1});
    auto over_seed = lease();
    const Topology topology = FakeCluster::topology({7}, 7);
    engine->apply(topology, FakeCluster::endpoint(9), at(0ms));
    engine->release(std::move(over_seed), at(1ms));

    Caller caller;
    const Acquisition acquisition = engine->acquire(caller.request, at(2ms));
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

// ----------------------------------------------------------------------------------------------------- left behind, end

TEST_F(EngineTest, a_connection_left_behind_frees_its_place_and_may_come_back) {
    make(1, {.max_size = 1, .max_per_node = 1, .max_draining = 1});
    auto drained = engine->abandon(lease(), at(0ms));
    ASSERT_NE(drained, nullptr);
    EXPECT_EQ(engine->open(), 0U);
    EXPECT_EQ(engine->draining(), 1U);

    engine->readmit(std::move(drained), at(1ms));

    EXPECT_EQ(engine->idle(), 1U);
    EXPECT_EQ(engine->draining(), 0U);
}

TEST_F(EngineTest, no_more_than_the_limit_are_left_behind) {
    make(1, {.max_size = 1, .max_per_node = 1, .max_draining = 1});
    const auto first = engine->abandon(lease(), at(0ms));
    const auto second = engine->abandon(lease(), at(0ms));

    EXPECT_NE(first, nullptr);
    EXPECT_EQ(second, nullptr);
    EXPECT_EQ(engine->take_garbage().size(), 1U);
}

TEST_F(EngineTest, who_comes_back_to_a_full_pool_is_closed) {
    make(1, {.max_size = 1, .max_per_node = 1, .max_draining = 1});
    auto drained = engine->abandon(lease(), at(0ms));
    const auto another = lease();

    engine->readmit(std::move(drained), at(1ms));

    EXPECT_EQ(engine->open(), 1U);
    EXPECT_EQ(engine->take_garbage().size(), 1U);
}

TEST_F(EngineTest, closing_tells_every_waiter_and_lets_go_of_idle_connections) {
    make(1, {.max_size = 1, .max_per_node = 1});
    auto leased = lease();
    Caller waiting;
    ASSERT_EQ(engine->acquire(waiting.request, at(0ms)).kind, wait);

    engine->close();

    EXPECT_EQ(waiting.request.grant.error->code, Errc::closed);
    EXPECT_EQ(engine->busy(), 1U);
    engine->release(std::move(leased), at(1ms));
    EXPECT_EQ(engine->busy(), 0U);
    EXPECT_EQ(engine->open(), 0U);
    Caller late;
    EXPECT_EQ(engine->acquire(late.request, at(1ms)).error->code, Errc::closed);
}

TEST_F(EngineTest, idle_connections_are_taken_for_a_look_by_their_age) {
    make(1);
    auto older = lease();
    auto newer = lease();
    older->used(at(0ms));
    newer->used(at(900ms));
    engine->release(std::move(older), at(0ms));
    engine->release(std::move(newer), at(900ms));

    auto taken = engine->take_idle(at(500ms));

    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(engine->idle(), 1U);
    engine->release(std::move(taken.front()), at(1s));
    EXPECT_EQ(engine->idle(), 2U);
}

}  // namespace
}  // namespace picoxx
