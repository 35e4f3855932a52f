// Files that change while they are in use or looked at.
#include "plugin_test.hpp"

#include <picoxx/port/plugin_build.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>

namespace picoxx {
namespace {

using testing::build_tree;
using testing::content_of;
using ::testing::EndsWith;
using testing::shipped;
using testing::TemporaryFolder;

class ReplacedPlugin : public ::testing::Test {
protected:
    /// Puts another file in its place, as one should: by renaming.
    void replace_by(const std::filesystem::path& other) { std::filesystem::rename(folder.copy(other, "new.so"), file); }

    const TemporaryFolder folder;
    const std::filesystem::path file = folder.copy(shipped("random"), "picoxx_random.so");
    const std::string still_in_use =
        "the file was replaced since it was loaded, and the old library is still in use; "
        "end what uses it, or restart the program";
};

TEST_F(ReplacedPlugin, is_not_taken_for_what_was_loaded_before) {
    PluginRegistry registry{build_tree};
    registry.load_file(file);
    replace_by(shipped("least_busy"));

    EXPECT_EQ(PluginRegistry::inspect(file).name, "least_busy");
    PluginRegistry other{build_tree};
    for (PluginRegistry* const one : {&registry, &other}) {
        const Result<PluginHandle> loaded = one->try_load_file(file);
        ASSERT_FALSE(loaded.ok());
        EXPECT_EQ(loaded.error().code, Errc::plugin_load_failed);
        EXPECT_THAT(loaded.error().text, EndsWith(still_in_use));
    }
    EXPECT_EQ(registry.list().size(), 1U);
    EXPECT_EQ(testing::pick_of(*registry.make<BalanceStrategy>("random")), 0U) << "the old one works on";
}

TEST_F(ReplacedPlugin, of_the_same_name_and_version_is_not_taken_for_it_either) {
    PluginRegistry registry{build_tree};
    registry.load_file(file);
    replace_by(shipped("random"));

    PluginRegistry other{build_tree};
    EXPECT_THAT(other.try_load_file(file).error().text, EndsWith(still_in_use));
}

TEST_F(ReplacedPlugin, is_loaded_from_another_place) {
    PluginRegistry registry{build_tree};
    registry.load_file(file);
    replace_by(shipped("least_busy"));
    const auto elsewhere = folder.path() / "picoxx_least_busy.so";
    std::filesystem::rename(file, elsewhere);

    EXPECT_EQ(registry.load_file(elsewhere).name(), "least_busy");
}

TEST_F(ReplacedPlugin, is_loaded_once_nothing_uses_the_old_one) {
    PluginRegistry::Options options = build_tree;
    options.unload = Unload::when_unused;
    PluginRegistry registry{options};
    registry.load_file(file);
    registry.forget("random");
    replace_by(shipped("least_busy"));

#if PICOXX_PLUGIN_SANITIZED
    EXPECT_FALSE(registry.try_load_file(file).ok()) << "under sanitizers nothing is unmapped";
#else
    EXPECT_EQ(registry.load_file(file).name(), "least_busy");
#endif
}

// Not as one should: a file that programs have mapped. They must survive a look at it at least.
TEST_F(ReplacedPlugin, may_be_written_to_while_it_is_looked_at) {
    const std::string content = content_of(file);
    std::atomic<bool> done = false;
    std::thread writer{[&] {
        while (!done) {
            std::ofstream{file, std::ios::binary | std::ios::trunc} << content.substr(0, 100) << content.substr(100);
        }
    }};
    int whole = 0;
    int cut = 0;
    while (whole < 20 || cut < 20) {
        const Result<PluginInfo> seen = PluginRegistry::try_inspect(file);
        if (seen.ok()) {
            EXPECT_EQ(seen->name, "random");
            ++whole;
        } else {
            EXPECT_EQ(seen.error().code, Errc::plugin_not_a_library);
            ++cut;
        }
    }
    done = true;
    writer.join();
}

}  // namespace
}  // namespace picoxx
