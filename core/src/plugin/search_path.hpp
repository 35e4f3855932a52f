#pragma once

#include <picoxx/plugin_registry.hpp>

#include <picoxx/port/result.hpp>

#include <filesystem>
#include <string_view>
#include <vector>

namespace picoxx::detail {

/// Errors: plugin_bad_name.
[[nodiscard]] Status check_search_dir(const std::filesystem::path& folder);

/// Where `load` looks: `added`, then PICOXX_PLUGIN_PATH if that is used, then the folder of installed plugins.
/// Errors: plugin_bad_name for an entry of the variable that is not absolute.
[[nodiscard]] Result<std::vector<std::filesystem::path>> search_dirs(std::vector<std::filesystem::path> added,
                                                                     Environment environment,
                                                                     InstalledPlugins installed_plugins);

/// The file of the plugin `name` in the first folder that has one.
/// Errors: plugin_bad_name, plugin_not_found.
[[nodiscard]] Result<std::filesystem::path> find_plugin(std::string_view name,
                                                        const std::vector<std::filesystem::path>& folders);

}  // namespace picoxx::detail
