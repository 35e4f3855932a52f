// Connections that nobody waits for, the look at idle ones, and the end.
#include "engine_fixture.hpp"

#include <picoxx/testing/allocation_counter.hpp>

#include <gtest/gtest.h>

namespace picoxx {
namespace {

TEST_F(EngineTest, a_connection_left_behind_keeps_its_place_and_comes_back) {
    make(1, {.max_size = 1, .max_per_node = 1});
    auto drained = engine->abandon(lease(), at(0ms));
    ASSERT_NE(drained, nullptr);
    EXPECT_EQ(engine->open(), 1U);
    EXPECT_EQ(engine->busy(), 0U) << "nobody uses it";
    Caller caller;
    ASSERT_EQ(engine->acquire(caller.request, at(0ms)).kind, wait) << "another one would cost a login";

    engine->readmit(std::move(drained), true, at(1ms));

    EXPECT_EQ(caller.request.grant.kind, use);
    EXPECT_EQ(engine->left_behind(), 0U);
}

TEST_F(EngineTest, one_that_takes_its_time_gives_its_place_up_and_comes_back_if_there_is_room) {
    for (const bool room : {true, false}) {
        make(1, {.max_size = 1, .max_per_node = 1, .max_draining = 1});
        auto drained = engine->abandon(lease(), at(0ms));
        Caller caller;
        ASSERT_EQ(engine->acquire(caller.request, at(0ms)).kind, wait);
        EXPECT_TRUE(engine->give_place_up(*drained, at(250ms)));
        ASSERT_EQ(caller.request.grant.kind, dial);
        if (room) engine->dial_cancelled(*caller.request.grant.node, at(251ms));

        engine->readmit(std::move(drained), false, at(252ms));

        EXPECT_EQ(engine->idle(), room ? 1U : 0U);
        EXPECT_EQ(engine->take_garbage().size(), room ? 0U : 1U);
        EXPECT_EQ(engine->open(), 1U);
        EXPECT_EQ(engine->draining(), 0U);
    }
}

TEST_F(EngineTest, no_more_than_the_limit_drain_without_a_place) {
    make(1, {.max_size = 1, .max_per_node = 1, .max_draining = 1});
    const auto first = engine->abandon(lease(), at(0ms));
    EXPECT_TRUE(engine->give_place_up(*first, at(250ms)));
    auto second = engine->abandon(lease(), at(250ms));
    EXPECT_FALSE(engine->give_place_up(*second, at(500ms)));

    engine->drain_failed(std::move(second), true);

    EXPECT_EQ(engine->open(), 0U);
    EXPECT_EQ(engine->take_garbage().size(), 1U);
}

TEST_F(EngineTest, closing_tells_every_waiter_and_lets_go_of_idle_connections) {
    make(1, {.max_size = 1, .max_per_node = 1});
    auto leased = lease();
    Caller waiting;
    ASSERT_EQ(engine->acquire(waiting.request, at(0ms)).kind, wait);

    engine->close();

    EXPECT_EQ(waiting.request.grant.kind, closed);
    EXPECT_EQ(engine->busy(), 1U);
    engine->release(std::move(leased), at(1ms));
    EXPECT_EQ(engine->busy(), 0U);
    EXPECT_EQ(engine->open(), 0U);
    Caller late;
    EXPECT_EQ(engine->acquire(late.request, at(1ms)).kind, closed);
}

TEST_F(EngineTest, closing_needs_no_memory) {
    make(1, {.max_size = 1, .max_per_node = 1});
    const auto leased = lease();
    Caller waiting;
    ASSERT_EQ(engine->acquire(waiting.request, at(0ms)).kind, wait);
    std::size_t before = testing::allocations_of_this_thread();
    engine->close();
    EXPECT_EQ(testing::allocations_of_this_thread(), before) << "for who waits";

    make(1);
    warm_up(2);
    before = testing::allocations_of_this_thread();
    engine->close();
    EXPECT_EQ(testing::allocations_of_this_thread(), before) << "for what is idle";
    EXPECT_EQ(engine->take_garbage().size(), 2U);
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
