#pragma once

#include <picoxx/port/result.hpp>

#include <filesystem>

namespace picoxx::detail {

/// Whether nobody but root and the effective user can change the file, or put another one in its place: owners and
/// modes of it and of every folder above it. Folders like /tmp, root's and sticky, are good.
/// @pre `file` is canonical
/// Errors: plugin_insecure_path, naming the culprit; plugin_not_found.
[[nodiscard]] Status check_owners(const std::filesystem::path& file);

}  // namespace picoxx::detail
