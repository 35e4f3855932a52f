#pragma once

#include <picoxx/testing/fake_discovery_context.hpp>

#include <picoxx/port/discovery_source.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <thread>
#include <vector>

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

TEST_P(DiscoverySourceContract, ends_once_when_its_questions_are_refused) {
    FakeDiscoveryContext context;
    context.refuse_questions(make_error(Errc::invalid_argument, "the session does not take it"));

    context.run(*source_);

    EXPECT_EQ(context.ends(), 1U);
    EXPECT_EQ(context.error().has_value(), GetParam().questions > 0);
}

TEST_P(DiscoverySourceContract, ends_once_when_the_session_goes_while_a_question_is_open) {
    // given a refresh that has come to any of its questions
    for (std::size_t answered = 0; answered < GetParam().questions; ++answered) {
        FakeDiscoveryContext context;
        GetParam().script_healthy(context);
        context.start(*source_);
        for (std::size_t i = 0; i < answered; ++i) ASSERT_TRUE(context.answer_question());

        context.lose_connection();

        EXPECT_EQ(context.ends(), 1U);
        EXPECT_TRUE(context.error());
    }
}

TEST_P(DiscoverySourceContract, two_refreshes_of_one_source_at_the_same_time_do_not_mix) {
    FakeDiscoveryContext healthy{{"127.0.0.1", 4327}, "app"};
    GetParam().script_healthy(healthy);
    FakeDiscoveryContext failing{{"127.0.0.2", 4328}, "other"};
    failing.answer("", error_answer(server_error("sbroad: out of order")));

    // when their questions are answered in turn, those of the second to begin first
    healthy.start(*source_);
    failing.start(*source_);
    bool going_on = true;
    while (going_on) {
        going_on = failing.answer_question();
        going_on = healthy.answer_question() || going_on;
    }

    EXPECT_EQ(healthy.ends(), 1U);
    EXPECT_EQ(healthy.queries().size(), GetParam().questions);
    EXPECT_TRUE(healthy.topology());
    EXPECT_EQ(failing.ends(), 1U);
    EXPECT_EQ(failing.error().has_value(), GetParam().questions > 0);
}

TEST_P(DiscoverySourceContract, refreshes_on_many_threads_do_not_mix) {
    std::vector<std::thread> threads;
    for (std::uint16_t i = 0; i < 4; ++i) {
        threads.emplace_back([this, port = static_cast<std::uint16_t>(4327 + i)] {
            FakeDiscoveryContext context{{"127.0.0.1", port}, "app"};
            GetParam().script_healthy(context);
            for (int round = 0; round < 50; ++round) {
                context.run(*source_);
                EXPECT_EQ(context.ends(), 1U);
                EXPECT_TRUE(context.topology());
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
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
