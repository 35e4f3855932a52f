#pragma once

#include "fake_cluster.hpp"
#include "pool/engine.hpp"

#include <picoxx/testing/fake_transport.hpp>
#include <picoxx/testing/session_driver.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace picoxx {

using namespace std::chrono_literals;

inline TimePoint at(std::chrono::milliseconds time) { return TimePoint{} + 1h + time; }

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

inline constexpr auto granted = Engine::DialPermission::granted;

/// An engine in fake time.
class EngineTest : public ::testing::Test {
protected:
    // Seeds 127.0.0.1:1001, 1002, ... of a cluster that has accepted the login once.
    Engine& make(std::size_t seeds, EngineLimits limits = {}) {
        make_unknown(seeds, limits);
        CountingWaker nobody;
        EXPECT_EQ(engine->begin_discovery_dial(FakeCluster::endpoint(1), nobody, at(0ms)), granted);
        engine->end_discovery_dial(FakeCluster::endpoint(1), {}, at(0ms));
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
        auto connection = std::make_unique<Connection>(node, *std::move(session), "127.0.0.1", 10);
        connection->lives_until(no_deadline, node.generation);
        return connection;
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

inline constexpr auto use = Acquisition::Kind::use;
inline constexpr auto dial = Acquisition::Kind::dial;
inline constexpr auto wait = Acquisition::Kind::wait;
inline constexpr auto fail = Acquisition::Kind::fail;
inline constexpr auto closed = Acquisition::Kind::closed;

}  // namespace picoxx
