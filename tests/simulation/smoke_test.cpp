// The whole client - engine, calls, discovery, draining - over three simulated nodes in virtual time. One seed a test;
// a failure names the seed and the step, and repeats exactly.
#include "call/call.hpp"
#include "pool/client_core.hpp"
#include "sim_cluster.hpp"
#include "sim_shell.hpp"
#include "topology/idle_watch.hpp"
#include "topology/refresh_turns.hpp"
#include "topology/topology_watch.hpp"

#include <picoxx/testing/fake_discovery_source.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

namespace picoxx::simulation {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t nodes = 3;
constexpr std::size_t max_size = 4;

Endpoint endpoint(std::size_t number) { return Endpoint{"10.0.0." + std::to_string(number), 4327}; }

Topology topology() {
    Topology result;
    for (std::size_t i = 1; i <= nodes; ++i) {
        Node node;
        node.id = "uuid-" + std::to_string(i);
        node.name = "i" + std::to_string(i);
        node.endpoint = endpoint(i);
        result.nodes.push_back(node);
    }
    return result;
}

class InTurn final : public BalanceStrategy {
public:
    std::size_t pick(std::span<const Candidate> candidates, const PickContext&) noexcept override {
        return turn_++ % candidates.size();
    }

private:
    std::size_t turn_ = 0;
};

// Several tasks that execute statements one after another, and what came of each.
class Simulation {
public:
    struct Ended {
        std::uint64_t statement;
        Error error;
    };

    explicit Simulation(std::uint64_t seed) : world{seed}, cluster{world}, shell{cluster} {
        auto discovery = std::make_shared<testing::FakeDiscoverySource>(topology());
        discovery->ask_first("who are you");
        Settings settings;
        settings.seeds = {endpoint(1), endpoint(2)};
        settings.max_size = max_size;
        settings.max_per_node = max_size;
        settings.max_waiters = 100;
        settings.statement_cache_size = 10;
        settings.transport = std::make_shared<SimTransport>(cluster);
        settings.strategy = {std::make_shared<InTurn>(), "in_turn"};
        settings.discovery_source = discovery;
        core = std::make_unique<ClientCore>(
            std::move(settings), world.random(), +[]() noexcept { return TimePoint{}; });
        turns = std::make_unique<RefreshTurns>(*core);
        core->set_background([this](std::unique_ptr<Task> task) { shell.start(std::move(task)); });
    }
    ~Simulation() { core->set_background({}); }

    void run(std::size_t callers, std::size_t statements_each) {
        shell.start(std::make_unique<TopologyWatch>(*core, *turns));
        shell.start(std::make_unique<IdleWatch>(*core));
        for (std::size_t i = 0; i < callers; ++i) {
            callers_running_++;
            next(statements_each);
        }
        world.run(TimePoint{} + 10min);
    }

    World world;
    SimCluster cluster;
    SimShell shell;
    std::unique_ptr<ClientCore> core;
    std::unique_ptr<RefreshTurns> turns;
    std::vector<Ended> ended;

private:
    // A call with the statement it refers to.
    class Statement final : public Task {
    public:
        Statement(ClientCore& core, std::uint64_t number, CallOptions options)
            : number_{number},
              parameters_{number},
              view_{"INSERT", &parameters_, std::move(options)},
              call_{core, view_, Face::synchronous} {}
        Await resume(const Wakeup& wakeup, TimePoint now) noexcept override {
            if (wakeup.kind == Wakeup::Kind::start) call_.set_waker(waker());
            return call_.resume(wakeup, now);
        }
        void let_go() noexcept override { call_.let_go(); }
        [[nodiscard]] Ended end() {
            const Outcome outcome = call_.take_outcome();
            return {number_, outcome.error == nullptr ? Error{} : *outcome.error};
        }

    private:
        std::uint64_t number_;
        Parameters parameters_;
        StatementView view_;
        Call call_;
    };

    void close() {
        core->close();
        turns->close();
    }
    void next(std::size_t left) {
        if (left == 0) {
            if (--callers_running_ == 0) close();
            return;
        }
        CallOptions options;
        if (world.random() % 5 == 0) options.timeout = std::chrono::milliseconds{1 + world.random() % 5};
        shell.start(std::make_unique<Statement>(*core, ++statements_, options), [this, left](Task& task) {
            ended.push_back(static_cast<Statement&>(task).end());
            world.after(world.random_delay(0us, 2ms), [this, left] { next(left - 1); });
        });
    }

    std::uint64_t statements_ = 0;
    std::size_t callers_running_ = 0;
};

void expect_sound(const Simulation& simulation, std::size_t statements) {
    ASSERT_EQ(simulation.ended.size(), statements) << "every call ends";
    for (const Simulation::Ended& call : simulation.ended) {
        const std::size_t executions = simulation.cluster.executions(call.statement);
        if (!call.error) {
            EXPECT_EQ(executions, 1U) << "statement " << call.statement << " succeeded";
        } else if (call.error.effect == Effect::none) {
            EXPECT_EQ(executions, 0U) << "statement " << call.statement << ": " << call.error.text;
        } else {
            EXPECT_LE(executions, 1U) << "statement " << call.statement << ": " << call.error.text;
        }
    }
    // The pool, the one of discovery, and those left behind.
    EXPECT_LE(simulation.cluster.most_open_sessions(), 2 * max_size + 1);
    EXPECT_EQ(simulation.cluster.open_sessions(), 0U) << "a closed client holds nothing";
    EXPECT_EQ(simulation.core->with_engine(
                  [](Engine& engine) { return engine.open() + engine.waiting() + engine.draining(); }),
              0U);
    EXPECT_EQ(simulation.shell.running(), 0U) << "nothing runs on";
}

TEST(Smoke, all_is_well_without_faults) {
    Simulation simulation{1};
    simulation.run(6, 20);

    expect_sound(simulation, 120);
    const auto failed = std::count_if(simulation.ended.begin(), simulation.ended.end(), [](const auto& call) {
        return call.error && call.error.code != Errc::deadline_exceeded;
    });
    EXPECT_EQ(failed, 0);
}

TEST(Smoke, one_seed_is_one_history) {
    const auto fingerprint = [](std::uint64_t seed) {
        Simulation simulation{seed};
        simulation.cluster.lose_one_step_in(10);
        simulation.run(6, 20);
        return simulation.world.fingerprint();
    };
    EXPECT_EQ(fingerprint(7), fingerprint(7));
    EXPECT_NE(fingerprint(7), fingerprint(8));
}

TEST(Smoke, a_session_may_be_lost_at_every_step) {
    std::uint64_t steps = 0;
    {
        Simulation simulation{3};
        simulation.run(5, 6);
        steps = simulation.cluster.steps();
    }
    ASSERT_GT(steps, 60U);
    for (std::uint64_t step = 0; step < steps; ++step) {
        SCOPED_TRACE("seed 3, lost at step " + std::to_string(step));
        Simulation simulation{3};
        simulation.cluster.lose_at_step(step);
        simulation.run(5, 6);
        expect_sound(simulation, 30);
        if (::testing::Test::HasFailure()) return;
    }
}

class SeedTest : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(SeedTest, many_losses_break_no_promise) {
    Simulation simulation{GetParam()};
    simulation.cluster.lose_one_step_in(6);
    simulation.run(8, 25);

    expect_sound(simulation, 200);
}

TEST_P(SeedTest, a_node_that_is_away_for_a_while_is_used_again) {
    Simulation simulation{GetParam()};
    simulation.cluster.set_listening(endpoint(2), false);
    simulation.world.at(TimePoint{} + 30ms, [&] { simulation.cluster.set_listening(endpoint(2), true); });
    simulation.run(6, 200);

    expect_sound(simulation, 1200);
    const auto statuses = simulation.core->with_engine([](Engine& engine) { return engine.nodes(); });
    const auto second = std::find_if(statuses.begin(), statuses.end(),
                                     [](const auto& status) { return status.node.name == "i2"; });
    ASSERT_NE(second, statuses.end());
    EXPECT_GT(second->statements, 0U);
}

INSTANTIATE_TEST_SUITE_P(seeds, SeedTest, ::testing::Range<std::uint64_t>(100, 150));

}  // namespace
}  // namespace picoxx::simulation
