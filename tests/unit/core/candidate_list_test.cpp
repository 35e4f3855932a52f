#include "pool/candidate_list.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace picoxx {
namespace {

constexpr auto out = Standing::out;
constexpr auto busy = Standing::busy;
constexpr auto ready = Standing::ready;

class CandidateListTest : public ::testing::Test {
protected:
    // Ranks 0, 1, ...: named a, b, ...
    void make(std::size_t count) {
        list.make_room(count);
        list.clear();
        for (std::size_t i = 0; i < count; ++i) {
            nodes.push_back(std::make_unique<PoolNode>());
            nodes.back()->info.id = std::string(1, static_cast<char>('a' + i));
            nodes.back()->listing.rank = static_cast<std::uint32_t>(i);
        }
    }
    std::string listed() {
        std::string ids;
        std::size_t place = 0;
        for (const Candidate& candidate : list.candidates()) {
            EXPECT_EQ(list.node(place++).info.id, candidate.id);
            ids += candidate.id;
        }
        EXPECT_EQ(ids.size(), list.size());
        return ids;
    }

    CandidateList list{4};
    std::vector<std::unique_ptr<PoolNode>> nodes;
};

TEST_F(CandidateListTest, nodes_stand_in_their_order_however_they_come) {
    make(4);
    for (const std::size_t which : {2U, 0U, 3U, 1U}) list.update(*nodes[which], ready);

    EXPECT_EQ(listed(), "abcd");
}

TEST_F(CandidateListTest, who_leaves_is_gone_before_anybody_looks) {
    make(3);
    for (const auto& node : nodes) list.update(*node, ready);
    list.update(*nodes[1], busy);

    EXPECT_EQ(list.size(), 2U);
    EXPECT_EQ(listed(), "ac");
    EXPECT_EQ(list.in_question(), 3U);
}

TEST_F(CandidateListTest, the_last_one_that_leaves_leaves_it_empty) {
    make(1);
    list.update(*nodes[0], ready);
    list.update(*nodes[0], out);

    EXPECT_TRUE(list.empty());
    EXPECT_EQ(list.in_question(), 0U);
}

TEST_F(CandidateListTest, what_changes_from_statement_to_statement_is_shown) {
    make(2);
    for (const auto& node : nodes) list.update(*node, ready);
    nodes[1]->leased = 3;
    list.update(*nodes[1], ready);

    EXPECT_EQ(list.candidates()[1].in_flight, 3U);
    EXPECT_EQ(list.candidates()[1].open, 3U);
    EXPECT_EQ(list.candidates()[1].max, 4U);
}

TEST_F(CandidateListTest, is_the_sorted_list_of_who_is_ready_after_any_changes) {
    make(20);
    std::mt19937 random{7};
    std::vector<Standing> standings(nodes.size(), out);
    for (int step = 0; step < 20'000; ++step) {
        const std::size_t which = random() % nodes.size();
        standings[which] = std::vector{out, busy, ready, ready}[random() % 4];
        list.update(*nodes[which], standings[which]);
        if (random() % 3 == 0) continue;  // nobody looks in between

        std::string expected;
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            if (standings[i] == ready) expected += nodes[i]->info.id;
        }
        ASSERT_EQ(listed(), expected) << "step " << step;
        ASSERT_EQ(list.in_question(),
                  nodes.size() - static_cast<std::size_t>(std::count(standings.begin(), standings.end(), out)));
    }
}

}  // namespace
}  // namespace picoxx
