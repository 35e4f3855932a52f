// What the third shell lets tasks wait for, as the other two do.
#include "sim_shell.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <vector>

namespace picoxx::simulation {
namespace {

using namespace std::chrono_literals;

// Logs in, and would rather have its turn.
class LoginOrTurn final : public Task {
public:
    LoginOrTurn(SimCluster& cluster, std::vector<Wakeup::Kind>& wakeups)
        : session_{cluster, Endpoint{"10.0.0.1", 4327}}, wakeups_{wakeups} {}

    Await resume(const Wakeup& wakeup, TimePoint now) noexcept override {
        wakeups_.push_back(wakeup.kind);
        if (wakeup.kind == Wakeup::Kind::turn || wakeup.kind == Wakeup::Kind::expired) return {};
        if (session_.advance(wakeup.ready) == SessionState::ready) return {};
        return Await{Await::Kind::io_or_turn, &session_, nullptr, now + patience};
    }
    void let_go() noexcept override {}
    void wake() const noexcept { waker().wake(); }

    Duration patience = 1s;

private:
    SimSession session_;
    std::vector<Wakeup::Kind>& wakeups_;
};

class SimShellTest : public ::testing::Test {
protected:
    World world{1};
    SimCluster cluster{world};
    SimShell shell{cluster};
    std::vector<Wakeup::Kind> wakeups;
    std::unique_ptr<LoginOrTurn> task = std::make_unique<LoginOrTurn>(cluster, wakeups);
};

TEST_F(SimShellTest, who_waits_for_io_or_turn_goes_on_with_his_turn) {
    const LoginOrTurn& waiting = *task;
    shell.start(std::move(task));
    waiting.wake();
    world.run();
    EXPECT_EQ(wakeups, (std::vector{Wakeup::Kind::start, Wakeup::Kind::turn}));
    EXPECT_EQ(shell.running(), 0U);
}

TEST_F(SimShellTest, who_waits_for_io_or_turn_goes_on_with_the_answer) {
    shell.start(std::move(task));
    world.run();
    EXPECT_EQ(wakeups, (std::vector{Wakeup::Kind::start, Wakeup::Kind::ready}));
}

TEST_F(SimShellTest, who_waits_for_io_or_turn_goes_on_when_his_time_is_over) {
    task->patience = 1us;
    shell.start(std::move(task));
    world.run();
    EXPECT_EQ(wakeups, (std::vector{Wakeup::Kind::start, Wakeup::Kind::expired}));
}

}  // namespace
}  // namespace picoxx::simulation
