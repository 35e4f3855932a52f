#include "topology/housekeeping.hpp"

#include "fake_cluster.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

namespace picoxx {
namespace {

using namespace std::chrono_literals;

TimePoint at(std::chrono::milliseconds time) { return TimePoint{} + 1h + time; }

// The tasks it starts are counted, not run.
class HousekeepingTest : public ::testing::Test {
protected:
    void make(std::chrono::milliseconds interval) {
        core.emplace(
            *make_settings(
                PoolOptions{.dsn = FakeCluster::dsn(), .enable_discovery = true, .discovery = {.interval = interval}},
                cluster.components()),
            42);
        core->set_background([this](const std::unique_ptr<Task>&) { ++refreshes; });
        housekeeping.emplace(*core);
    }

    FakeCluster cluster{1};
    std::optional<ClientCore> core;
    std::optional<Housekeeping> housekeeping;
    std::size_t refreshes = 0;
};

TEST_F(HousekeepingTest, looks_at_the_topology_once_an_interval) {
    make(300ms);

    EXPECT_EQ(housekeeping->resume(Wakeup{}, at(0ms)).until, at(300ms));
    EXPECT_EQ(refreshes, 0U);
    EXPECT_EQ(housekeeping->resume(Wakeup{Wakeup::Kind::expired}, at(300ms)).until, at(600ms));
    EXPECT_EQ(refreshes, 1U);
}

TEST_F(HousekeepingTest, an_interval_beyond_the_clock_never_comes) {
    make(std::chrono::milliseconds::max());

    EXPECT_EQ(housekeeping->resume(Wakeup{}, at(0ms)).until, at(1s)) << "idle connections are looked at";
    EXPECT_EQ(housekeeping->resume(Wakeup{Wakeup::Kind::expired}, at(1s)).until, at(2s));
    EXPECT_EQ(refreshes, 0U);
}

}  // namespace
}  // namespace picoxx
