#include <picoxx/testing/fake_discovery_context.hpp>
#include <picoxx/testing/fake_discovery_source.hpp>

#include <gtest/gtest.h>

namespace picoxx::testing {
namespace {

Topology nodes(std::size_t count) {
    Topology topology;
    topology.nodes.resize(count);
    return topology;
}

TEST(FakeDiscoverySource, gives_each_outcome_once_and_the_last_for_ever) {
    FakeDiscoverySource source{nodes(1)};
    source.then_fail(make_error(Errc::discovery_failed, "lagging"));
    source.then_publish(nodes(3));
    FakeDiscoveryContext context;

    context.run(source);
    EXPECT_EQ(context.topology()->nodes.size(), 1U);
    context.run(source);
    EXPECT_EQ(context.error()->text, "lagging");
    for (int i = 0; i < 3; ++i) {
        context.run(source);
        EXPECT_EQ(context.topology()->nodes.size(), 3U);
    }
    EXPECT_EQ(source.refreshes(), 5U);
}

TEST(FakeDiscoverySource, fails_where_it_was_given_nothing) {
    FakeDiscoverySource source;
    FakeDiscoveryContext context;

    context.run(source);

    EXPECT_EQ(context.error()->code, Errc::discovery_failed);
}

TEST(FakeDiscoverySource, asks_first_where_told) {
    FakeDiscoverySource source{nodes(1)};
    source.ask_first("SELECT nodes");
    FakeDiscoveryContext context;

    context.run(source);
    EXPECT_EQ(context.error()->code, Errc::server_error);

    context.answer("SELECT nodes", hanging(done_answer("SELECT 0")));
    context.run(source);
    EXPECT_EQ(context.ends(), 0U);

    context.answer("SELECT nodes", done_answer("SELECT 0"));
    context.run(source);
    EXPECT_TRUE(context.topology());
}

}  // namespace
}  // namespace picoxx::testing
