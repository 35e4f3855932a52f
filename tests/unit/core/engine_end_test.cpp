// Connections that nobody waits for, the look at idle ones, and the end.
#include "engine_fixture.hpp"

#include <picoxx/testing/allocation_counter.hpp>

#include <gtest/gtest.h>

namespace picoxx {
namespace {

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
