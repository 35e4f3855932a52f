// What the log tells an operator of nodes, connections and logins.
#include "fake_cluster.hpp"

#include <picoxx/client.hpp>
#include <picoxx/testing/collecting_log_sink.hpp>
#include <picoxx/testing/error_in.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace picoxx {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using testing::error_in;
using ::testing::HasSubstr;
using ::testing::Not;

class ClientLogTest : public ::testing::Test {
protected:
    ClientLogTest() { cluster.discovery().then_publish(FakeCluster::topology({1, 2}, 1)); }

    [[nodiscard]] Client client(std::optional<std::chrono::milliseconds> interval = std::nullopt) {
        return Client{{.dsn = FakeCluster::dsn(), .discovery = {.interval = interval}, .log = log},
                      cluster.components()};
    }
    // `component node: text`, or those of one component.
    [[nodiscard]] std::vector<std::string> lines() const {
        std::vector<std::string> lines;
        for (const auto& line : log->lines()) lines.push_back(line.component + ' ' + line.node + ": " + line.message);
        return lines;
    }
    [[nodiscard]] bool tells(const std::string& part) const {
        const auto all = lines();
        return std::any_of(all.begin(), all.end(),
                           [&](const auto& line) { return line.find(part) != std::string::npos; });
    }

    FakeCluster cluster{2};
    std::shared_ptr<testing::CollectingLogSink> log = std::make_shared<testing::CollectingLogSink>();
};

TEST_F(ClientLogTest, connections_that_are_made_and_closed_and_why) {
    {
        Client db = client();
        db.connect({.min_ready = 2});
        EXPECT_THAT(lines(), Contains(AllOf(HasSubstr("connections i1 (127.0.0.1:1001)"), HasSubstr("connected"))));
    }
    EXPECT_THAT(lines(), Contains(AllOf(HasSubstr("connections i1 (127.0.0.1:1001)"),
                                        HasSubstr("connection closed: the client is closed"))));
}

TEST_F(ClientLogTest, a_node_that_is_lost_and_comes_back_each_once) {
    Client db = client();
    db.connect({.min_ready = 2});
    cluster.node(2).kill();
    for (int i = 0; i < 20; ++i) db.fetch("SELECT 1");
    cluster.node(2).accept();
    while (!tells("the node is back")) db.fetch("SELECT 1");

    const auto all = lines();
    const auto count = [&](const char* part) {
        return std::count_if(all.begin(), all.end(), [&](const auto& line) {
            return line.find(part) != std::string::npos && line.find("i2") != std::string::npos;
        });
    };
    EXPECT_EQ(count("the node is lost"), 1);
    EXPECT_EQ(count("the node is back"), 1);
}

TEST_F(ClientLogTest, a_node_that_joins_or_leaves_or_changes_its_role) {
    Client db = client();
    db.connect();
    Topology next = FakeCluster::topology({1, 3}, 1);
    next.nodes[0].role = NodeRole::replica;
    cluster.discovery().then_publish(next);
    db.refresh_topology();  // the first picture once more
    db.refresh_topology();

    EXPECT_THAT(lines(), Contains(AllOf(HasSubstr("nodes i3"), HasSubstr("the cluster has a new node"))));
    EXPECT_THAT(lines(), Contains(AllOf(HasSubstr("nodes i2"), HasSubstr("the node has left the cluster"))));
    EXPECT_THAT(lines(), Contains(AllOf(HasSubstr("nodes i1"), HasSubstr("is now replica, it was leader"))));
}

TEST_F(ClientLogTest, a_refused_login) {
    cluster.node(1).refuse(make_error(Errc::authentication_failed, "the password is wrong"));
    Pool pool{{.dsn = FakeCluster::dsn(), .log = log}, cluster.components()};
    EXPECT_EQ(error_in([&] { pool.fetch("SELECT 1"); }).code, Errc::authentication_failed);

    EXPECT_THAT(lines(), Contains(AllOf(HasSubstr("logins 127.0.0.1:1001"), HasSubstr("the login was refused"))));
    EXPECT_FALSE(log->contains("T0psecret"));
}

TEST_F(ClientLogTest, a_flood_of_failed_connects_leaves_room_for_the_rest) {
    Pool pool{{.dsn = FakeCluster::dsn(), .timeouts = {.acquire = 1ms}, .log = log}, cluster.components()};
    cluster.node(1).refuse();
    for (int i = 0; i < 300; ++i) static_cast<void>(error_in([&] { pool.fetch("SELECT 1"); }));
    EXPECT_TRUE(tells("nodes 127.0.0.1:1001: the node is lost"));
    cluster.node(1).accept();
    while (!tells("the node is back")) static_cast<void>(error_in([&] { pool.fetch("SELECT 1"); }));
}

}  // namespace
}  // namespace picoxx
