// What the engine makes of dials and logins that fail.
#include "engine_fixture.hpp"
#include "pool/back_off.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace picoxx {
namespace {

using ::testing::HasSubstr;

// ------------------------------------------------------------------------------------------------------------ failures

TEST_F(EngineTest, a_node_that_refused_a_dial_is_offered_to_nobody) {
    make(2);
    strategy->answers = {0};
    Caller caller;
    const Acquisition first = engine->acquire(caller.request, at(0ms));
    engine->dial_failed(*first.node, make_error(Errc::connect_failed, "refused"), at(1ms));
    caller.request.attempt = 1;

    const Acquisition second = engine->acquire(caller.request, at(1ms));

    EXPECT_EQ(strategy->offered, (std::vector<std::string>{"127.0.0.1:1002"}));
    EXPECT_EQ(strategy->attempt, 1U);
    EXPECT_EQ(second.kind, dial);
}

TEST_F(EngineTest, a_failing_node_is_dialled_in_the_background_when_its_back_off_ends_and_somebody_asks) {
    make(2);
    strategy->answers = {0};
    Caller caller;
    PoolNode& failing = *engine->acquire(caller.request, at(0ms)).node;
    engine->dial_failed(failing, make_error(Errc::connect_failed, "refused"), at(0ms));
    auto other = lease(at(1ms));
    engine->release(std::move(other), at(1ms));
    EXPECT_TRUE(engine->take_dials().empty()) << "it backs off";

    EXPECT_EQ(lease(at(100ms))->node().label, "127.0.0.1:1002") << "nobody pays for the attempt";
    const std::vector<PoolNode*> dials = engine->take_dials();
    ASSERT_EQ(dials, std::vector{&failing});
    static_cast<void>(lease(at(30s)));
    EXPECT_TRUE(engine->take_dials().empty()) << "one at a time";
    static_cast<void>(connect(failing));

    Caller next;
    EXPECT_EQ(engine->acquire(next.request, at(31s)).kind, dial);
    EXPECT_EQ(strategy->offered.size(), 2U);
}

TEST_F(EngineTest, where_the_only_node_is_failing_calls_share_one_attempt_after_another) {
    make(1);
    Caller first, second, third;
    PoolNode& node = *engine->acquire(first.request, at(0ms)).node;
    engine->dial_failed(node, make_error(Errc::connect_failed, "refused"), at(0ms));

    EXPECT_EQ(engine->acquire(second.request, at(1ms)).kind, wait);
    EXPECT_EQ(engine->acquire(third.request, at(1ms)).kind, wait);
    EXPECT_TRUE(engine->take_dials().empty());
    engine->reconsider(engine->next_return(at(1ms)));
    ASSERT_EQ(engine->take_dials().size(), 1U);
    EXPECT_TRUE(second.request.queued);

    const auto connection = connect(node);
    EXPECT_EQ(second.request.grant.kind, dial);
    EXPECT_EQ(third.request.grant.kind, dial);
}

TEST_F(EngineTest, attempts_that_began_together_count_as_one_failure) {
    make(1);
    std::vector<PoolNode*> dials;
    Caller caller;
    for (int i = 0; i < 2; ++i) dials.push_back(engine->acquire(caller.request, at(0ms)).node);
    for (PoolNode* node : dials) engine->dial_failed(*node, make_error(Errc::connect_failed, "refused"), at(1ms));

    EXPECT_EQ(dials.front()->failures_in_a_row, 1U);
    EXPECT_EQ(dials.front()->failures, 2U);
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
    EXPECT_EQ(engine->acquire(later.request, at(31s)).kind, wait);
    EXPECT_EQ(engine->take_dials().size(), 1U) << "one finds out for all";
}

TEST_F(EngineTest, a_node_that_refuses_a_dial_serves_by_the_connections_it_has) {
    make(1, {.max_size = 2, .max_per_node = 2});
    auto live = lease();
    Caller caller;
    const Acquisition failing = engine->acquire(caller.request, at(0ms));
    ASSERT_EQ(failing.kind, dial);
    const Error refused = make_error(Errc::connect_failed, "refused");
    engine->dial_failed(*failing.node, refused, at(0ms));

    ASSERT_EQ(engine->acquire(caller.request, at(0ms)).kind, wait);
    engine->release(std::move(live), at(1ms));

    EXPECT_EQ(caller.request.grant.kind, use);
}

TEST_F(EngineTest, where_a_login_is_refused_the_connections_that_are_logged_in_serve) {
    make(1, {.max_size = 2, .max_per_node = 2});
    auto live = lease();
    Caller first;
    engine->dial_failed(*engine->acquire(first.request, at(0ms)).node,
                        make_error(Errc::authentication_failed, "login refused"), at(0ms));

    Caller second;
    ASSERT_EQ(engine->acquire(second.request, at(1ms)).kind, wait);
    engine->release(std::move(live), at(2ms));

    EXPECT_EQ(second.request.grant.kind, use);
}

TEST_F(EngineTest, a_refused_login_is_not_repeated_under_another_name_of_the_node) {
    make(1);
    engine->apply(FakeCluster::topology({1}, 9), FakeCluster::endpoint(9), at(0ms));
    Caller first;
    const Acquisition refused = engine->acquire(first.request, at(0ms));
    EXPECT_EQ(refused.node->info.name, "i1");
    engine->dial_failed(*refused.node, make_error(Errc::authentication_failed, "login refused"), at(0ms));

    Caller second;
    const Acquisition acquisition = engine->acquire(second.request, at(1ms));
    ASSERT_EQ(acquisition.kind, fail);
    EXPECT_EQ(acquisition.error->code, Errc::authentication_failed);
}

TEST_F(EngineTest, when_every_node_failed_who_waited_in_vain_hears_the_error_of_each) {
    make(2);
    Caller caller;
    for (const char* why : {"first reason", "second reason"}) {
        const Acquisition acquisition = engine->acquire(caller.request, at(0ms));
        ASSERT_EQ(acquisition.kind, dial);
        engine->dial_failed(*acquisition.node, make_error(Errc::connect_failed, why), at(0ms));
    }
    ASSERT_EQ(engine->acquire(caller.request, at(0ms)).kind, wait);

    const Error none = engine->nobody_came();

    EXPECT_EQ(none.code, Errc::no_node_available);
    for (const char* part : {"127.0.0.1:1001", "first reason", "127.0.0.1:1002", "second reason"}) {
        EXPECT_THAT(none.text, HasSubstr(part));
    }
}

TEST_F(EngineTest, a_call_that_dials_takes_a_connection_that_is_given_back_first) {
    make(1, {.max_size = 2, .max_per_node = 2});
    auto live = lease();
    Caller caller;
    const Acquisition place = engine->acquire(caller.request, at(0ms));
    ASSERT_EQ(place.kind, dial);
    ASSERT_TRUE(engine->wait_beside_dial(caller.request));

    engine->release(std::move(live), at(1ms));

    EXPECT_EQ(caller.waker.wakes, 1);
    EXPECT_EQ(caller.request.grant.kind, use);
}

TEST_F(EngineTest, who_dials_since_the_strategy_wants_so_takes_no_connection_of_another) {
    make(2);
    strategy->answers = {0, 1};
    engine->release(lease(), at(0ms));
    Caller caller;
    const Acquisition place = engine->acquire(caller.request, at(0ms));
    ASSERT_EQ(place.kind, dial);
    EXPECT_FALSE(engine->wait_beside_dial(caller.request));
    EXPECT_TRUE(engine->has_other_than(*place.node, at(250ms))) << "unless it takes its time";
}

TEST_F(EngineTest, what_lies_idle_is_of_use_to_who_dials_the_same_address) {
    // Advertised addresses may all be one that nobody answers; connections were made by the seed's.
    make(1);
    std::unique_ptr<Connection> live = lease();
    Topology topology;
    for (const char* id : {"a", "b"}) {
        Node node;
        node.id = id;
        node.endpoint = FakeCluster::endpoint(9);
        topology.nodes.push_back(node);
    }
    topology.answered_by = "a";
    engine->apply(topology, FakeCluster::endpoint(1), at(0ms));
    engine->release(std::move(live), at(0ms));
    strategy->answers = {1};
    Caller caller;
    const Acquisition place = engine->acquire(caller.request, at(0ms));
    ASSERT_EQ(place.kind, dial);

    EXPECT_TRUE(engine->has_other_than(*place.node, at(250ms)));

    engine->dial_cancelled(*place.node, at(250ms));
}

TEST_F(EngineTest, a_node_that_failed_does_not_get_the_place_that_a_call_needs) {
    make(2, {.max_size = 1, .max_per_node = 1});
    strategy->answers = {0};
    Caller caller;
    PoolNode& failing = *engine->acquire(caller.request, at(0ms)).node;
    engine->dial_failed(failing, make_error(Errc::connect_failed, "refused"), at(0ms));

    const Acquisition place = engine->acquire(caller.request, at(10s));

    ASSERT_EQ(place.kind, dial);
    EXPECT_NE(place.node, &failing);
    EXPECT_TRUE(engine->take_dials().empty());
    engine->dial_cancelled(*place.node, at(10s));
}

TEST_F(EngineTest, who_has_nothing_comes_before_those_who_dial) {
    make(1, {.max_size = 2, .max_per_node = 2});
    auto live = lease();
    Caller dialling, waiting;
    const Acquisition place = engine->acquire(dialling.request, at(0ms));
    ASSERT_TRUE(engine->wait_beside_dial(dialling.request));
    ASSERT_EQ(engine->acquire(waiting.request, at(0ms)).kind, wait);

    engine->release(std::move(live), at(1ms));

    EXPECT_EQ(waiting.request.grant.kind, use);
    EXPECT_TRUE(dialling.request.queued);
    engine->withdraw(dialling.request);
    engine->dial_cancelled(*place.node, at(2ms));
}

TEST_F(EngineTest, a_time_out_is_seen_at_its_node_until_that_answers) {
    make(1);
    auto connection = lease();
    PoolNode& node = connection->node();
    const Error late = make_error(Errc::deadline_exceeded, "the time for the call ran out");

    static_cast<void>(engine->statement_timed_out(node, late, at(0ms), at(100ms)));

    EXPECT_EQ(engine->nodes()[0].failures, 1U);
    EXPECT_EQ(engine->nodes()[0].last_error.code, Errc::deadline_exceeded);
    Caller caller;
    static_cast<void>(engine->acquire(caller.request, at(100ms)));
    EXPECT_EQ(strategy->last.recent_errors, 1U);
    engine->count_statement(node, 1ms);
    engine->release(std::move(connection), at(100ms));
    EXPECT_EQ(engine->nodes()[0].last_error.code, Errc::ok);
    static_cast<void>(engine->acquire(caller.request, at(100ms)));
    EXPECT_EQ(strategy->last.recent_errors, 0U);
    EXPECT_EQ(engine->nodes()[0].failures, 1U);
}

TEST_F(EngineTest, a_time_out_does_not_hide_why_the_node_takes_no_connection) {
    make(1);
    auto connection = lease();
    Caller caller;
    PoolNode& node = *engine->acquire(caller.request, at(0ms)).node;
    engine->dial_failed(node, make_error(Errc::tls_failed, "no TLS"), at(0ms));

    static_cast<void>(
        engine->statement_timed_out(node, make_error(Errc::deadline_exceeded, "late"), at(0ms), at(100ms)));
    engine->count_statement(node, 1ms);

    EXPECT_EQ(engine->nodes()[0].last_error.code, Errc::tls_failed);
}

TEST_F(EngineTest, idle_connections_that_were_unused_since_a_late_statement_began_are_left_behind_to_be_asked) {
    make(1, {.max_size = 3, .max_per_node = 3});
    auto late = lease();
    auto unused = lease();
    auto used = lease();
    const Connection* const doubtful = unused.get();
    unused->used(at(0ms));
    used->used(at(60ms));
    engine->release(std::move(unused), at(0ms));
    engine->release(std::move(used), at(60ms));

    const auto asked = engine->statement_timed_out(late->node(), make_error(Errc::deadline_exceeded, "late"), at(50ms),
                                                   at(100ms));

    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].get(), doubtful);
    EXPECT_EQ(engine->idle(), 1U);
    EXPECT_EQ(engine->open(), 3U) << "it keeps its place";
}

TEST_F(EngineTest, a_lost_connection_bars_no_dial) {
    make(1);
    engine->discard(lease(), make_error(Errc::connection_lost, "lost"), at(0ms));
    Caller first, second;
    EXPECT_EQ(engine->acquire(first.request, at(0ms)).kind, dial);
    EXPECT_EQ(engine->acquire(second.request, at(0ms)).kind, wait) << "but it is to be seen whether it takes any";
}

TEST_F(EngineTest, a_lost_connection_asks_for_a_refresh_once) {
    make(1);
    auto leased = lease();
    engine->discard(std::move(leased), make_error(Errc::connection_lost, "lost"), at(0ms));

    EXPECT_TRUE(engine->take_refresh_wanted());
    EXPECT_FALSE(engine->take_refresh_wanted());
}

// -------------------------------------------------------------------------------------------------------- first logins

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

TEST_F(EngineTest, who_waited_for_a_dial_that_failed_waits_for_the_other_nodes) {
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
    engine->end_discovery_dial(FakeCluster::endpoint(1), make_error(Errc::cancelled, "given up"), at(1ms));
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
    engine->dial_left(*slow.node);

    for (int i = 0; i < 3; ++i) EXPECT_NE(&lease(at(1ms))->node(), slow.node);
    engine->dial_attended(*slow.node);
    const auto connection = connect(*slow.node);
    Caller last;
    EXPECT_EQ(engine->acquire(last.request, at(2ms)).node, slow.node);
}

TEST_F(EngineTest, while_no_node_serves_each_is_tried_once_a_second) {
    make(2);
    std::size_t tried = 0;
    TimePoint now = at(0ms);
    for (; now < at(60s); now += 50ms) {
        Caller caller;
        Acquisition acquisition = engine->acquire(caller.request, now);
        if (acquisition.kind == dial) {
            engine->dial_failed(*acquisition.node, make_error(Errc::connect_failed, "refused"), now);
        }
        for (PoolNode* node : engine->take_dials()) {
            ++tried;
            engine->dial_failed(*node, make_error(Errc::connect_failed, "refused"), now);
        }
        engine->withdraw(caller.request);
    }
    EXPECT_GE(tried, 2U * 55) << "about once a second";
    EXPECT_LE(tried, 2U * 125);
}

TEST_F(EngineTest, when_the_last_connection_is_gone_nodes_that_were_put_off_are_tried_soon) {
    for (const bool is_left_behind : {false, true}) {
        make(2);
        auto last = lease();
        Caller caller;
        strategy->answers = {1};
        Acquisition other = engine->acquire(caller.request, at(0ms));
        ASSERT_EQ(other.kind, dial);
        engine->dial_failed(*other.node, make_error(Errc::connect_failed, "refused"), at(0ms));
        TimePoint now = at(0ms);
        for (int i = 0; i < 12; ++i) {  // its back-off grows to 10 s
            now = std::max(now + 20s, now);
            Caller asks;
            auto served = engine->acquire(asks.request, now);
            engine->withdraw(asks.request);
            for (PoolNode* node : engine->take_dials())
                engine->dial_failed(*node, make_error(Errc::connect_failed, "refused"), now);
            if (served.connection != nullptr) engine->release(std::move(served.connection), now);
            if (served.kind == dial) engine->dial_cancelled(*served.node, now);
        }
        if (is_left_behind) {
            auto left = engine->abandon(std::move(last), now);
            EXPECT_LE(engine->next_return(now), now + 1s) << "left behind it serves nobody";
            engine->drain_failed(std::move(left), true);
        } else {
            engine->discard(std::move(last), make_error(Errc::connection_lost, "it died"), now);
        }
        EXPECT_LE(engine->next_return(now), now + 1s);
    }
}

}  // namespace
}  // namespace picoxx
