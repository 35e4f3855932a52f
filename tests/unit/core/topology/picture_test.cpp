#include "topology/picture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace picoxx {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

Node node(std::uint16_t number, std::uint64_t incarnation = 1) {
    Node node;
    node.id = "uuid-" + std::to_string(number);
    node.name = "i" + std::to_string(number);
    node.endpoint = {"10.0.0.1", number};
    node.role = NodeRole::replica;
    node.incarnation = incarnation;
    return node;
}
Topology picture(std::vector<Node> nodes) {
    Topology topology;
    topology.nodes = std::move(nodes);
    return topology;
}

class PictureTest : public ::testing::Test {
protected:
    std::vector<KnownNode> known{{node(1, 3), true}, {node(2, 5), true}, {node(3, 2), false}};
};

TEST_F(PictureTest, one_with_all_known_nodes_is_taken) {
    EXPECT_EQ(judge(picture({node(1, 3), node(2, 6), node(3, 2), node(4)}), known), Judgement::take);
    EXPECT_EQ(judge(picture({node(1)}), {}), Judgement::take) << "the first one";
}

TEST_F(PictureTest, one_in_which_a_known_node_has_not_yet_restarted_is_older) {
    EXPECT_EQ(judge(picture({node(1, 3), node(2, 4), node(3, 2)}), known), Judgement::older);
    EXPECT_EQ(judge(picture({node(2, 4)}), known), Judgement::older) << "whatever it lacks besides";
}

TEST_F(PictureTest, one_that_lacks_a_node_that_answers_is_to_be_confirmed) {
    EXPECT_EQ(judge(picture({node(1, 3), node(3, 2)}), known), Judgement::confirm);
}

TEST_F(PictureTest, a_node_that_does_not_answer_or_was_not_usable_may_go_without_a_second_word) {
    known[1].node.availability = Availability::draining;
    EXPECT_EQ(judge(picture({node(1, 3)}), known), Judgement::take);
}

TEST_F(PictureTest, the_log_hears_of_each_change) {
    Node moved = node(1, 3);
    moved.endpoint.port = 99;
    Node changed = node(2, 6);
    changed.role = NodeRole::leader;
    changed.availability = Availability::unusable;

    std::vector<std::string> lines;
    for (const NodeChange& change : changes(known, picture({moved, changed, node(4)})))
        lines.push_back(change.node + ": " + change.text);

    EXPECT_THAT(lines,
                ::testing::UnorderedElementsAre(HasSubstr("i1 (10.0.0.1:99): the node has moved from 10.0.0.1:1"),
                                                HasSubstr("i2 (10.0.0.1:2): the node has restarted"),
                                                HasSubstr("i2 (10.0.0.1:2): the node is now leader, it was replica"),
                                                HasSubstr("i2 (10.0.0.1:2): the cluster calls the node not usable"),
                                                HasSubstr("i4 (10.0.0.1:4): the cluster has a new node"),
                                                HasSubstr("i3 (10.0.0.1:3): the node has left the cluster")));
}

TEST_F(PictureTest, nothing_changed_and_the_first_picture_are_no_news) {
    EXPECT_THAT(changes(known, picture({node(1, 3), node(2, 5), node(3, 2)})), IsEmpty());
    EXPECT_THAT(changes({}, picture({node(1)})), IsEmpty());
}

}  // namespace
}  // namespace picoxx
