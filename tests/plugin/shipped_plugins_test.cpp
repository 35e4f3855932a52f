// The plugins that come with picoxx: each loads into a program that has none of what they bring.
#include "plugin_test.hpp"

#include <picoxx/plugin_registry.hpp>

#include <picoxx/port/version.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace picoxx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::pick_of;
using testing::shipped;

TEST(ShippedPlugins, say_before_they_are_loaded_what_they_are) {
    for (const auto& [name, interface_id] : std::vector<std::pair<std::string, std::string>>{
             {"libpq", "picoxx.transport"},
             {"picodata", "picoxx.discovery_source"},
             {"round_robin", "picoxx.balance_strategy"},
             {"random", "picoxx.balance_strategy"},
             {"least_busy", "picoxx.balance_strategy"},
#ifdef PICOXX_TEST_WITH_SPDLOG
             {"spdlog", "picoxx.log_sink"},
#endif
         }) {
        const PluginInfo info = PluginRegistry::inspect(shipped(name));
        EXPECT_EQ(info.name, name);
        EXPECT_EQ(info.version, PICOXX_VERSION_TEXT);
        EXPECT_EQ(info.picoxx_version, PICOXX_VERSION_TEXT);
        ASSERT_EQ(info.components.size(), name == "picodata" ? 2U : 1U) << "with its router";
        EXPECT_EQ(info.components[0].name, name);
        EXPECT_EQ(info.components[0].interface_id, interface_id);
        EXPECT_GE(info.components[0].interface_version, 1U);
        EXPECT_FALSE(info.components[0].summary.empty());
        EXPECT_FALSE(testing::is_mapped(shipped(name)));
    }
}

TEST(ShippedPlugins, make_a_client_s_parts) {
    PluginRegistry registry{testing::build_tree};
    registry.add_search_dir(PICOXX_TEST_SHIPPED);
    for (const char* name : {"libpq", "picodata", "round_robin", "random", "least_busy"}) {
        EXPECT_EQ(registry.load(name).name(), name);
    }

    const Components components = registry.components();
    EXPECT_NE(components.transport, nullptr);
    EXPECT_NE(components.discovery, nullptr);
    ASSERT_TRUE(components.router);
    EXPECT_NE(components.router(), components.router()) << "each client has one of its own";
    EXPECT_EQ(components.default_strategy, "round_robin");
    std::vector<std::string> strategies;
    for (const auto& [name, factory] : components.strategies) {
        strategies.push_back(name);
        Result<std::shared_ptr<BalanceStrategy>> strategy = factory();
        ASSERT_TRUE(strategy.ok());
        EXPECT_LT(pick_of(**strategy), 3U);
    }
    EXPECT_THAT(strategies, ElementsAre("least_busy", "random", "round_robin"));
}

TEST(ShippedPlugins, round_robin_may_start_at_another_turn) {
    PluginRegistry registry{testing::build_tree};
    registry.load_file(shipped("round_robin"));
    const auto first = registry.make<BalanceStrategy>("round_robin", {{"start", "0"}});
    EXPECT_EQ(pick_of(*first), 0U);
    const auto third = registry.make<BalanceStrategy>("round_robin", {{"start", "2"}});
    EXPECT_EQ(pick_of(*third), 2U);
    EXPECT_EQ(pick_of(*third), 0U);
}

#ifdef PICOXX_TEST_WITH_SPDLOG
TEST(ShippedPlugins, spdlog_writes_to_a_file) {
    const testing::TemporaryFolder folder;
    PluginRegistry registry{testing::build_tree};
    registry.load_file(shipped("spdlog"));
    {
        const auto sink = registry.make<LogSink>("spdlog",
                                                 {{"level", "warning"}, {"file", (folder.path() / "log").string()}});
        EXPECT_EQ(sink->level(), LogLevel::warning);
        sink->write({.level = LogLevel::info, .component = "pool", .node = "", .message = "not wanted"});
        sink->write({.level = LogLevel::error, .component = "pool", .node = "i1", .message = "wanted"});
    }
    const std::string text = testing::content_of(folder.path() / "log");
    EXPECT_THAT(text, HasSubstr("pool [i1]: wanted"));
    EXPECT_EQ(text.find("not wanted"), std::string::npos);

    const Result<std::shared_ptr<LogSink>> bad = registry.try_make<LogSink>("spdlog", {{"file", "/dev/null/log"}});
    ASSERT_FALSE(bad.ok());
    EXPECT_EQ(bad.error().code, Errc::plugin_create_failed);
    EXPECT_THAT(bad.error().text, HasSubstr("cannot create picoxx.log_sink \"spdlog\": "));
    EXPECT_THAT(registry.try_make<LogSink>("spdlog", {{"level", "loud"}}).error().text,
                HasSubstr("option \"level\" must be one of debug, info, warning, error, off, it is \"loud\""));
}
#endif

}  // namespace
}  // namespace picoxx
