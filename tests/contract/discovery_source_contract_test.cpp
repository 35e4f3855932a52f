#include <picoxx/picodata/picodata_discovery.hpp>
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

// A cluster of two, as the full query or that of an ordinary user sees it.
void script_picodata(FakeDiscoveryContext& context, std::size_t columns) {
    std::vector<Row> rows;
    for (const std::string name : {"i1", "i2"}) {
        rows.push_back({"uuid-" + name, name, name + ".example:4327", "default", "uuid-r1", "r1", R"(["Online",1])",
                        R"(["Online",1])", "{}", "25.6.0", "i1", "i1", int8_cell(3000)});
        rows.back().resize(columns);
    }
    std::vector<OwnedColumn> names(columns);
    for (OwnedColumn& column : names) column.name = "column";
    context.answer("_pico_instance", rows_answer(std::move(names), std::move(rows)));
    context.answer("pico_instance_uuid", rows_answer({{"col_1"}}, {{text_cell("uuid-i1")}}));
}

DiscoverySourceContractParam picodata() {
    return {"picodata", &picodata_discovery, [](FakeDiscoveryContext& context) { script_picodata(context, 13); }, 2};
}

DiscoverySourceContractParam picodata_for_an_ordinary_user() {
    return {"picodata_for_an_ordinary_user",
            [] {
                // has learnt that the full query is denied
                const std::shared_ptr<DiscoverySource> source = picodata_discovery();
                FakeDiscoveryContext context;
                script_picodata(context, 10);
                context.answer("_pico_tier", error_answer(server_error("AccessDenied")));
                context.run(*source);
                EXPECT_TRUE(context.topology());
                return source;
            },
            [](FakeDiscoveryContext& context) { script_picodata(context, 10); }, 2};
}

INSTANTIATE_TEST_SUITE_P(adapters, DiscoverySourceContract,
                         ::testing::Values(picodata(), picodata_for_an_ordinary_user()),
                         [](const auto& tested) { return tested.param.name; });

INSTANTIATE_TEST_SUITE_P(fakes, DiscoverySourceContract, ::testing::Values(fake(), asking_fake()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace picoxx::testing
