#include "pool/idle_connections.hpp"

#include "pool/pool_node.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace picoxx {
namespace {

using namespace std::chrono_literals;

class IdleConnectionsTest : public ::testing::Test {
protected:
    void put(const std::string& name, std::chrono::seconds last_used, Face face) {
        auto connection = std::make_unique<Connection>(node, nullptr, name, 1);
        connection->used(TimePoint{} + last_used);
        connection->used_by(face);
        idle.put(std::move(connection));
    }

    PoolNode node;
    IdleConnections idle;
};

TEST_F(IdleConnectionsTest, the_most_recently_used_of_the_face_comes_first_however_they_were_put) {
    put("b", 2s, Face::synchronous);
    put("c", 3s, Face::synchronous);
    put("a", 1s, Face::synchronous);
    put("x", 9s, Face::asynchronous);

    for (const char* name : {"c", "b", "a"}) EXPECT_EQ(idle.take(Face::synchronous)->address(), name);
    EXPECT_EQ(idle.take(Face::synchronous)->address(), "x") << "rather the other's than none";
    EXPECT_TRUE(idle.empty());
}

TEST_F(IdleConnectionsTest, the_oldest_is_the_oldest_of_both_faces) {
    put("s2", 2s, Face::synchronous);
    put("a1", 1s, Face::asynchronous);
    put("s3", 3s, Face::synchronous);

    for (const char* name : {"a1", "s2", "s3"}) EXPECT_EQ(idle.take_oldest()->address(), name);
}

TEST_F(IdleConnectionsTest, those_that_were_not_used_lately_are_taken_of_both_faces) {
    put("s1", 1s, Face::synchronous);
    put("s9", 9s, Face::synchronous);
    put("a2", 2s, Face::asynchronous);
    std::vector<std::unique_ptr<Connection>> taken;

    idle.take_unused_since(TimePoint{} + 2s, taken);

    EXPECT_EQ(taken.size(), 2U);
    ASSERT_EQ(idle.size(), 1U);
    EXPECT_EQ(idle.take_oldest()->address(), "s9");
}

}  // namespace
}  // namespace picoxx
