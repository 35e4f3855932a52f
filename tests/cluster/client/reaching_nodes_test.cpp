// Who pays for connecting: nodes that refuse, hang, die and come back while calls run. Short programs against a
// development cluster; the decisions themselves are tested in fake time, in tests/unit/core.
#include "eventually.hpp"
#include "load.hpp"
#include "turn_proxy.hpp"

#include <picoxx/picoxx.hpp>
#include <picoxx/testing/dev_cluster.hpp>
#include <picoxx/testing/error_in.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace picoxx {
namespace {

using namespace std::chrono_literals;
using testing::DevCluster;
using testing::DevClusterOptions;
using testing::error_in;
using ::testing::HasSubstr;
using ::testing::Not;

class ReachingNodes : public ::testing::Test {
protected:
    [[nodiscard]] std::string seeds() const {
        std::string dsn = cluster.dsn();
        for (const auto& node : cluster.nodes()) {
            if (node.name != "i1") dsn += ',' + node.address;
        }
        return dsn;
    }
    [[nodiscard]] std::uint64_t logins(const std::string& node) const { return cluster.counters(node).logins; }

    DevCluster cluster{DevClusterOptions{3, 1}};
};

// It is one of three that shall have connections ready.
TEST_F(ReachingNodes, a_silent_node_does_not_keep_the_others_from_being_warmed_up) {
    cluster.pause("i2");
    for (const std::size_t ready : {3U, 8U}) {
        Client client{{.dsn = cluster.dsn(), .pool_size = 10}};
        const TimePoint start = Clock::now();
        EXPECT_FALSE(error_in([&] { client.connect({.min_ready = ready, .deadline = 4s}); })) << ready;
        EXPECT_LT(Clock::now() - start, 3s) << ready;  // a dial may take 5 s
    }
    Pool pool{{.dsn = seeds(), .max_size = 10}};
    EXPECT_FALSE(error_in([&] { pool.connect({.min_ready = 8, .deadline = 4s}); }));
}

TEST_F(ReachingNodes, what_is_to_lie_ready_is_made_where_a_node_answers) {
    cluster.pause("i2");
    Pool pool{{.dsn = seeds(), .max_size = 8, .min_idle = 6}};
    static_cast<void>(error_in([&] { pool.ping(); }));
    const TimePoint start = Clock::now();
    const auto idle = [&] {
        std::size_t sum = 0;
        for (const NodeStatus& node : pool.nodes()) sum += node.idle;
        return sum;
    };
    EXPECT_TRUE(eventually([&] { return idle() >= 6; }));
    EXPECT_LT(Clock::now() - start, 4s);  // before a dial to the silent node has ended
}

TEST_F(ReachingNodes, after_a_long_outage_whoever_waits_is_served_soon) {
    Pool pool{{.dsn = seeds(), .max_size = 4}};
    pool.connect();
    for (const char* node : {"i1", "i2", "i3"}) cluster.kill(node);
    // Long enough for back-offs of several seconds each.
    for (const TimePoint until = Clock::now() + 7s; Clock::now() < until;)
        static_cast<void>(error_in([&] { pool.fetch(Statement{"SELECT 1"}.with({.timeout = 500ms})); }));
    for (const char* node : {"i1", "i2", "i3"}) cluster.start(node);
    EXPECT_FALSE(error_in([&] { pool.fetch(Statement{"SELECT 1"}.with({.timeout = 3s})); }));
}

TEST_F(ReachingNodes, a_node_that_takes_no_further_connection_serves_all_by_those_it_has) {
    Pool pool{{.dsn = cluster.dsn(), .max_size = 10}};
    pool.connect({.min_ready = 2});
    cluster.slow("i1", 2ms);
    cluster.refuse("i1");

    const Met met = load(pool, 6, 1s);

    EXPECT_EQ(met.failures(), 0U);
    EXPECT_GT(met.served, 100U);
}

TEST_F(ReachingNodes, nobody_stands_for_a_node_that_hangs_while_others_serve) {
    Client client{{.dsn = cluster.dsn(), .pool_size = 60}};
    client.connect();
    load(client, 12, 300ms);
    cluster.pause("i3");
    load(client, 12, 600ms, {.timeout = 300ms});  // calls on open sessions run out of time

    const Met met = load(client, 12, 8s, {.timeout = 1s});  // past timeouts.connect and several back-offs

    EXPECT_LT(met.failures(), 24U) << "on connections that the node still had, and of those one a second";
    EXPECT_LT(met.longest, 3s);
    cluster.resume("i3");
    const std::uint64_t before = cluster.counters("i3").statements;
    EXPECT_TRUE(eventually([&] {
        load(client, 2, 50ms);
        return cluster.counters("i3").statements > before + 10;
    })) << "it serves again";
}

TEST_F(ReachingNodes, addresses_that_nobody_answers_cost_no_call) {
    // As behind a NAT: the cluster names addresses that accept and never answer.
    DevCluster silent{DevClusterOptions{1, 1}};
    silent.pause("i1");
    Client client{{.dsn = cluster.dsn(), .discovery = {.translate_address = [&](const Node&) {
                                             return Endpoint{"127.0.0.1", silent.port("i1")};
                                         }}}};

    Pool direct{{.dsn = cluster.dsn("i1"), .max_size = 1}};
    const Met usual = load(direct, 4, 1s);

    const Met met = load(client, 4, 3s);

    EXPECT_EQ(met.failures(), 0U);
    EXPECT_GT(met.served, usual.served) << "in three times the time, by one connection at least";
}

TEST_F(ReachingNodes, one_silent_seed_costs_a_call_that_has_three_seconds_little) {
    cluster.pause("i1");
    for (int i = 0; i < 4; ++i) {
        Client connecting{{.dsn = seeds()}};
        TimePoint start = Clock::now();
        EXPECT_NO_THROW(connecting.connect({.deadline = 3s}));
        EXPECT_LT(Clock::now() - start, 2s);
        Client calling{{.dsn = seeds(), .timeouts = {.statement = 3s}}};
        start = Clock::now();
        EXPECT_NO_THROW(calling.fetch("SELECT 1"));
        EXPECT_LT(Clock::now() - start, 2s);
    }
}

TEST_F(ReachingNodes, with_every_node_down_connects_are_few_and_the_first_one_back_serves_all) {
    Pool pool{{.dsn = cluster.dsn("i1"), .max_size = 100}};
    pool.connect();
    cluster.kill("i1");
    const TimePoint died = Clock::now();
    while (Clock::now() < died + 2ms) std::this_thread::yield();  // before that a connection is trusted without a look
    std::atomic<std::size_t> served{0};
    std::vector<std::thread> callers;
    for (int i = 0; i < 20; ++i) {
        callers.emplace_back([&] {
            const Error error = error_in([&] { pool.fetch("SELECT 1"); });
            EXPECT_FALSE(error) << describe(error);
            served += error ? 0U : 1U;
        });
    }
    const auto failed = [&] { return pool.nodes().front().failures; };
    EXPECT_TRUE(eventually([&] { return failed() >= 5; })) << "it is tried again and again";

    cluster.start("i1");

    for (std::thread& caller : callers) caller.join();
    EXPECT_EQ(served, 20U) << "within timeouts.acquire";
    EXPECT_LE(failed(), 12U) << "whatever the number of callers, with pauses that grow";
}

TEST_F(ReachingNodes, who_waits_in_vain_hears_the_error_of_each_node_and_of_no_connection_that_is_not_there) {
    Pool pool{{.dsn = seeds(), .timeouts = {.connect = 500ms, .acquire = 1s}}};
    pool.connect();
    for (const auto& node : cluster.nodes()) cluster.pause(node.name);
    load(pool, 4, 300ms, {.timeout = 200ms});

    Error error;
    EXPECT_TRUE(eventually([&] {
        error = error_in([&] { pool.fetch("SELECT 1"); });
        return error.code != Errc::deadline_exceeded || error.text.find("while the statement") == std::string::npos;
    }));

    EXPECT_THAT(error.text, Not(HasSubstr("10 of 10 connections are open")));
    EXPECT_THAT(describe(error), HasSubstr("no answer to the handshake"));
}

TEST_F(ReachingNodes, a_connection_of_the_last_resort_is_kept_while_there_is_nothing_better) {
    Client client{{.dsn = seeds(), .discovery = {.interval = 100ms}}};
    client.connect({.min_ready = 3});
    for (const auto& node : cluster.nodes()) cluster.offline(node.name);  // they go on serving
    EXPECT_TRUE(eventually([&] {
        const auto nodes = client.nodes();
        return std::none_of(nodes.begin(), nodes.end(),
                            [](const NodeStatus& status) { return status.node.availability == Availability::usable; });
    }));
    std::uint64_t before = 0;
    for (const auto& node : cluster.nodes()) before += logins(node.name);

    const Met met = load(client, 4, 1s);

    std::uint64_t after = 0;
    for (const auto& node : cluster.nodes()) after += logins(node.name);
    EXPECT_EQ(met.failures(), 0U);
    EXPECT_GT(met.served, 100U);
    EXPECT_LE(after - before, 12U) << "and not one for each call";
}

TEST_F(ReachingNodes, a_connection_through_a_balancer_belongs_to_the_node_that_it_leads_to) {
    const TurnProxy balancer{{cluster.port("i1"), cluster.port("i2"), cluster.port("i3")}};
    const std::string dsn = "postgresql://admin:T0psecret@127.0.0.1:" + std::to_string(balancer.port());
    for (int round = 0; round < 5; ++round) {
        Client client{{.dsn = dsn, .pool_size = 6}};
        const Met met = load(client, 6, 100ms);
        EXPECT_EQ(met.failures(), 0U);

        // Beside those of the pool there is the one that discovery keeps.
        std::string seen;
        EXPECT_TRUE(eventually([&] {
            std::size_t sessions = 0;
            std::size_t idle = 0;
            bool all_there = true;
            seen.clear();
            for (const NodeStatus& status : client.nodes()) {
                if (status.node.name.empty()) return false;  // it is a seed: there is no picture of the cluster yet
                const std::size_t there = cluster.counters(status.node.name).sessions;
                seen += status.node.name + ": " + std::to_string(status.idle) + " idle, " +
                        std::to_string(status.busy) + " busy, " + std::to_string(there) + " sessions; ";
                all_there = all_there && status.busy == 0 && status.idle <= there;
                sessions += there;
                idle += status.idle;
            }
            return all_there && idle > 0 && idle + 1 == sessions;
        })) << seen;
    }
}

TEST(InsistingStrategy, gets_every_statement_where_it_wants_it) {
    DevCluster cluster{DevClusterOptions{4, 1}};
    std::atomic<std::size_t> turn{0};
    const auto insists = [&turn](std::span<const Candidate> candidates, const PickContext&) noexcept {
        const std::size_t first = turn++ % candidates.size();
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            const std::size_t next = (first + i) % candidates.size();
            if (candidates[next].name == "i1" || candidates[next].name == "i2") return next;
        }
        return first;
    };
    Client client{{.dsn = cluster.dsn(), .balance_strategy = insists, .pool_size = 10}};
    client.connect({.min_ready = 10});

    const Met met = load(client, 10, 500ms);

    EXPECT_EQ(met.failures(), 0U);
    std::map<std::string, std::uint64_t> served;
    for (const NodeStatus& status : client.nodes()) served[status.node.name] = status.statements;
    EXPECT_GT(served["i1"] + served["i2"], 10U);
    EXPECT_EQ(served["i3"] + served["i4"], 0U);
}

TEST_F(ReachingNodes, calls_that_are_given_up_cost_no_logins) {
    Pool pool{{.dsn = cluster.dsn("i1"), .max_size = 6}};
    pool.connect({.min_ready = 6});
    cluster.slow("i1", 120ms);
    const std::uint64_t before = logins("i1");

    const Met met = load(pool, 6, 2s, {.timeout = 60ms});

    EXPECT_GT(met.failures(), 60U);
    EXPECT_LT(logins("i1") - before, met.failures() / 4);
}

TEST_F(ReachingNodes, a_node_that_takes_statements_and_does_not_answer_gets_one_at_a_time) {
    Client client{{.dsn = cluster.dsn(), .pool_size = 12}};
    client.connect();
    load(client, 6, 500ms);
    cluster.slow("i3", 60s);
    load(client, 6, 2s, {.timeout = 300ms});  // until it is known

    const Met met = load(client, 6, 2s, {.timeout = 300ms});

    EXPECT_LE(met.failures(), 14U) << "one in flight, 300 ms each; in turn it would be forty";
    const auto nodes = client.nodes();
    const auto silent = std::find_if(nodes.begin(), nodes.end(),
                                     [](const NodeStatus& status) { return status.node.name == "i3"; });
    ASSERT_NE(silent, nodes.end());
    EXPECT_GT(silent->failures, 2U) << "and it can be seen";
}

}  // namespace
}  // namespace picoxx
