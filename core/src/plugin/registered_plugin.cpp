#include "registered_plugin.hpp"

#include "plugin_text.hpp"
#include "stamp.hpp"

#include <picoxx/detail/config_pairs.hpp>

#include <cstdint>
#include <exception>
#include <utility>

namespace picoxx::detail {
namespace {

// Ends an object, then lets go of the library its code is in.
class Destroy {
public:
    Destroy(std::shared_ptr<const RegisteredPlugin> plugin, void (*destroy)(void*)) noexcept
        : plugin_{std::move(plugin)}, destroy_{destroy} {}

    void operator()(void* port) const noexcept {
        if (port != nullptr) destroy_(port);
    }

private:
    std::shared_ptr<const RegisteredPlugin> plugin_;
    void (*destroy_)(void*);
};

// Components never throw; one that does all the same must not end the process.
void* create(const Component& component, const picoxx_create_args& args, picoxx_error& error) {
    constexpr std::string_view thrown = "exception out of its create function";
    try {
        return component.create(&args, &error);
    } catch (...) {
        error.code = static_cast<std::int32_t>(Errc::plugin_create_failed);
        error.text[thrown.copy(error.text, sizeof error.text - 1)] = '\0';
        return nullptr;
    }
}

}  // namespace

Result<std::shared_ptr<const RegisteredPlugin>> RegisteredPlugin::make(const picoxx_plugin_descriptor& descriptor,
                                                                       std::string source, FileIdentity file,
                                                                       std::shared_ptr<const Library> library) {
    if (Status usable = check_stamp(descriptor.stamp); !usable.ok()) return std::move(usable).error();
    Result<std::vector<Component>> components = read_components(descriptor);
    if (!components.ok()) return std::move(components).error();

    std::shared_ptr<RegisteredPlugin> plugin{new RegisteredPlugin};
    plugin->library_ = std::move(library);
    plugin->descriptor_ = &descriptor;
    plugin->file_ = file;
    plugin->info_ = describe_stamp(descriptor.stamp);
    plugin->info_.source = std::move(source);
    plugin->components_ = *std::move(components);
    for (const Component& component : plugin->components_) plugin->info_.components.push_back(component.info);
    return std::shared_ptr<const RegisteredPlugin>{std::move(plugin)};
}

Result<std::shared_ptr<void>> make_component(const std::shared_ptr<const RegisteredPlugin>& plugin,
                                             const Component& component, const PluginConfig& config) {
    const std::vector<picoxx_kv> pairs = config_pairs(config);
    const picoxx_create_args args{sizeof args, static_cast<std::uint32_t>(pairs.size()), pairs.data(), nullptr};
    picoxx_error error{};
    error.size = sizeof error;
    void* const port = create(component, args, error);
    if (port != nullptr) return std::shared_ptr<void>{port, Destroy{plugin, component.destroy}};

    const bool is_config = error.code == static_cast<std::int32_t>(Errc::plugin_bad_config);
    std::string why = field_text(error.text);
    if (why.empty()) why = "it does not say why";
    return about_plugin(
        plugin->info().source,
        make_error(is_config ? Errc::plugin_bad_config : Errc::plugin_create_failed,
                   "cannot create " + component.info.interface_id + " \"" + component.info.name + "\": " + why));
}

}  // namespace picoxx::detail
