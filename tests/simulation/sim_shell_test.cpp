// What the third shell lets tasks wait for, and how they hear of the end, as of the other two.
#include "sim_shell.hpp"

#include "sim_session.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <vector>

namespace picoxx::simulation {
namespace {

using namespace std::chrono_literals;
using Kind = Wakeup::Kind;
using Driver = SimShell::Driver;

// Logs in, and would rather have its turn.
class LoginOrTurn final : public Task {
public:
    LoginOrTurn(SimCluster& cluster, std::vector<Kind>& wakeups)
        : session_{cluster, cluster.instance(0).address, cluster.password()}, wakeups_{wakeups} {}

    Await resume(const Wakeup& wakeup, TimePoint now) noexcept override {
        wakeups_.push_back(wakeup.kind);
        if (wakeup.kind != Kind::start && wakeup.kind != Kind::ready) return {};
        if (!waits_for_io) return Await::for_turn(now + patience);
        if (session_.advance(wakeup.ready) == SessionState::ready) return {};
        return Await::for_io(session_, now + patience).or_turn();
    }
    void let_go() noexcept override {}
    void wake() const noexcept { waker().wake(); }

    Duration patience = 1s;
    bool waits_for_io = true;

private:
    SimSession session_;
    std::vector<Kind>& wakeups_;
};

class SimShellTest : public ::testing::Test {
protected:
    SimShellTest() {
        cluster.add_instance({});
        task = std::make_unique<LoginOrTurn>(cluster, wakeups);
    }

    World world{1};
    Promises promises{world, Limits{10, 10, 10, 10}};
    SimCluster cluster{world, promises};
    SimShell shell{cluster};
    std::vector<Kind> wakeups;
    std::unique_ptr<LoginOrTurn> task;
};

TEST_F(SimShellTest, who_waits_for_io_or_turn_goes_on_with_his_turn) {
    const LoginOrTurn& waiting = *task;
    cluster.begin(Fault::hangs, cluster.instance(0));
    shell.start(std::move(task));
    waiting.wake();
    world.run();
    EXPECT_EQ(wakeups, (std::vector{Kind::start, Kind::turn}));
    EXPECT_EQ(shell.running(), 0U);
}

TEST_F(SimShellTest, who_waits_for_io_or_turn_goes_on_with_the_answer) {
    shell.start(std::move(task));
    world.run();
    EXPECT_EQ(wakeups, (std::vector{Kind::start, Kind::ready}));
}

TEST_F(SimShellTest, who_waits_for_io_or_turn_goes_on_when_his_time_is_over) {
    task->patience = 1us;
    shell.start(std::move(task));
    world.run();
    EXPECT_EQ(wakeups, (std::vector{Kind::start, Kind::expired}));
}

TEST_F(SimShellTest, who_ends_with_the_close_hears_it_at_once) {
    shell.start(std::move(task), Driver::executor, EndsAt::close);
    shell.end(Ending::closed);
    EXPECT_EQ(wakeups, (std::vector{Kind::start, Kind::cancelled}));
}

TEST_F(SimShellTest, who_waits_for_his_turn_looks_at_the_close) {
    task->waits_for_io = false;
    shell.start(std::move(task));
    shell.end(Ending::closed);
    EXPECT_EQ(wakeups, (std::vector{Kind::start, Kind::turn}));
}

TEST_F(SimShellTest, who_begins_after_the_stop_is_cancelled) {
    shell.end(Ending::stopped);
    shell.start(std::move(task));
    EXPECT_EQ(wakeups, (std::vector{Kind::cancelled}));
}

TEST_F(SimShellTest, a_thread_that_polls_hears_the_stop) {
    cluster.begin(Fault::hangs, cluster.instance(0));
    shell.start(std::move(task), Driver::poll);
    shell.end(Ending::stopped);
    EXPECT_EQ(wakeups, (std::vector{Kind::start}));
    world.run();
    EXPECT_EQ(wakeups, (std::vector{Kind::start, Kind::cancelled}));
}

}  // namespace
}  // namespace picoxx::simulation
