#pragma once

#include "component_table.hpp"
#include "elf_file.hpp"
#include "library.hpp"

#include <picoxx/plugin_registry.hpp>

#include <picoxx/port/plugin.h>
#include <picoxx/port/result.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::detail {

/// A plugin that was checked, in memory: what it says of itself (copied) and what it makes. Holds its library.
class RegisteredPlugin {
public:
    /// Checks the descriptor. `library` is null for a plugin that is linked in.
    /// Errors: as check_stamp and read_components.
    [[nodiscard]] static Result<std::shared_ptr<const RegisteredPlugin>> make(
        const picoxx_plugin_descriptor& descriptor, std::string source, FileIdentity file,
        std::shared_ptr<const Library> library);

    [[nodiscard]] const PluginInfo& info() const noexcept { return info_; }
    [[nodiscard]] const std::vector<Component>& components() const noexcept { return components_; }
    [[nodiscard]] FileIdentity file() const noexcept { return file_; }
    [[nodiscard]] bool is_from(const picoxx_plugin_descriptor& descriptor) const noexcept {
        return descriptor_ == &descriptor;
    }

private:
    RegisteredPlugin() = default;

    // The first member, so that it is the last to go.
    std::shared_ptr<const Library> library_;
    const picoxx_plugin_descriptor* descriptor_ = nullptr;
    FileIdentity file_;
    PluginInfo info_;
    std::vector<Component> components_;
};

/// Makes one of the plugin's components: a pointer to the port that its interface is. It keeps the plugin.
/// Errors: plugin_bad_config, plugin_create_failed.
[[nodiscard]] Result<std::shared_ptr<void>> make_component(const std::shared_ptr<const RegisteredPlugin>& plugin,
                                                           const Component& component, const PluginConfig& config);

}  // namespace picoxx::detail
