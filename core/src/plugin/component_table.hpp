#pragma once

#include <picoxx/plugin_registry.hpp>

#include <picoxx/port/plugin.h>
#include <picoxx/port/result.hpp>

#include <vector>

namespace picoxx::detail {

/// One entry of a plugin's table. The functions live as long as its library.
struct Component {
    ComponentInfo info;
    void* (*create)(const picoxx_create_args*, picoxx_error*) = nullptr;
    void (*destroy)(void*) = nullptr;
};

/// The components of a descriptor in memory.
/// @pre check_stamp(descriptor.stamp) is ok
/// Errors: plugin_bad_descriptor; plugin_abi_mismatch for a port of another version.
[[nodiscard]] Result<std::vector<Component>> read_components(const picoxx_plugin_descriptor& descriptor);

}  // namespace picoxx::detail
