#pragma once

#include <picoxx/plugin_registry.hpp>

#include <picoxx/port/balance_strategy.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <stdlib.h>

namespace picoxx::testing {

/// Folders of these tests may be writable by a developer's group.
inline constexpr PluginRegistry::Options build_tree{.path_check = PathCheck::off,
                                                    .installed_plugins = InstalledPlugins::ignored};

/// A plugin of ours, or one for tests.
[[nodiscard]] inline std::filesystem::path shipped(const std::string& name) {
    return std::filesystem::path{PICOXX_TEST_SHIPPED} / ("picoxx_" + name + ".so");
}
[[nodiscard]] inline std::filesystem::path module(const std::string& name) {
    return std::filesystem::path{PICOXX_TEST_MODULES} / ("picoxx_" + name + ".so");
}

/// A folder that ends with the test; nobody but the user may write there.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "picoxx-plugin-XXXXXX").string();
        path_ = std::filesystem::canonical(::mkdtemp(name.data()));
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    std::filesystem::path folder(const std::string& name) const {
        std::filesystem::create_directory(path_ / name);
        std::filesystem::permissions(path_ / name, std::filesystem::perms{0755});
        return path_ / name;
    }
    std::filesystem::path write(const std::string& name, std::string_view content) const {
        std::ofstream{path_ / name, std::ios::binary} << content;
        std::filesystem::permissions(path_ / name, std::filesystem::perms{0644});
        return path_ / name;
    }
    std::filesystem::path copy(const std::filesystem::path& file, const std::string& name) const {
        std::filesystem::copy_file(file, path_ / name, std::filesystem::copy_options::overwrite_existing);
        std::filesystem::permissions(path_ / name, std::filesystem::perms{0644});
        return path_ / name;
    }

private:
    std::filesystem::path path_;
};

[[nodiscard]] inline std::string content_of(const std::filesystem::path& file) {
    std::ostringstream content;
    content << std::ifstream{file, std::ios::binary}.rdbuf();
    return content.str();
}

/// Whether a file is mapped into this process.
[[nodiscard]] inline bool is_mapped(const std::filesystem::path& file) {
    return content_of("/proc/self/maps").find(file.string()) != std::string::npos;
}

/// What a strategy picks among `count` nodes.
[[nodiscard]] inline std::size_t pick_of(BalanceStrategy& strategy, std::size_t count = 3, std::uint64_t random = 0) {
    const std::vector<Candidate> candidates(count);
    PickContext context;
    context.random = random;
    return strategy.pick(candidates, context);
}

}  // namespace picoxx::testing
