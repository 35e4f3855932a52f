// What a registry offers of the plugins it has.
#include "plugin_test.hpp"

#include <picoxx/plugin_registry.hpp>
#include <picoxx/testing/error_in.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

// [declare]
PICOXX_STATIC_PLUGIN(round_robin);
// [declare]

namespace picoxx {
namespace {

using testing::build_tree;
using ::testing::EndsWith;
using testing::error_in;
using ::testing::HasSubstr;
using testing::module;
using testing::pick_of;
using testing::shipped;
using testing::TemporaryFolder;

std::string prefix(const std::filesystem::path& file) { return "plugin \"" + file.string() + "\": "; }

class Registry : public ::testing::Test {
protected:
    PluginRegistry registry{build_tree};
};

TEST_F(Registry, makes_what_a_loaded_plugin_has) {
    const PluginHandle plugin = registry.load_file(module("test_strategies"));
    EXPECT_EQ(plugin.name(), "test_strategies");
    EXPECT_EQ(plugin.info().version, "2.0.0");
    EXPECT_EQ(plugin.info().source, module("test_strategies"));
    EXPECT_EQ(plugin.info().components.size(), 4U);

    const auto strategy = registry.make<BalanceStrategy>("nth", {{"index", "2"}});
    EXPECT_EQ(pick_of(*strategy), 2U);
}

TEST_F(Registry, lists_all_components_by_interface_and_name) {
    EXPECT_TRUE(registry.list().empty());
    registry.load_file(shipped("random"));
    registry.load_file(shipped("libpq"));
    registry.add_static(picoxx_plugin_entry_round_robin);
    std::vector<std::string> names;
    for (const ComponentInfo& component : registry.list())
        names.push_back(component.interface_id + '/' + component.name);
    EXPECT_EQ(names, (std::vector<std::string>{"picoxx.balance_strategy/random", "picoxx.balance_strategy/round_robin",
                                               "picoxx.transport/libpq"}));
}

TEST_F(Registry, has_a_plugin_that_is_linked_in) {
    const PluginHandle plugin = registry.add_static(picoxx_plugin_entry_round_robin);
    EXPECT_EQ(plugin.info().source, "(static) round_robin");
    EXPECT_EQ(pick_of(*registry.make<BalanceStrategy>("round_robin", {{"start", "1"}})), 1U);
    registry.add_static(picoxx_plugin_entry_round_robin);  // the same again
    EXPECT_EQ(registry.list().size(), 1U);
}

TEST_F(Registry, takes_the_same_file_and_links_to_it_for_the_same_plugin) {
    const TemporaryFolder folder;
    const auto file = folder.copy(shipped("random"), "picoxx_random.so");
    std::filesystem::create_symlink(file, folder.path() / "link.so");
    std::filesystem::create_hard_link(file, folder.path() / "hard.so");
    registry.load_file(file);
    EXPECT_EQ(registry.load_file(file).info().source, file);
    EXPECT_EQ(registry.load_file(folder.path() / "link.so").info().source, file);
    EXPECT_EQ(registry.load_file(folder.path() / "hard.so").info().source, file);
    EXPECT_EQ(registry.list().size(), 1U);
}

TEST_F(Registry, wants_the_name_of_the_file_whatever_was_loaded_before) {
    const TemporaryFolder folder;
    const auto file = folder.copy(shipped("random"), "picoxx_random.so");
    std::filesystem::create_symlink(file, folder.path() / "picoxx_chance.so");
    registry.add_search_dir(folder.path());
    for (int i = 0; i < 2; ++i) {
        const Error error = error_in([&] { registry.load("chance"); });
        EXPECT_EQ(error.code, Errc::plugin_bad_descriptor);
        EXPECT_THAT(error.text, EndsWith("the file is named for plugin \"chance\" but contains plugin \"random\""));
        registry.load("random");
    }
}

TEST_F(Registry, goes_by_the_exported_descriptor_of_a_file_with_two) {
    EXPECT_EQ(PluginRegistry::inspect(module("two_descriptors")).name, "two_descriptors");
    PluginRegistry unloading{{.unload = Unload::when_unused, .path_check = PathCheck::off}};
    unloading.add_search_dir(module("two_descriptors").parent_path());
    EXPECT_TRUE(unloading.load("two_descriptors").info().keep_mapped);
    EXPECT_EQ(unloading.list().size(), 1U);
    unloading.forget("two_descriptors");
    EXPECT_TRUE(testing::is_mapped(module("two_descriptors")));
}

TEST_F(Registry, tries_no_other_folder_where_one_cannot_be_looked_into) {
    const TemporaryFolder folder;
    const auto loop = folder.path() / "loop";
    std::filesystem::create_symlink(loop, loop);
    registry.add_search_dir(loop);
    registry.add_search_dir(shipped("random").parent_path());
    const Error error = error_in([&] { registry.load("random"); });
    EXPECT_EQ(error.code, Errc::plugin_not_found);
    EXPECT_EQ(error.text,
              prefix(loop / "picoxx_random.so") + "it cannot be opened (Too many levels of symbolic links)");
}

TEST_F(Registry, refuses_a_second_plugin_of_the_same_name) {
    const TemporaryFolder folder;
    const auto copy = folder.copy(shipped("random"), "copy.so");
    registry.load_file(shipped("random"));
    Error error = error_in([&] { registry.load_file(copy); });
    EXPECT_EQ(error.code, Errc::plugin_duplicate);
    EXPECT_EQ(error.text,
              prefix(copy) + "a plugin named \"random\" is already registered from " + shipped("random").string());

    registry.add_static(picoxx_plugin_entry_round_robin);
    error = error_in([&] { registry.load_file(shipped("round_robin")); });
    EXPECT_EQ(error.code, Errc::plugin_duplicate);
    EXPECT_EQ(error.text, prefix(shipped("round_robin")) +
                              "a plugin named \"round_robin\" is already registered from (static) round_robin");

    PluginRegistry other{build_tree};
    other.load_file(shipped("round_robin"));
    error = error_in([&] { other.add_static(picoxx_plugin_entry_round_robin); });
    EXPECT_EQ(error.text, prefix("(static) round_robin") +
                              "a plugin named \"round_robin\" is already registered from " +
                              shipped("round_robin").string());
}

TEST_F(Registry, refuses_a_component_that_another_plugin_provides_and_takes_none_of_its_plugin) {
    registry.load_file(shipped("random"));
    const Error error = error_in([&] { registry.load_file(module("also_random")); });
    EXPECT_EQ(error.code, Errc::plugin_duplicate);
    EXPECT_EQ(error.text, prefix(module("also_random")) + "picoxx.balance_strategy/random is already provided by " +
                              shipped("random").string());
    EXPECT_EQ(registry.list().size(), 1U);
}

TEST_F(Registry, names_what_it_has_where_a_component_is_unknown) {
    Error error = error_in([&] { (void)registry.make<BalanceStrategy>("roundrobin"); });
    EXPECT_EQ(error.code, Errc::plugin_unknown_component);
    EXPECT_EQ(error.text, "no picoxx.balance_strategy named \"roundrobin\"; available: none");

    registry.load_file(shipped("random"));
    registry.load_file(shipped("libpq"));
    registry.add_static(picoxx_plugin_entry_round_robin);
    error = error_in([&] { (void)registry.make<BalanceStrategy>("roundrobin"); });
    EXPECT_EQ(error.text, "no picoxx.balance_strategy named \"roundrobin\"; available: random, round_robin");

    error = error_in([&] { (void)registry.make<Transport>("random"); });
    EXPECT_EQ(error.code, Errc::plugin_wrong_interface);
    EXPECT_EQ(
        error.text,
        "no picoxx.transport named \"random\" (a component of that name exists, with another interface); available: "
        "libpq");
}

TEST_F(Registry, says_which_option_of_a_component_is_wrong) {
    const auto file = module("test_strategies");
    registry.load_file(file);
    registry.add_static(picoxx_plugin_entry_round_robin);

    Error error = error_in([&] { (void)registry.make<BalanceStrategy>("round_robin", {{"strat", "3"}}); });
    EXPECT_EQ(error.code, Errc::plugin_bad_config);
    EXPECT_EQ(error.text,
              prefix("(static) round_robin") +
                  "cannot create picoxx.balance_strategy \"round_robin\": unknown option \"strat\" (known: start)");

    error = error_in([&] { (void)registry.make<BalanceStrategy>("nth", {{"index", "12"}}); });
    EXPECT_EQ(error.code, Errc::plugin_bad_config);
    EXPECT_EQ(error.text, prefix(file) +
                              "cannot create picoxx.balance_strategy \"nth\": option \"index\" must be a whole "
                              "number from 0 to 9, it is \"12\"");

    error = error_in([&] { (void)registry.make<BalanceStrategy>("nth", {{"password", "wrong"}}); });
    EXPECT_THAT(error.text, EndsWith("\"nth\": the password is wrong"));
}

TEST_F(Registry, contains_a_component_that_cannot_be_made) {
    registry.load_file(module("test_strategies"));
    registry.load_file(module("plain"));
    const auto made = [&](const char* name, const PluginConfig& config = {}) {
        return error_in([&] { (void)registry.make<BalanceStrategy>(name, config); });
    };
    EXPECT_EQ(made("throws").code, Errc::plugin_create_failed);
    EXPECT_EQ(made("throws").text, prefix(module("test_strategies")) +
                                       "cannot create picoxx.balance_strategy \"throws\": "
                                       "cannot reach the weather service");
    EXPECT_THAT(made("throws", {{"token", "1"}}).text, EndsWith("\"throws\": cannot reach the weather service"))
        << "not the option that it did not come to ask for";
    EXPECT_THAT(made("throws_text").text,
                EndsWith("\"throws_text\": exception of a type not derived from std::exception"));
    EXPECT_THAT(made("nothing").text, EndsWith("\"nothing\": its create() made nothing"));
    EXPECT_THAT(made("last", {{"fail", "yes"}}).text, EndsWith("\"last\": cannot reach the weather service"));
    EXPECT_EQ(made("last", {{"fail", "yes"}}).code, Errc::plugin_create_failed);
}

TEST_F(Registry, uses_a_plugin_without_exceptions_and_rtti) {
    registry.load_file(module("plain"));
    EXPECT_EQ(pick_of(*registry.make<BalanceStrategy>("last")), 2U);
}

TEST_F(Registry, uses_a_plugin_of_another_compiler) {
#ifdef PICOXX_TEST_OTHER_COMPILER
    const PluginHandle plugin = registry.load_file(PICOXX_TEST_OTHER_COMPILER);
    EXPECT_NE(plugin.info().toolchain, PICOXX_PLUGIN_TOOLCHAIN);
    EXPECT_EQ(pick_of(*registry.make<BalanceStrategy>("nth", {{"index", "1"}})), 1U);
    EXPECT_THAT(error_in([&] { (void)registry.make<BalanceStrategy>("throws"); }).text,
                EndsWith("cannot reach the weather service"));
    EXPECT_THAT(error_in([&] {
                    (void)registry.make<BalanceStrategy>("nth", {{"x", "1"}});
                }).text,
                EndsWith("unknown option \"x\" (known: index, password)"));
#else
    GTEST_SKIP() << "there is no other compiler, or this build has sanitizers";
#endif
}

TEST_F(Registry, chooses_no_part_where_two_would_do) {
    registry.load_file(module("two_routers"));
    registry.load_file(shipped("libpq"));
    Components components;
    const Error error = error_in([&] { registry.add_to(components); });
    EXPECT_EQ(error.code, Errc::plugin_duplicate);
    const std::string file = '(' + module("two_routers").string() + ')';
    EXPECT_EQ(error.text, "more than one picoxx.statement_router is registered: first " + file + ", second " + file +
                              "; make() the one to use and put it in before add_to()");
    EXPECT_EQ(components.transport, nullptr) << "nothing is filled in";

    components.router = registry.router_factory("second");
    EXPECT_NE(components.router(), components.router()) << "each client has one of its own";
    registry.add_to(components);
    EXPECT_NE(components.transport, nullptr);
}

TEST_F(Registry, fills_in_the_parts_that_a_client_lacks) {
    registry.load_file(shipped("libpq"));
    registry.load_file(shipped("random"));
    Components components;
    int made = 0;
    components.strategies["random"] = [&made]() -> std::shared_ptr<BalanceStrategy> {
        ++made;
        return nullptr;
    };
    registry.add_to(components);
    EXPECT_NE(components.transport, nullptr);
    EXPECT_EQ(components.discovery, nullptr);
    EXPECT_EQ(components.default_strategy, "") << "no round_robin is registered";
    EXPECT_FALSE(components.strategies.at("random")().ok());
    EXPECT_EQ(made, 1) << "what was there stays";

    registry.add_static(picoxx_plugin_entry_round_robin);
    const std::shared_ptr<Transport> before = components.transport;
    registry.add_to(components);
    EXPECT_EQ(components.transport, before);
    EXPECT_EQ(components.default_strategy, "round_robin");
}

TEST_F(Registry, gives_factories_that_take_options_and_outlive_it) {
    StrategyFactory factory;
    {
        PluginRegistry short_lived{build_tree};
        short_lived.load_file(module("test_strategies"));
        factory = short_lived.components().strategies.at("nth");
    }
    Result<std::shared_ptr<BalanceStrategy>> strategy = factory({{"index", "2"}});
    ASSERT_TRUE(strategy.ok());
    EXPECT_EQ(pick_of(**strategy), 2U);
    EXPECT_EQ(factory({{"index", "x"}}).error().code, Errc::plugin_bad_config);
}

TEST_F(Registry, forgets_a_plugin_but_not_what_was_made_of_it) {
    registry.load_file(shipped("random"));
    const auto strategy = registry.make<BalanceStrategy>("random");
    registry.forget("random");
    registry.forget("never_there");
    EXPECT_TRUE(registry.list().empty());
    EXPECT_EQ(pick_of(*strategy), 0U);
    registry.load_file(shipped("random"));
    EXPECT_EQ(registry.list().size(), 1U);
}

// ------------------------------------------------------------------------------------------------------ where it looks

TEST_F(Registry, looks_into_its_folders_in_order) {
    const TemporaryFolder folder;
    const auto a = folder.folder("a");
    const auto b = folder.folder("b");
    registry.add_search_dir(a);
    registry.add_search_dir(b);
    Error error = error_in([&] { registry.load("random"); });
    EXPECT_EQ(error.code, Errc::plugin_not_found);
    EXPECT_EQ(error.text, "plugin \"random\" not found; looked for " + (a / "picoxx_random.so").string() + ", " +
                              (b / "picoxx_random.so").string());

    folder.copy(shipped("random"), "b/picoxx_random.so");
    EXPECT_EQ(registry.load("random").info().source, b / "picoxx_random.so");

    folder.write("a/picoxx_least_busy.so", "broken");
    folder.copy(shipped("least_busy"), "b/picoxx_least_busy.so");
    error = error_in([&] { registry.load("least_busy"); });
    EXPECT_EQ(error.code, Errc::plugin_not_a_library) << "the first file decides";

    std::filesystem::create_symlink("/nowhere", a / "picoxx_libpq.so");
    folder.copy(shipped("libpq"), "b/picoxx_libpq.so");
    error = error_in([&] { registry.load("libpq"); });
    EXPECT_EQ(error.text, prefix(a / "picoxx_libpq.so") + "no such file (No such file or directory)");
}

TEST_F(Registry, looks_into_the_environment_s_folders_only_if_told_to) {
    const TemporaryFolder folder;
    const auto file = folder.copy(shipped("random"), "picoxx_random.so");
    ::setenv("PICOXX_PLUGIN_PATH", folder.path().c_str(), 1);
    EXPECT_EQ(error_in([&] { registry.load("random"); }).text,
              "plugin \"random\" not found; looked for nothing: no plugin directory is configured");

    PluginRegistry::Options options = build_tree;
    options.environment = Environment::used;
    PluginRegistry other{options};
    EXPECT_EQ(other.load("random").info().source, file);
    for (const char* value : {"lib", "/usr:", ":/usr", "/usr::/lib", "."}) {
        ::setenv("PICOXX_PLUGIN_PATH", value, 1);
        const Error error = error_in([&] { other.load("least_busy"); });
        EXPECT_EQ(error.code, Errc::plugin_bad_name) << value;
        EXPECT_THAT(error.text, HasSubstr("is not absolute"));
    }
}

TEST_F(Registry, looks_last_into_the_folder_of_installed_plugins) {
    PluginRegistry other{{.path_check = PathCheck::off}};
    other.add_search_dir("/nowhere");
    const std::string text = error_in([&] { other.load("not_there"); }).text;
    EXPECT_THAT(text, HasSubstr("looked for /nowhere/picoxx_not_there.so, /"));
    EXPECT_THAT(text, EndsWith("/picoxx/plugins-1/picoxx_not_there.so"));
}

TEST_F(Registry, takes_names_and_absolute_folders_only) {
    for (const char* name : {"../good", "", "Good", "9lives", "go od", "a/b", "good.so", "/tmp/good"}) {
        const Error error = error_in([&] { registry.load(name); });
        EXPECT_EQ(error.code, Errc::plugin_bad_name);
        EXPECT_EQ(error.text, "plugin name \"" + std::string{name} +
                                  "\" is not valid: use a-z, 0-9 and _, or load_file() with an absolute path");
    }
    const Error error = error_in([&] { registry.add_search_dir("lib"); });
    EXPECT_EQ(error.code, Errc::plugin_bad_name);
    EXPECT_EQ(error.text, "plugin directory \"lib\" is not absolute");
}

TEST_F(Registry, refuses_a_file_that_is_named_for_another_plugin) {
    const TemporaryFolder folder;
    const auto file = folder.copy(shipped("random"), "picoxx_a.so");
    registry.add_search_dir(folder.path());
    const Error error = error_in([&] { registry.load("a"); });
    EXPECT_EQ(error.code, Errc::plugin_bad_descriptor);
    EXPECT_EQ(error.text, prefix(file) + "the file is named for plugin \"a\" but contains plugin \"random\"");
    EXPECT_EQ(registry.load_file(file).name(), "random") << "a path says nothing about the name";
}

TEST_F(Registry, serves_many_threads) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            for (int round = 0; round < 20; ++round) {
                const std::string name = (i + round) % 2 == 0 ? "random" : "least_busy";
                EXPECT_EQ(registry.load_file(shipped(name)).name(), name);
                if (auto strategy = registry.try_make<BalanceStrategy>(name); strategy.ok()) {
                    EXPECT_LT(pick_of(**strategy), 3U);
                }
                (void)registry.list();
                if (round % 5 == 0) registry.forget(name);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace picoxx
