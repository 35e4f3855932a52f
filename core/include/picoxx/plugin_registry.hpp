#pragma once

#include <picoxx/components.hpp>
#include <picoxx/exception.hpp>

#include <picoxx/port/error.hpp>
#include <picoxx/port/plugin.h>
#include <picoxx/port/result.hpp>
#include <picoxx/port/transport.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Declares the descriptor of a plugin that is linked in, for PluginRegistry::add_static(picoxx_plugin_entry_<name>).
/// Outside of all namespaces.
#define PICOXX_STATIC_PLUGIN(name) extern "C" const picoxx_plugin_descriptor picoxx_plugin_entry_##name

namespace picoxx {

/// Options of a component: flat, key and value.
using PluginConfig = std::map<std::string, std::string>;

/// One implementation of a port in a plugin.
struct ComponentInfo {
    std::string interface_id;  ///< Such as `picoxx.balance_strategy`.
    std::string name;
    std::uint32_t interface_version = 0;
    std::string summary;
    std::string plugin;  ///< The plugin's name.
};

/// What a plugin says of itself. Texts are printable ASCII.
struct PluginInfo {
    std::string name;
    std::string version;
    std::string source;          ///< Its file, or `(static) name`.
    std::string build;           ///< What decides binary compatibility.
    std::string toolchain;       ///< The compiler.
    std::string picoxx_version;  ///< Of the headers it was built with.
    std::uint32_t abi_major = 0;
    std::uint32_t abi_minor = 0;
    bool keep_mapped = false;  ///< It is never unmapped, whatever the program asks for.
    std::vector<ComponentInfo> components;
    Error refusal;  ///< Why this program would not load it; from `inspect` only.
};

namespace detail {
class RegisteredPlugin;
class PluginState;
}  // namespace detail

/// A registered plugin. Keeps its library mapped.
class PluginHandle {
public:
    explicit PluginHandle(std::shared_ptr<const detail::RegisteredPlugin> plugin) noexcept
        : plugin_{std::move(plugin)} {}

    [[nodiscard]] const PluginInfo& info() const noexcept;
    [[nodiscard]] const std::string& name() const noexcept { return info().name; }

private:
    std::shared_ptr<const detail::RegisteredPlugin> plugin_;
};

/// What becomes of a library that nothing uses any more.
enum class Unload : std::uint8_t {
    never,  ///< It stays mapped until the process ends.
    /// Unmapped with its last object, weak pointer and handle, but for plugins that forbid it and under sanitizers. For
    /// tests and tools: what such a plugin's objects made besides, such as rows, must end before them.
    when_unused,
};

/// Whether a file is loaded that others could have changed.
enum class PathCheck : std::uint8_t {
    full,  ///< The file and all folders above it belong to root or the user, and nobody else may write there.
    off,   ///< For trees of developers. A switch of code only: no file and no DSN can set it.
};

/// Whether `load` looks into the folder that picoxx installs plugins to.
enum class InstalledPlugins : std::uint8_t { searched, ignored };

/// Loads plugins and makes their components. A plugin is checked as far as possible before any code of it runs; what it
/// may then do is anything the process may do. Each throwing function has a form `try_...` that returns the Error.
///
/// Errors: one Errc::plugin_... for each reason; docs/errors.md lists them.
/// Thread safety: all functions may be called concurrently. Lifetime: what it made outlives it.
class PluginRegistry {
public:
    struct Options {
        Unload unload = Unload::never;                   ///< Default never.
        PathCheck path_check = PathCheck::full;          ///< Default full.
        Environment environment = Environment::ignored;  ///< Used: `load` looks into PICOXX_PLUGIN_PATH, too.
        InstalledPlugins installed_plugins = InstalledPlugins::searched;  ///< Default searched.
    };

    PluginRegistry();
    explicit PluginRegistry(Options options);
    PluginRegistry(const PluginRegistry&) = delete;
    PluginRegistry& operator=(const PluginRegistry&) = delete;
    ~PluginRegistry();

    /// Where `load` looks, in the order of the calls: before PICOXX_PLUGIN_PATH and the folder of installed plugins.
    /// Errors: plugin_bad_name for a path that is not absolute.
    [[nodiscard]] Status try_add_search_dir(const std::filesystem::path& absolute);
    void add_search_dir(const std::filesystem::path& absolute);

    /// What a file says of itself, and in `refusal` why it would not be loaded. Runs no code of it.
    /// Errors: what it is that is no plugin at all.
    [[nodiscard]] static Result<PluginInfo> try_inspect(const std::filesystem::path& absolute);
    [[nodiscard]] static PluginInfo inspect(const std::filesystem::path& absolute);

    /// Loads `picoxx_<name>.so` from the first folder that has it. Where that one is refused no other is tried.
    [[nodiscard]] Result<PluginHandle> try_load(std::string_view name);
    PluginHandle load(std::string_view name);
    /// Loads one file. The same file again, or a link to it, is the same plugin.
    [[nodiscard]] Result<PluginHandle> try_load_file(const std::filesystem::path& absolute);
    PluginHandle load_file(const std::filesystem::path& absolute);
    /// Registers a plugin that is linked in: `PICOXX_STATIC_PLUGIN(sticky);`, then
    /// `add_static(picoxx_plugin_entry_sticky)`.
    [[nodiscard]] Result<PluginHandle> try_add_static(const picoxx_plugin_descriptor& descriptor);
    PluginHandle add_static(const picoxx_plugin_descriptor& descriptor);
    /// Takes a plugin and its components out of the registry; what was made of them stays. Does nothing for a name it
    /// has not.
    void forget(std::string_view name);

    /// All components, by interface and name.
    [[nodiscard]] std::vector<ComponentInfo> list() const;

    /// Makes a component. The object keeps the library mapped, weak pointers to it do so too.
    template <class Port>
    [[nodiscard]] Result<std::shared_ptr<Port>> try_make(std::string_view component,
                                                         const PluginConfig& config = {}) const {
        Result<std::shared_ptr<void>> made = make_port(Port::interface_id, Port::interface_version, component, config);
        if (!made.ok()) return std::move(made).error();
        return std::static_pointer_cast<Port>(*std::move(made));
    }
    template <class Port>
    [[nodiscard]] std::shared_ptr<Port> make(std::string_view component, const PluginConfig& config = {}) const {
        Result<std::shared_ptr<Port>> made = try_make<Port>(component, config);
        if (!made.ok()) throw Exception{std::move(made).error()};
        return *std::move(made);
    }

    /// Makes a router of this component for each client, since what one learns holds for one cluster. One is made at
    /// once, to see that it can be. Errors: as `make`.
    [[nodiscard]] Result<RouterFactory> try_router_factory(std::string_view component,
                                                           const PluginConfig& config = {}) const;
    [[nodiscard]] RouterFactory router_factory(std::string_view component, const PluginConfig& config = {}) const;

    /// Fills in what is missing: transport, discovery source and router, where one is registered; all registered
    /// strategies whose names are free; round_robin as the default strategy if there is none and it is among them.
    /// Changes nothing if it fails. Errors: plugin_duplicate where more than one could fill a place; as `make`.
    [[nodiscard]] Status try_add_to(Components& components) const;
    void add_to(Components& components) const;
    /// `add_to` an empty set.
    [[nodiscard]] Components components() const;

private:
    [[nodiscard]] Result<std::shared_ptr<void>> make_port(const char* interface_id, std::uint32_t interface_version,
                                                          std::string_view component, const PluginConfig& config) const;

    std::unique_ptr<detail::PluginState> state_;
};

}  // namespace picoxx
