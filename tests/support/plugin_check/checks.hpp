#pragma once

#include <picoxx/plugin_registry.hpp>

#include <ostream>

namespace picoxx::plugin_check {

/// Makes one component of a loaded plugin and checks what can be checked without a server: a line for each check.
/// @return whether all were passed
[[nodiscard]] bool check_component(const PluginRegistry& registry, const ComponentInfo& component,
                                   const PluginConfig& options, std::ostream& out);

}  // namespace picoxx::plugin_check
