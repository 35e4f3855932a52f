// How long connections live, how long they lie idle, how many are kept ready, and logins in time.
#include "engine_audit.hpp"
#include "engine_fixture.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace picoxx {
namespace {

class EngineTimesTest : public EngineTest {
protected:
    // One that the engine has given its time.
    std::unique_ptr<Connection> lease_timed(TimePoint now) {
        std::unique_ptr<Connection> connection = lease(now);
        connection->lives_until(engine->end_of_life(now), connection->node().generation);
        connection->used(now);
        return connection;
    }
    // So many idle ones, used last at that time.
    void lay_ready(std::size_t count, TimePoint now) {
        std::vector<std::unique_ptr<Connection>> leased;
        for (std::size_t i = 0; i < count; ++i) leased.push_back(lease_timed(now));
        for (auto& connection : leased) engine->release(std::move(connection), now);
    }
    std::size_t begun_in_background() {
        std::size_t begun = 0;
        for (PoolNode* node : engine->take_dials()) {
            ++begun;
            begun_.push_back(node);
        }
        return begun;
    }
    void TearDown() override {
        if (engine == nullptr) return;
        EngineAudit::bring_up_to_date(*engine);
        static_cast<void>(begun_in_background());
        EXPECT_EQ(EngineAudit::difference(*engine), "");
        for (PoolNode* node : begun_) engine->dial_cancelled(*node, at(1h));
    }

    bool keep_to_times(TimePoint now, std::size_t dials = 100) { return engine->keep_to_times(dials, now); }

    std::vector<PoolNode*> begun_;
};

TEST_F(EngineTimesTest, a_life_time_ends_at_rest_and_no_two_of_a_pool_together) {
    make(1, {.max_size = 50, .max_per_node = 50, .max_lifetime = 30min});
    lay_ready(50, at(0ms));
    std::set<std::size_t> seen;
    for (auto minutes = 0min; minutes <= 30min; minutes += 1min) {
        EXPECT_FALSE(keep_to_times(at(minutes)));
        seen.insert(engine->idle());
        if (minutes < 22min) {
            EXPECT_EQ(engine->idle(), 50U) << "none is closed before three quarters of it";
        }
    }
    EXPECT_EQ(engine->idle(), 0U);
    EXPECT_EQ(engine->open(), 0U);
    EXPECT_GE(seen.size(), 6U);
}

TEST_F(EngineTimesTest, a_connection_in_use_is_closed_when_it_is_given_back) {
    make(1, {.max_lifetime = 30min});
    auto leased = lease_timed(at(0ms));

    keep_to_times(at(31min));
    EXPECT_EQ(engine->open(), 1U);
    leased->used(at(31min));
    engine->release(std::move(leased), at(31min));

    EXPECT_EQ(engine->open(), 0U);
}

TEST_F(EngineTimesTest, its_place_goes_to_who_waits) {
    make(1, {.max_size = 1, .max_per_node = 1, .max_lifetime = 30min});
    auto leased = lease_timed(at(0ms));
    Caller caller;
    ASSERT_EQ(engine->acquire(caller.request, at(31min)).kind, wait);

    engine->release(std::move(leased), at(31min));

    ASSERT_EQ(caller.request.grant.kind, dial);
    engine->dial_cancelled(*caller.request.grant.node, at(31min));
}

TEST_F(EngineTimesTest, without_a_life_time_a_connection_stays) {
    make(1);
    lay_ready(1, at(0ms));
    keep_to_times(at(10'000h));
    EXPECT_EQ(engine->idle(), 1U);
}

TEST_F(EngineTimesTest, what_was_idle_for_too_long_is_closed_but_for_those_that_are_to_lie_ready) {
    make(2, {.min_idle = 2, .idle_time = 10min});
    lay_ready(6, at(0ms));
    EXPECT_FALSE(keep_to_times(at(10min - 1ms)));
    EXPECT_EQ(engine->idle(), 6U);
    EXPECT_FALSE(keep_to_times(at(10min)));
    EXPECT_EQ(engine->idle(), 2U);
    EXPECT_EQ(engine->open(), 2U);
}

TEST_F(EngineTimesTest, the_least_used_go_first) {
    make(1, {.min_idle = 1, .idle_time = 10min});
    lay_ready(3, at(0ms));
    auto used = lease();
    Connection* const latest = used.get();
    used->used(at(1min));
    engine->release(std::move(used), at(1min));

    keep_to_times(at(20min));

    auto kept = lease(at(20min));
    EXPECT_EQ(kept.get(), latest);
    engine->release(std::move(kept), at(20min));
}

TEST_F(EngineTimesTest,
       those_that_are_to_lie_ready_are_made_in_the_background_a_first_one_at_each_node_before_the_rest) {
    make_unknown(2, {.max_size = 8, .max_per_node = 4, .min_idle = 6});
    EXPECT_TRUE(keep_to_times(at(0ms))) << "more when a dial has ended";
    EXPECT_EQ(begun_in_background(), 2U);

    for (PoolNode* node : std::exchange(begun_, {})) engine->release(connect(*node), at(1ms));
    EXPECT_FALSE(keep_to_times(at(2ms)));

    EXPECT_EQ(begun_in_background(), 4U) << "two at each";
    EXPECT_EQ(engine->open(), 6U);
}

TEST_F(EngineTimesTest, they_are_made_again_when_some_are_lost_at_a_node_that_failed_when_its_back_off_has_ended) {
    make(1, {.min_idle = 1});
    keep_to_times(at(0ms));
    ASSERT_EQ(begun_in_background(), 1U);
    engine->dial_failed(*std::exchange(begun_, {}).front(), make_error(Errc::connect_failed, "refused"), at(0ms));

    keep_to_times(at(1ms));
    EXPECT_EQ(begun_in_background(), 0U);
    keep_to_times(at(1s));
    EXPECT_EQ(begun_in_background(), 1U) << "and without anybody asking";
}

TEST_F(EngineTimesTest, whatever_becomes_of_them_so_many_are_made_at_a_time) {
    make(1, {.min_idle = 5});
    EXPECT_FALSE(keep_to_times(at(0ms), 2));
    EXPECT_EQ(begun_in_background(), 2U);
}

TEST_F(EngineTimesTest, what_a_node_may_not_have_is_not_made_under_another_of_its_names) {
    make(2, {.max_size = 4, .max_per_node = 1, .min_idle = 2});
    engine->apply(FakeCluster::topology({1}, 1), FakeCluster::endpoint(2), at(0ms));  // the second seed is it, too
    lay_ready(1, at(0ms));
    EXPECT_FALSE(keep_to_times(at(1ms)));
    EXPECT_EQ(begun_in_background(), 0U);
}

TEST_F(EngineTimesTest, never_more_than_the_pool_may_have) {
    make(1, {.max_size = 3, .max_per_node = 3, .min_idle = 3});
    auto one = lease(), other = lease();
    keep_to_times(at(0ms));
    EXPECT_EQ(begun_in_background(), 1U);
    keep_to_times(at(0ms));
    EXPECT_EQ(begun_in_background(), 0U);
    engine->release(std::move(one), at(1ms));
    engine->release(std::move(other), at(1ms));
}

TEST_F(EngineTimesTest, renewing_closes_what_lies_idle_now_and_what_is_in_use_or_being_made_later) {
    make(1, {.max_size = 4, .max_per_node = 4});
    lay_ready(2, at(0ms));
    auto leased = lease_timed(at(0ms));
    auto left = lease_timed(at(0ms));
    left = engine->abandon(std::move(left), at(0ms));

    engine->renew(at(1ms));

    EXPECT_EQ(engine->idle(), 0U);
    EXPECT_EQ(engine->open(), 2U);
    engine->release(std::move(leased), at(2ms));
    engine->readmit(std::move(left), true, at(2ms));
    EXPECT_EQ(engine->open(), 0U);
    lay_ready(1, at(3ms));
    EXPECT_EQ(engine->idle(), 1U) << "new ones stay";
}

TEST_F(EngineTimesTest, what_was_made_at_a_seed_before_the_other_nodes_were_known_goes_within_ten_seconds) {
    make(1, {.max_size = 4, .max_per_node = 4, .max_lifetime = 30min});
    lay_ready(2, at(0ms));
    auto leased = lease_timed(at(0ms));
    engine->apply(FakeCluster::topology({1, 2}, 1), FakeCluster::endpoint(1), at(1ms));
    engine->release(std::move(leased), at(2ms));
    ASSERT_EQ(engine->idle(), 2U);

    keep_to_times(at(1s));
    EXPECT_EQ(engine->idle(), 2U) << "not at once: all clients of a cluster may have begun together";
    keep_to_times(at(10s + 2ms));
    EXPECT_EQ(engine->idle(), 0U);
    lay_ready(1, at(11s));
    keep_to_times(at(21min));
    EXPECT_EQ(engine->idle(), 1U) << "what is made now stays";
}

TEST_F(EngineTimesTest, so_does_what_was_made_at_a_balancer_and_belongs_to_the_node_that_answered_there) {
    make(1, {.max_lifetime = 30min});
    auto leased = lease_timed(at(0ms));
    engine->apply(FakeCluster::topology({2, 3}, 2), FakeCluster::endpoint(1), at(1ms));
    engine->release(std::move(leased), at(2ms));
    ConnectionChain unidentified = engine->take_unidentified();
    ASSERT_EQ(unidentified.size(), 1U);

    engine->identified(unidentified.take(), "uuid-3", at(3ms));

    EXPECT_EQ(engine->idle(), 1U);
    keep_to_times(at(10s + 3ms));
    EXPECT_EQ(engine->idle(), 0U);
}

TEST_F(EngineTimesTest, what_was_made_at_a_seed_that_is_the_whole_cluster_stays) {
    make(1, {.max_lifetime = 30min});
    lay_ready(2, at(0ms));
    engine->apply(FakeCluster::topology({1}, 1), FakeCluster::endpoint(1), at(1ms));
    keep_to_times(at(21min));
    EXPECT_EQ(engine->idle(), 2U);
}

TEST_F(EngineTimesTest, what_was_made_at_a_seed_stays_while_no_other_node_takes_connections) {
    make(1, {.max_lifetime = 30min});
    auto leased = lease_timed(at(0ms));
    strategy->answers = {1};
    engine->apply(FakeCluster::topology({1, 2}, 1), FakeCluster::endpoint(1), at(1ms));
    Caller caller;
    const Acquisition place = engine->acquire(caller.request, at(1ms));
    ASSERT_EQ(place.node->info.name, "i2");
    engine->dial_failed(*place.node, make_error(Errc::connect_failed, "no way there from here"), at(2ms));

    engine->release(std::move(leased), at(3ms));

    keep_to_times(at(21min));
    EXPECT_EQ(engine->idle(), 1U);
}

// -------------------------------------------------------------------------------------------------------------- logins

TEST_F(EngineTimesTest, two_logins_at_a_time_are_tried_at_a_node) {
    make(1);
    std::vector<Caller> callers(3);
    std::vector<PoolNode*> dialled;
    for (std::size_t i = 0; i < 2; ++i) {
        const Acquisition place = engine->acquire(callers[i].request, at(0ms));
        ASSERT_EQ(place.kind, dial);
        dialled.push_back(place.node);
    }
    EXPECT_EQ(engine->acquire(callers[2].request, at(0ms)).kind, wait) << "those that are refused count together";
    CountingWaker discovery;
    EXPECT_EQ(engine->begin_discovery_dial(FakeCluster::endpoint(1), discovery, at(0ms)), Engine::DialPermission::wait);
    engine->dial_cancelled(*dialled.back(), at(1ms));
    EXPECT_EQ(callers[2].request.grant.kind, dial);
    for (PoolNode* node : dialled) engine->dial_cancelled(*node, at(2ms));
}

TEST_F(EngineTimesTest, a_dial_that_was_held_back_blames_no_node_and_is_made_again_soon) {
    make(1);
    Caller caller;
    PoolNode& node = *engine->acquire(caller.request, at(0ms)).node;
    engine->dial_held_back(node, at(0ms));
    EXPECT_EQ(node.failures, 0U);
    EXPECT_EQ(engine->acquire(caller.request, at(0ms)).kind, wait) << "not at once";
    engine->reconsider(at(60ms));
    static_cast<void>(engine->next_return(at(60ms)));
    EXPECT_EQ(begun_in_background(), 1U);
    engine->withdraw(caller.request);
}

TEST_F(EngineTimesTest, a_connection_made_ahead_waits_for_the_node_that_the_strategy_wants) {
    make_unknown(2);
    strategy->answers = {0, 0, 0};
    const Acquisition first = engine->acquire_ahead(Engine::Ahead::as_wished, at(0ms), at(0ms));
    ASSERT_EQ(first.kind, dial);
    EXPECT_EQ(engine->acquire_ahead(Engine::Ahead::as_wished, at(0ms), at(0ms)).kind, wait);
    EXPECT_FALSE(engine->open_ahead(Engine::Ahead::as_wished, at(0ms)));
    const Acquisition elsewhere = engine->acquire_ahead(Engine::Ahead::anywhere, at(0ms), at(250ms));
    ASSERT_EQ(elsewhere.kind, dial) << "but not for long";
    EXPECT_NE(elsewhere.node, first.node);
    engine->dial_cancelled(*first.node, at(1s));
    engine->dial_cancelled(*elsewhere.node, at(1s));
}

TEST_F(EngineTimesTest, after_a_quiet_second_a_first_login_is_tried_before_others) {
    make(1);
    Caller first, second;
    const Acquisition trial = engine->acquire(first.request, at(5s));
    ASSERT_EQ(trial.kind, dial);
    EXPECT_EQ(engine->acquire(second.request, at(5s)).kind, wait) << "the password may have changed since";

    auto connection = connect(*trial.node);
    EXPECT_EQ(second.request.grant.kind, dial);
    Caller third;
    const Acquisition more = engine->acquire(third.request, at(10s));
    EXPECT_EQ(more.kind, dial) << "while they go on nobody waits";

    engine->dial_cancelled(*more.node, at(10s));
    engine->dial_cancelled(*second.request.grant.node, at(10s));
    engine->release(std::move(connection), at(10s));
}

TEST_F(EngineTimesTest, a_new_password_is_tried_at_once) {
    make(2);
    for (const std::size_t number : {1U, 2U}) {
        Caller caller;
        const Acquisition trial = engine->acquire(caller.request, at(0ms));
        ASSERT_EQ(trial.kind, dial) << number;
        engine->dial_failed(*trial.node, make_error(Errc::authentication_failed, "login refused"), at(0ms));
    }
    Caller caller;
    ASSERT_EQ(engine->acquire(caller.request, at(1s)).kind, fail);
    EXPECT_TRUE(engine->has_refused_logins(at(1s)));

    engine->forget_refused_logins();

    EXPECT_FALSE(engine->has_refused_logins(at(1s)));
    const Acquisition again = engine->acquire(caller.request, at(1s));
    ASSERT_EQ(again.kind, dial);
    engine->dial_cancelled(*again.node, at(1s));
}

}  // namespace
}  // namespace picoxx
