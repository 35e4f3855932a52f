#include <picoxx/testing/discovery_source_contract.hpp>
#include <picoxx/testing/fakes.hpp>

namespace picoxx::testing {
namespace {

Topology two_nodes() {
    Topology topology;
    topology.nodes.resize(2);
    topology.nodes[0].id = "uuid-1";
    topology.nodes[0].endpoint = {"127.0.0.1", 4327};
    topology.nodes[1].id = "uuid-2";
    topology.nodes[1].endpoint = {"127.0.0.1", 4328};
    return topology;
}

DiscoverySourceContractParam fake() {
    return {"fake", [] { return std::make_shared<FakeDiscoverySource>(two_nodes()); }, [](FakeDiscoveryContext&) {}, 0};
}

DiscoverySourceContractParam asking_fake() {
    return {"asking_fake",
            [] {
                auto source = std::make_shared<FakeDiscoverySource>(two_nodes());
                source->ask_first("SELECT nodes");
                return source;
            },
            [](FakeDiscoveryContext& context) { context.answer("SELECT nodes", done_answer("SELECT 0", 0)); }, 1};
}

INSTANTIATE_TEST_SUITE_P(fakes, DiscoverySourceContract, ::testing::Values(fake(), asking_fake()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace picoxx::testing
