#include "topology/addresses.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace picoxx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Topology two_nodes() {
    Topology topology;
    topology.nodes.resize(2);
    topology.nodes[0].name = "i1";
    topology.nodes[0].endpoint = {"10.0.0.1", 1};
    topology.nodes[1].name = "i2";
    topology.nodes[1].endpoint = {"10.0.0.2", 1};
    return topology;
}

TEST(Addresses, the_map_comes_before_the_function) {
    Topology topology = two_nodes();
    DiscoveryOptions options;
    options.address_map = {{"10.0.0.1:1", "127.0.0.1:11"}};
    options.translate_address = [](const Node& node) { return Endpoint{"nat", node.endpoint.port}; };

    EXPECT_THAT(translate_addresses(topology, options), IsEmpty());

    EXPECT_EQ(topology.nodes[0].endpoint, (Endpoint{"127.0.0.1", 11}));
    EXPECT_EQ(topology.nodes[1].endpoint, (Endpoint{"nat", 1}));
}

TEST(Addresses, a_function_that_throws_costs_that_node_only_and_is_told) {
    for (const bool standard : {true, false}) {
        Topology topology = two_nodes();
        DiscoveryOptions options;
        options.translate_address = [standard](const Node& node) -> Endpoint {
            if (node.name == "i2") return node.endpoint;
            if (standard) throw std::runtime_error{"no such node"};
            throw 42;
        };

        EXPECT_THAT(translate_addresses(topology, options),
                    ElementsAre(HasSubstr("translate_address threw for node i1")));

        EXPECT_EQ(topology.nodes[0].availability, Availability::unusable);
        EXPECT_EQ(topology.nodes[1].availability, Availability::usable);
    }
}

TEST(Addresses, an_address_that_says_nothing_makes_a_node_unusable) {
    for (const char* host : {"", "0.0.0.0", "::"}) {
        Topology topology = two_nodes();
        topology.nodes[0].endpoint.host = host;
        EXPECT_THAT(translate_addresses(topology, {}), IsEmpty());
        EXPECT_EQ(topology.nodes[0].availability, Availability::unusable) << host;
    }
}

}  // namespace
}  // namespace picoxx
