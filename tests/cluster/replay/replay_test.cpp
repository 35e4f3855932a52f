// Conversations recorded with a real Picodata 25.6 (a cluster of two nodes), replayed against the development cluster:
// the same messages in the same order, with the same SQLSTATEs, tags, types and values, and the texts a driver depends
// on.
#include "replayer.hpp"

#include <picoxx/testing/dev_cluster.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace picoxx::testing {
namespace {

namespace json = boost::json;

const json::array& conversations() {
    static const json::value all = [] {
        std::ifstream file{PICOXX_CONVERSATIONS};
        const std::string content{std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
        return json::parse(content);
    }();
    return all.as_array();
}

std::string name_of(const json::value& conversation) {
    const json::string& name = conversation.at("name").as_string();
    return {name.data(), name.size()};
}

/// What does not match in shape yet, and why. It only shrinks: one that matches makes its test fail until it is taken
/// off.
const std::map<std::string, std::string> not_yet{
    {"types_text_in_text_and_binary_out", "a DATETIME does not keep the offset it was written with"},
    {"numeric_forms", "PostgreSQL's numeric has no -0"},
};

/// What a driver decides by.
const std::vector<std::string> texts_that_matter{
    "authentication failed for user",
    "has been invalidated",
    "AccessDenied: ",
    "is denied for user",
    "Duplicate key exists in",
    "Couldn't find statement",
    "Couldn't find portal",
    "storage is full",
    "PreparedStatementMetadata",
    "rule parsing error",
    "not found",
    "already exists",
    "Can't execute portal in state",
    "failed to bind parameter",
    "protocol violation",
    "feature is not supported",
};

/// Which of those texts a message holds.
json::array telling_texts(const json::array& messages) {
    json::array found;
    for (const json::value& message : messages) {
        const json::object& object = message.as_object();
        if (!object.contains("fields")) continue;
        const json::string& said = object.at("fields").at("M").as_string();
        const std::string_view words{said.data(), said.size()};
        json::array held;
        for (const std::string& text : texts_that_matter) {
            if (words.find(text) != std::string_view::npos) held.push_back(json::value(text));
        }
        found.push_back(std::move(held));
    }
    return found;
}

class Replay : public ::testing::TestWithParam<std::size_t> {
protected:
    static void SetUpTestSuite() { cluster_ = std::make_unique<DevCluster>(DevClusterOptions{2, 1}); }
    static void TearDownTestSuite() { cluster_.reset(); }

    static Replayer replayer() { return Replayer{cluster_->port("i1"), cluster_->port("i2")}; }

private:
    inline static std::unique_ptr<DevCluster> cluster_;
};

TEST_P(Replay, answers_as_the_real_server_did) {
    const json::object& conversation = conversations()[GetParam()].as_object();
    const std::string name = name_of(conversation);

    json::array got = normalized(replayer().run(conversation)).as_array();
    json::array wanted = normalized(conversation.at("receive")).as_array();
    blank_volatile(got, conversation);
    blank_volatile(wanted, conversation);

    const bool same = shape(got) == shape(wanted) && telling_texts(got) == telling_texts(wanted);
    if (const auto listed = not_yet.find(name); listed != not_yet.end()) {
        EXPECT_FALSE(same) << name << " matches now: take it off the list";
        return;
    }
    if (same) return;
    for (std::size_t i = 0; i < std::max(got.size(), wanted.size()); ++i) {
        const json::value nothing;
        const json::value& one = i < got.size() ? got[i] : nothing;
        const json::value& other = i < wanted.size() ? wanted[i] : nothing;
        if (one != other) {
            FAIL() << "message " << i << "\nwanted " << json::serialize(other) << "\ngot    " << json::serialize(one);
        }
    }
    FAIL() << "the messages are equal, their shapes are not";
}

INSTANTIATE_TEST_SUITE_P(recorded, Replay, ::testing::Range<std::size_t>(0, conversations().size()),
                         [](const auto& tested) { return name_of(conversations()[tested.param]); });

TEST(ReplayList, names_only_recorded_conversations) {
    for (const auto& listed : not_yet) {
        EXPECT_TRUE(std::any_of(conversations().begin(), conversations().end(), [&](const json::value& one) {
            return name_of(one) == listed.first;
        })) << listed.first;
        EXPECT_FALSE(listed.second.empty()) << listed.first;
    }
}

}  // namespace
}  // namespace picoxx::testing
