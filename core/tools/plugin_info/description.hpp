#pragma once

#include <filesystem>
#include <string>

namespace picoxx::plugin_info {

struct Description {
    std::string text;  ///< Lines of `key: value`, the last one the verdict.
    bool is_loadable = false;
};

/// What a plugin's file says of itself, as far as it can be read, and whether this program would load it. Runs no code
/// of it.
[[nodiscard]] Description describe(const std::filesystem::path& absolute);

}  // namespace picoxx::plugin_info
