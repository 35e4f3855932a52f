// How long a library stays mapped.
#include "plugin_test.hpp"

#include <picoxx/client.hpp>
#include <picoxx/plugin_registry.hpp>
#include <picoxx/testing/fakes.hpp>

#include <picoxx/port/plugin_build.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace picoxx {
namespace {

using testing::is_mapped;
using testing::module;
using testing::pick_of;
using testing::shipped;

constexpr PluginRegistry::Options when_unused{
    .unload = Unload::when_unused, .path_check = PathCheck::off, .installed_plugins = InstalledPlugins::ignored};

class PluginLifetime : public ::testing::Test {
protected:
    const std::filesystem::path file = module("test_strategies");

    // A sanitizer needs the library for its reports, so there it stays.
    static constexpr bool stays_mapped = PICOXX_PLUGIN_SANITIZED != 0;
};

TEST_F(PluginLifetime, a_library_stays_mapped_by_default) {
    {
        PluginRegistry registry{testing::build_tree};
        registry.load_file(shipped("random"));
    }
    EXPECT_TRUE(is_mapped(shipped("random")));
}

TEST_F(PluginLifetime, a_refused_library_is_not_mapped_before_it_is_judged) {
    PluginRegistry registry{testing::build_tree};
    EXPECT_FALSE(registry.try_load_file(module("other_abi")).ok());
    EXPECT_FALSE(is_mapped(module("other_abi")));
}

#if !PICOXX_PLUGIN_SANITIZED
TEST_F(PluginLifetime, an_object_keeps_its_library_and_a_weak_pointer_to_it_does_so_too) {
    std::optional<PluginRegistry> registry{when_unused};
    registry->load_file(file);
    std::shared_ptr<BalanceStrategy> strategy = registry->make<BalanceStrategy>("nth", {{"index", "1"}});
    registry.reset();
    EXPECT_EQ(pick_of(*strategy), 1U);

    const std::weak_ptr<BalanceStrategy> weak = strategy;
    std::weak_ptr<BalanceStrategy> other = weak;
    strategy.reset();
    EXPECT_TRUE(is_mapped(file));
    EXPECT_EQ(weak.lock(), nullptr);
    other.reset();
    EXPECT_TRUE(is_mapped(file));
}

TEST_F(PluginLifetime, a_library_is_unmapped_with_its_last_user_where_that_is_wanted) {
    PluginRegistry registry{when_unused};
    {
        const PluginHandle handle = registry.load_file(file);
        auto strategy = registry.make<BalanceStrategy>("nth");
        const StrategyFactory factory = registry.components().strategies.at("nth");
        registry.forget("test_strategies");
        strategy.reset();
        EXPECT_TRUE(is_mapped(file)) << "handle and factory use it";
    }
    EXPECT_FALSE(is_mapped(file));
    registry.load_file(file);
    EXPECT_EQ(pick_of(*registry.make<BalanceStrategy>("nth", {{"index", "2"}})), 2U) << "it may come again";
}

TEST_F(PluginLifetime, an_error_of_a_plugin_outlives_it) {
    Error error;
    {
        PluginRegistry registry{when_unused};
        registry.load_file(file);
        error = registry.try_make<BalanceStrategy>("throws").error();
    }
    EXPECT_FALSE(is_mapped(file));
    EXPECT_NE(error.text.find("cannot reach the weather service"), std::string::npos);
}

TEST_F(PluginLifetime, a_refused_library_is_unmapped_where_that_is_wanted) {
    PluginRegistry registry{when_unused};
    EXPECT_FALSE(registry.try_load_file(module("null_field")).ok());
    EXPECT_FALSE(is_mapped(module("null_field")));
}
#endif

TEST_F(PluginLifetime, threads_load_use_and_drop_a_plugin_at_the_same_time) {
    PluginRegistry registry{when_unused};
    std::atomic<int> made{0};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            for (int round = 0; round < 100; ++round) {
                registry.load_file(file);
                auto strategy = registry.try_make<BalanceStrategy>("nth", {{"index", std::to_string(i)}});
                registry.forget("test_strategies");
                if (!strategy.ok()) {
                    EXPECT_EQ(strategy.error().code, Errc::plugin_unknown_component) << "another thread forgot it";
                    continue;
                }
                ++made;
                const std::weak_ptr<BalanceStrategy> weak = *strategy;
                EXPECT_EQ(pick_of(**strategy), i);
                strategy->reset();
                EXPECT_EQ(weak.lock(), nullptr);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_GT(made, 0);
    EXPECT_EQ(is_mapped(file), stays_mapped);
}

TEST_F(PluginLifetime, a_client_in_use_lets_go_of_the_library_of_a_strategy_that_is_replaced) {
    auto transport = std::make_shared<testing::FakeTransport>();
    transport->node({"127.0.0.1", 4327})
        .answer("SELECT 1", testing::rows_answer({{"col_1", oid::int8}}, {{testing::int8_cell(1)}}));
    Components parts;
    parts.transport = transport;
    const auto other = [](std::span<const Candidate>) { return std::size_t{0}; };
    PluginRegistry registry{when_unused};
    registry.load_file(file);
    Pool pool{{.dsn = "postgresql://user@127.0.0.1:4327", .balance_strategy = registry.make<BalanceStrategy>("nth")},
              parts};

    std::atomic<bool> done{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back([&] {
            while (!done) EXPECT_EQ(pool.fetch("SELECT 1").size(), 1U);
        });
    }
    for (int round = 0; round < 20; ++round) {
        if (round > 0) {
            registry.load_file(file);
            pool.set_balance_strategy(registry.make<BalanceStrategy>("nth"));
        }
        registry.forget("test_strategies");
        EXPECT_EQ(pool.fetch("SELECT 1").size(), 1U);
        EXPECT_TRUE(is_mapped(file)) << "the client uses it";
        pool.set_balance_strategy(other);
        EXPECT_EQ(is_mapped(file), stays_mapped);
    }
    done = true;
    for (std::thread& thread : threads) thread.join();
}

TEST_F(PluginLifetime, a_plugin_may_forbid_to_be_unmapped) {
    {
        PluginRegistry registry{when_unused};
        EXPECT_TRUE(registry.load_file(shipped("libpq")).info().keep_mapped);
    }
    EXPECT_TRUE(is_mapped(shipped("libpq")));
}

}  // namespace
}  // namespace picoxx
