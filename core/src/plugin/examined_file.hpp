#pragma once

#include "elf_file.hpp"
#include "stamp.hpp"

#include <picoxx/plugin_registry.hpp>

#include <picoxx/port/result.hpp>

#include <filesystem>
#include <optional>

namespace picoxx::detail {

/// A plugin's file as far as it can be judged without running any of it.
struct ExaminedFile {
    std::filesystem::path canonical;
    Status owners;  ///< An error where others could have changed it.
    FileIdentity identity;
    bool is_program = false;
    /// What `picoxx_plugin_entry` is in it, or where that is not exported the first stamp that stands in it; none where
    /// the file may not be told of.
    std::optional<FoundStamp> stamp;
    bool is_exported = false;
};

/// Errors: that it is no plugin at all.
[[nodiscard]] Result<ExaminedFile> examine(const std::filesystem::path& file, PathCheck path_check);

/// Why this program would not load it.
[[nodiscard]] Status judge(const ExaminedFile& examined);

}  // namespace picoxx::detail
