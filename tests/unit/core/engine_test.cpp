// Who gets which connection, and who waits.
#include "engine_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace picoxx {
namespace {

using ::testing::HasSubstr;

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

TEST_F(EngineTest, an_exhausted_pool_tells_what_is_being_made_and_why_nothing_comes) {
    make(1, {.max_size = 2, .max_per_node = 2, .max_waiters = 0});
    const auto leased = lease();
    Caller caller;
    const Acquisition failing = engine->acquire(caller.request, at(0ms));
    engine->dial_failed(*failing.node, make_error(Errc::connect_failed, "no answer to the handshake"), at(0ms));

    const Acquisition refused = engine->acquire(caller.request, at(1s));

    ASSERT_EQ(refused.kind, fail);
    EXPECT_THAT(refused.error->text, HasSubstr("1 of 2 connections are open, 1 of them busy, 1 are being made"));
    EXPECT_THAT(refused.error->text, HasSubstr("the last error, of 127.0.0.1:1001: no answer to the handshake"));
}

TEST_F(EngineTest, who_waits_behind_one_that_withdraws_keeps_his_turn) {
    make(1, {.max_size = 1, .max_per_node = 1});
    auto leased = lease();
    Caller first, second, third;
    for (Caller* caller : {&first, &second, &third}) {
        ASSERT_EQ(engine->acquire(caller->request, at(0ms)).kind, wait);
    }

    engine->withdraw(second.request);
    engine->release(std::move(leased), at(1ms));
    engine->release(std::move(first.request.grant.connection), at(2ms));

    EXPECT_EQ(engine->waiting(), 0U);
    EXPECT_EQ(third.request.grant.kind, use);
    EXPECT_EQ(second.waker.wakes, 0);
}

TEST_F(EngineTest, the_end_of_a_back_off_is_not_lost_on_who_waits_where_a_call_saw_it_first) {
    make(2, {.max_size = 2, .max_per_node = 1});
    Caller caller;
    engine->dial_failed(*engine->acquire(caller.request, at(0ms)).node, make_error(Errc::connect_failed, "refused"),
                        at(0ms));
    auto other = lease();
    Caller first, second;
    ASSERT_EQ(engine->acquire(first.request, at(1ms)).kind, wait);
    ASSERT_EQ(engine->acquire(second.request, at(1ms)).kind, wait);

    engine->release(std::move(other), at(100ms));
    ASSERT_EQ(first.request.grant.kind, use);
    ASSERT_TRUE(second.request.queued);
    engine->reconsider(at(100ms));

    EXPECT_EQ(engine->take_dials().size(), 1U);
}

TEST_F(EngineTest, each_face_gets_the_connections_it_used_last) {
    make(1);
    Caller synchronous, asynchronous;
    asynchronous.request.face = Face::asynchronous;
    auto one = lease();
    auto two = lease();
    const Connection* const used_asynchronously = two.get();
    two->used_by(Face::asynchronous);
    engine->release(std::move(two), at(0ms));
    engine->release(std::move(one), at(1ms));

    EXPECT_EQ(engine->acquire(asynchronous.request, at(2ms)).connection.get(), used_asynchronously);
    const Acquisition other = engine->acquire(asynchronous.request, at(2ms));
    ASSERT_EQ(other.kind, use) << "rather another's than none";
    EXPECT_EQ(other.connection->face(), Face::asynchronous);
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

    EXPECT_EQ(engine->take_dials(), std::vector{place.node});
    EXPECT_TRUE(waiting.request.queued) << "it is made in the background, and whose turn it is gets it";
    EXPECT_EQ(engine->next_return(then), no_deadline);
}

TEST_F(EngineTest, connections_ahead_go_where_the_strategy_says_up_to_the_limit) {
    make(2, {.max_size = 2, .max_per_node = 2});
    std::vector<const PoolNode*> places;
    for (int i = 0; i < 2; ++i) {
        strategy->answers = {0};
        const Acquisition place = engine->acquire_ahead(Engine::Ahead::anywhere, at(0ms), at(0ms));
        ASSERT_EQ(place.kind, dial);
        places.push_back(place.node);
    }

    EXPECT_EQ(places[0], places[1]);
    EXPECT_EQ(engine->acquire_ahead(Engine::Ahead::anywhere, at(0ms), at(0ms)).kind, wait) << "it is full";
    EXPECT_EQ(engine->made(), 0U) << "none of them is there yet";
}

TEST_F(EngineTest, connections_ahead_fail_once_each_node_has_failed_since_they_were_asked_for) {
    make(2);
    Caller caller;
    const Error refused = make_error(Errc::connect_failed, "refused");
    for (int i = 0; i < 2; ++i) engine->dial_failed(*engine->acquire(caller.request, at(0ms)).node, refused, at(0ms));

    EXPECT_EQ(engine->acquire_ahead(Engine::Ahead::anywhere, at(0ms), at(1ms)).kind, fail);
    EXPECT_EQ(engine->acquire_ahead(Engine::Ahead::anywhere, at(1ms), at(1ms)).kind, wait) << "each is tried once more";
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
    auto returned = lease();
    engine->count_statement(leased->node(), 800us);
    engine->release(std::move(returned), at(0ms));
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

    engine->count_statement(leased->node(), 800us);
    engine->count_statement(leased->node(), 1'600us);

    EXPECT_EQ(leased->node().latency, 900us);
}

}  // namespace
}  // namespace picoxx
