#pragma once

#include <picoxx/testing/fake_discovery_context.hpp>

#include <picoxx/port/discovery_source.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <set>
#include <string>

namespace picoxx::testing {

struct DiscoverySourceContractParam {
    std::string name;
    std::function<std::shared_ptr<DiscoverySource>()> make;
    /// Lets the context answer all questions as a healthy cluster of two usable nodes or more does.
    std::function<void(FakeDiscoveryContext&)> script_healthy;
    /// Questions a refresh of a healthy cluster asks.
    std::size_t questions = 1;
};

inline std::ostream& operator<<(std::ostream& out, const DiscoverySourceContractParam& param) {
    return out << param.name;
}

/// What every DiscoverySource obeys. Include it in one source file of a test program. Use:
/// `INSTANTIATE_TEST_SUITE_P(mine, DiscoverySourceContract, ::testing::Values(DiscoverySourceContractParam{...}));`
class DiscoverySourceContract : public ::testing::TestWithParam<DiscoverySourceContractParam> {
protected:
    void SetUp() override {
        source_ = GetParam().make();
        ASSERT_NE(source_, nullptr);
    }

    std::shared_ptr<DiscoverySource> source_;
};

TEST_P(DiscoverySourceContract, publishes_a_healthy_cluster_once) {
    FakeDiscoveryContext context;
    GetParam().script_healthy(context);

    context.run(*source_);

    EXPECT_EQ(context.ends(), 1U);
    EXPECT_EQ(context.queries().size(), GetParam().questions);
    ASSERT_TRUE(context.topology()) << context.error()->text;
    std::set<std::string> ids;
    std::size_t usable = 0;
    for (const Node& node : context.topology()->nodes) {
        EXPECT_FALSE(node.id.empty());
        EXPECT_TRUE(ids.insert(node.id).second) << "twice: " << node.id;
        if (node.availability != Availability::usable) continue;
        ++usable;
        EXPECT_FALSE(node.endpoint.host.empty());
        EXPECT_NE(node.endpoint.port, 0);
    }
    EXPECT_GE(usable, 2U);
}

TEST_P(DiscoverySourceContract, says_the_same_when_asked_again) {
    FakeDiscoveryContext context;
    GetParam().script_healthy(context);
    std::set<std::string> first;
    std::set<std::string> second;

    context.run(*source_);
    ASSERT_TRUE(context.topology());
    for (const Node& node : context.topology()->nodes) first.insert(node.id);
    context.run(*source_);
    ASSERT_TRUE(context.topology());
    for (const Node& node : context.topology()->nodes) second.insert(node.id);

    EXPECT_EQ(first, second);
}

TEST_P(DiscoverySourceContract, ends_once_when_nothing_can_be_asked) {
    FakeDiscoveryContext context;
    context.answer("", error_answer(server_error("sbroad: out of order")));

    context.run(*source_);

    EXPECT_EQ(context.ends(), 1U);
    EXPECT_EQ(context.error().has_value(), GetParam().questions > 0);
}

TEST_P(DiscoverySourceContract, ends_once_when_the_connection_is_lost) {
    FakeDiscoveryContext context;
    context.answer("", lost_answer());

    context.run(*source_);

    EXPECT_EQ(context.ends(), 1U);
    EXPECT_EQ(context.error().has_value(), GetParam().questions > 0);
}

TEST_P(DiscoverySourceContract, recovers_after_a_failure) {
    FakeDiscoveryContext broken;
    broken.answer("", lost_answer());
    broken.run(*source_);
    FakeDiscoveryContext healthy;
    GetParam().script_healthy(healthy);

    healthy.run(*source_);

    EXPECT_EQ(healthy.ends(), 1U);
    EXPECT_TRUE(healthy.topology());
}

TEST_P(DiscoverySourceContract, copes_with_answers_of_no_rows_and_of_none_of_its_columns) {
    FakeDiscoveryContext context;
    context.answer("", done_answer("SELECT 0", 0));
    context.run(*source_);
    EXPECT_EQ(context.ends(), 1U);

    context.answer("", rows_answer({{"what"}}, {{null_cell}, {text_cell("x")}}));
    context.run(*source_);
    EXPECT_EQ(context.ends(), 1U);

    context.answer("", rows_answer({}, {}));
    context.run(*source_);
    EXPECT_EQ(context.ends(), 1U);
}

}  // namespace picoxx::testing
