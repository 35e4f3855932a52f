#pragma once

#include <picoxx/plugin_registry.hpp>

#include <picoxx/port/plugin.h>
#include <picoxx/port/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace picoxx::detail {

/// A stamp in a file, with the listing behind it.
struct FoundStamp {
    picoxx_plugin_stamp stamp{};
    std::vector<ComponentInfo> listing;
    Status readable;  ///< An error where stamp or listing are damaged or cut off.
};

/// Every stamp in `data`, a library's mapped data.
[[nodiscard]] std::vector<FoundStamp> find_stamps(std::span<const std::span<const std::byte>> data);

/// Whether this program can use what the stamp tells of.
/// Errors: plugin_bad_descriptor, plugin_abi_mismatch, plugin_core_too_old, plugin_build_mismatch.
[[nodiscard]] Status check_stamp(const picoxx_plugin_stamp& stamp);

/// Whether this program uses that version of the port; a port it does not know is good.
/// Errors: plugin_abi_mismatch.
[[nodiscard]] Status check_interface(std::string_view component, std::string_view interface_id, std::uint32_t version);

/// What the stamp says, without components and source.
[[nodiscard]] PluginInfo describe_stamp(const picoxx_plugin_stamp& stamp);

}  // namespace picoxx::detail
