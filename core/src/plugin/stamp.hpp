#pragma once

#include "elf_file.hpp"

#include <picoxx/plugin_registry.hpp>

#include <picoxx/port/plugin.h>
#include <picoxx/port/result.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace picoxx::detail {

/// A stamp in a file, with the listing behind it.
struct FoundStamp {
    std::uint64_t address = 0;  ///< As ElfFile::Segment::address counts.
    picoxx_plugin_stamp stamp{};
    std::vector<ComponentInfo> listing;
    Status readable;  ///< An error where stamp or listing are damaged or cut off.
};

/// Every stamp in the file's data.
[[nodiscard]] std::vector<FoundStamp> find_stamps(const ElfFile& file);

/// Whether this program can use what the stamp tells of.
/// Errors: plugin_bad_descriptor, plugin_abi_mismatch, plugin_core_too_old, plugin_build_mismatch.
[[nodiscard]] Status check_stamp(const picoxx_plugin_stamp& stamp);

/// Whether this program uses that version of the port; a port it does not know is good.
/// Errors: plugin_abi_mismatch.
[[nodiscard]] Status check_interface(std::string_view component, std::string_view interface_id, std::uint32_t version);

/// What the stamp says, without components and source.
[[nodiscard]] PluginInfo describe_stamp(const picoxx_plugin_stamp& stamp);

}  // namespace picoxx::detail
