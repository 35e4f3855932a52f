#include "examined_file.hpp"
#include "library.hpp"
#include "plugin_text.hpp"
#include "registered_plugin.hpp"
#include "search_path.hpp"
#include "stamp.hpp"

#include <picoxx/plugin_registry.hpp>

#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <optional>

namespace picoxx {
namespace detail {

namespace {

// A component that is on offer.
struct Offer {
    std::shared_ptr<const RegisteredPlugin> plugin;
    const Component* component;
};

}  // namespace

class PluginState {
public:
    explicit PluginState(PluginRegistry::Options options) : options_{options} {}

    [[nodiscard]] const PluginRegistry::Options& options() const noexcept { return options_; }

    void add_search_dir(std::filesystem::path folder) {
        const std::lock_guard lock{mutex_};
        search_dirs_.push_back(std::move(folder));
    }
    [[nodiscard]] std::vector<std::filesystem::path> search_dirs() const {
        const std::lock_guard lock{mutex_};
        return search_dirs_;
    }

    /// The plugin that is this file, or null.
    [[nodiscard]] std::shared_ptr<const RegisteredPlugin> find(FileIdentity file) const {
        const std::lock_guard lock{mutex_};
        return find_locked([&](const RegisteredPlugin& plugin) { return plugin.file() == file; });
    }

    /// Offers its components, unless that very plugin is there already.
    [[nodiscard]] Result<std::shared_ptr<const RegisteredPlugin>> publish(
        const std::shared_ptr<const RegisteredPlugin>& plugin, const picoxx_plugin_descriptor& descriptor) {
        const std::lock_guard lock{mutex_};
        const auto same = find_locked([&](const RegisteredPlugin& other) {
            return other.is_from(descriptor) || (other.file() == plugin->file() && plugin->file() != FileIdentity{});
        });
        if (same != nullptr) return same;
        const PluginInfo& info = plugin->info();
        if (const auto other = plugins_.find(info.name); other != plugins_.end()) {
            return make_error(Errc::plugin_duplicate, "a plugin named \"" + info.name +
                                                          "\" is already registered from " +
                                                          printable(other->second->info().source));
        }
        std::map<Key, Offer> offers;
        for (const Component& component : plugin->components()) {
            const Key key{component.info.interface_id, component.info.name};
            const auto other = offers_.find(key);
            if (other != offers_.end() || !offers.try_emplace(key, Offer{plugin, &component}).second) {
                const PluginInfo& owner = other != offers_.end() ? other->second.plugin->info() : info;
                return make_error(Errc::plugin_duplicate,
                                  key.first + '/' + key.second + " is already provided by " + printable(owner.source));
            }
        }
        plugins_.emplace(info.name, plugin);
        offers_.merge(offers);
        return plugin;
    }

    void forget(std::string_view name) {
        std::shared_ptr<const RegisteredPlugin> plugin;  // ends after the lock: it may be the last owner of a library
        std::vector<Offer> offers;
        const std::lock_guard lock{mutex_};
        const auto found = plugins_.find(name);
        if (found == plugins_.end()) return;
        plugin = found->second;
        plugins_.erase(found);
        for (auto offer = offers_.begin(); offer != offers_.end();) {
            if (offer->second.plugin != plugin) {
                ++offer;
                continue;
            }
            offers.push_back(offer->second);
            offer = offers_.erase(offer);
        }
    }

    /// Of one interface, or of all.
    [[nodiscard]] std::vector<Offer> offers(std::string_view interface_id = {}) const {
        const std::lock_guard lock{mutex_};
        std::vector<Offer> found;
        for (const auto& [key, offer] : offers_) {
            if (interface_id.empty() || key.first == interface_id) found.push_back(offer);
        }
        return found;
    }

    /// The one that implements the interface; none, or `plugin_duplicate`.
    [[nodiscard]] Result<std::optional<Offer>> only_offer(std::string_view interface_id) const {
        const std::vector<Offer> found = offers(interface_id);
        if (found.empty()) return std::optional<Offer>{};
        if (found.size() == 1) return std::optional<Offer>{found.front()};
        std::string names;
        for (const Offer& offer : found) {
            names += (names.empty() ? "" : ", ") + offer.component->info.name + " (" +
                     printable(offer.plugin->info().source) + ')';
        }
        return make_error(Errc::plugin_duplicate, "more than one " + std::string{interface_id} + " is registered: " +
                                                      names + "; make() the one to use and put it in before add_to()");
    }

private:
    using Key = std::pair<std::string, std::string>;  // interface and name

    template <class Condition>
    [[nodiscard]] std::shared_ptr<const RegisteredPlugin> find_locked(Condition condition) const {
        for (const auto& [name, plugin] : plugins_) {
            if (condition(*plugin)) return plugin;
        }
        return nullptr;
    }

    const PluginRegistry::Options options_;
    mutable std::mutex mutex_;
    std::vector<std::filesystem::path> search_dirs_;
    std::map<std::string, std::shared_ptr<const RegisteredPlugin>, std::less<>> plugins_;
    std::map<Key, Offer> offers_;
};

namespace {

template <class Value>
Value value_or_throw(Result<Value> result) {
    if (!result.ok()) throw Exception{std::move(result).error()};
    return *std::move(result);
}

Result<std::shared_ptr<const RegisteredPlugin>> load(PluginState& state, const std::filesystem::path& file,
                                                     std::string_view expected_name) {
    Result<ExaminedFile> examined = examine(file, state.options().path_check);
    if (!examined.ok()) return std::move(examined).error();
    if (Status good = judge(*examined); !good.ok()) return std::move(good).error();
    const picoxx_plugin_stamp& stamp = examined->stamp->stamp;
    if (!expected_name.empty() && field_text(stamp.name) != expected_name) {
        return make_error(Errc::plugin_bad_descriptor, "the file is named for plugin \"" + std::string{expected_name} +
                                                           "\" but contains plugin \"" + field_text(stamp.name) + '"');
    }
    if (auto known = state.find(examined->identity); known != nullptr) return known;

    const bool is_kept = state.options().unload == Unload::never || describe_stamp(stamp).keep_mapped;
    Result<std::shared_ptr<const Library>> library = Library::load(
        examined->canonical, examined->identity, is_kept ? Library::Mapping::kept : Library::Mapping::while_in_use);
    if (!library.ok()) return std::move(library).error();
    const void* const entry = (*library)->symbol("picoxx_plugin_entry");
    if (entry == nullptr || std::memcmp(entry, &stamp, sizeof stamp) != 0) {
        return make_error(Errc::plugin_load_failed,
                          "the dynamic linker gave another library than the file that was checked; was it replaced?");
    }
    const auto& descriptor = *static_cast<const picoxx_plugin_descriptor*>(entry);
    Result<std::shared_ptr<const RegisteredPlugin>> plugin = RegisteredPlugin::make(
        descriptor, file.native(), examined->identity, *std::move(library));
    if (!plugin.ok()) return std::move(plugin).error();
    return state.publish(*plugin, descriptor);
}

}  // namespace
}  // namespace detail

using detail::Offer;
using detail::RegisteredPlugin;

const PluginInfo& PluginHandle::info() const noexcept { return plugin_->info(); }

PluginRegistry::PluginRegistry() : PluginRegistry{Options{}} {}
PluginRegistry::PluginRegistry(Options options) : state_{std::make_unique<detail::PluginState>(options)} {}
PluginRegistry::~PluginRegistry() = default;

Status PluginRegistry::try_add_search_dir(const std::filesystem::path& absolute) {
    if (Status status = detail::check_search_dir(absolute); !status.ok()) return status;
    state_->add_search_dir(absolute);
    return {};
}

void PluginRegistry::add_search_dir(const std::filesystem::path& absolute) {
    if (Status status = try_add_search_dir(absolute); !status.ok()) throw Exception{std::move(status).error()};
}

Result<PluginInfo> PluginRegistry::try_inspect(const std::filesystem::path& absolute) {
    Result<detail::ExaminedFile> examined = detail::examine(absolute, PathCheck::full);
    if (!examined.ok()) return detail::about_plugin(absolute.native(), std::move(examined).error());
    PluginInfo info;
    if (examined->stamp) {
        info = detail::describe_stamp(examined->stamp->stamp);
        info.components = examined->stamp->listing;
    }
    info.source = absolute.native();
    if (Status good = detail::judge(*examined); !good.ok()) {
        info.refusal = detail::about_plugin(info.source, std::move(good).error());
    }
    return info;
}

PluginInfo PluginRegistry::inspect(const std::filesystem::path& absolute) {
    return detail::value_or_throw(try_inspect(absolute));
}

Result<PluginHandle> PluginRegistry::try_load(std::string_view name) {
    Result<std::vector<std::filesystem::path>> folders = detail::search_dirs(
        state_->search_dirs(), state_->options().environment, state_->options().installed_plugins);
    if (!folders.ok()) return std::move(folders).error();
    Result<std::filesystem::path> file = detail::find_plugin(name, *folders);
    if (!file.ok()) return std::move(file).error();
    Result<std::shared_ptr<const RegisteredPlugin>> plugin = detail::load(*state_, *file, name);
    if (!plugin.ok()) return detail::about_plugin(file->native(), std::move(plugin).error());
    return PluginHandle{*std::move(plugin)};
}

PluginHandle PluginRegistry::load(std::string_view name) { return detail::value_or_throw(try_load(name)); }

Result<PluginHandle> PluginRegistry::try_load_file(const std::filesystem::path& absolute) {
    Result<std::shared_ptr<const RegisteredPlugin>> plugin = detail::load(*state_, absolute, {});
    if (!plugin.ok()) return detail::about_plugin(absolute.native(), std::move(plugin).error());
    return PluginHandle{*std::move(plugin)};
}

PluginHandle PluginRegistry::load_file(const std::filesystem::path& absolute) {
    return detail::value_or_throw(try_load_file(absolute));
}

Result<PluginHandle> PluginRegistry::try_add_static(const picoxx_plugin_descriptor& descriptor) {
    const std::string source = "(static) " + detail::field_text(descriptor.stamp.name);
    Result<std::shared_ptr<const RegisteredPlugin>> plugin = RegisteredPlugin::make(descriptor, source, {}, nullptr);
    if (plugin.ok()) plugin = state_->publish(*plugin, descriptor);
    if (!plugin.ok()) return detail::about_plugin(source, std::move(plugin).error());
    return PluginHandle{*std::move(plugin)};
}

PluginHandle PluginRegistry::add_static(const picoxx_plugin_descriptor& descriptor) {
    return detail::value_or_throw(try_add_static(descriptor));
}

void PluginRegistry::forget(std::string_view name) { state_->forget(name); }

std::vector<ComponentInfo> PluginRegistry::list() const {
    std::vector<ComponentInfo> components;
    for (const Offer& offer : state_->offers()) components.push_back(offer.component->info);
    return components;
}

Result<RouterFactory> PluginRegistry::try_router_factory(std::string_view component, const PluginConfig& config) const {
    // The first one shows that it can be made, and that the options are known.
    if (auto made = try_make<StatementRouter>(component, config); !made.ok()) return std::move(made).error();
    for (const Offer& offer : state_->offers(StatementRouter::interface_id)) {
        if (offer.component->info.name != component) continue;
        return RouterFactory{[offer, config] {
            return std::static_pointer_cast<StatementRouter>(
                detail::value_or_throw(detail::make_component(offer.plugin, *offer.component, config)));
        }};
    }
    return make_error(Errc::plugin_unknown_component, std::string{component} + " was taken out of the registry");
}

RouterFactory PluginRegistry::router_factory(std::string_view component, const PluginConfig& config) const {
    return detail::value_or_throw(try_router_factory(component, config));
}

Result<std::shared_ptr<void>> PluginRegistry::make_port(const char* interface_id, std::uint32_t interface_version,
                                                        std::string_view component, const PluginConfig& config) const {
    std::string available;
    bool is_of_another_interface = false;
    for (const Offer& offer : state_->offers()) {
        const ComponentInfo& info = offer.component->info;
        if (info.interface_id != interface_id) {
            is_of_another_interface = is_of_another_interface || info.name == component;
            continue;
        }
        if (info.name != component) {
            available += (available.empty() ? "" : ", ") + info.name;
            continue;
        }
        if (info.interface_version != interface_version) {
            return detail::about_plugin(
                offer.plugin->info().source,
                make_error(Errc::plugin_abi_mismatch, info.name + " implements " + info.interface_id + " version " +
                                                          std::to_string(info.interface_version) +
                                                          ", this program uses version " +
                                                          std::to_string(interface_version)));
        }
        return detail::make_component(offer.plugin, *offer.component, config);
    }
    const std::string named = std::string{"no "} + interface_id + " named \"" + detail::printable(component) + '"';
    if (available.empty()) available = "none";
    if (is_of_another_interface) {
        return make_error(
            Errc::plugin_wrong_interface,
            named + " (a component of that name exists, with another interface); available: " + available);
    }
    return make_error(Errc::plugin_unknown_component, named + "; available: " + available);
}

Status PluginRegistry::try_add_to(Components& components) const {
    Components filled = components;
    const auto fill_in = [&]<class Port>(std::shared_ptr<Port>& place) -> Status {
        if (place != nullptr) return {};
        const Result<std::optional<Offer>> offer = state_->only_offer(Port::interface_id);
        if (!offer.ok()) return offer.error();
        if (!*offer) return {};
        Result<std::shared_ptr<Port>> made = try_make<Port>((*offer)->component->info.name);
        if (!made.ok()) return std::move(made).error();
        place = *std::move(made);
        return {};
    };
    if (Status status = fill_in(filled.transport); !status.ok()) return status;
    if (Status status = fill_in(filled.discovery); !status.ok()) return status;
    if (!filled.router) {
        const Result<std::optional<Offer>> offer = state_->only_offer(StatementRouter::interface_id);
        if (!offer.ok()) return offer.error();
        if (*offer) {
            Result<RouterFactory> factory = try_router_factory((*offer)->component->info.name);
            if (!factory.ok()) return std::move(factory).error();
            filled.router = *std::move(factory);
        }
    }

    for (const Offer& offer : state_->offers(BalanceStrategy::interface_id)) {
        const auto make = [offer](const StrategyConfig& config) -> StrategyFactory::Made {
            Result<std::shared_ptr<void>> made = detail::make_component(offer.plugin, *offer.component, config);
            if (!made.ok()) return std::move(made).error();
            return std::static_pointer_cast<BalanceStrategy>(*std::move(made));
        };
        const std::string& name = offer.component->info.name;
        filled.strategies.try_emplace(name, make);
        if (filled.default_strategy.empty() && name == "round_robin") filled.default_strategy = name;
    }
    components = std::move(filled);
    return {};
}

void PluginRegistry::add_to(Components& components) const {
    if (Status status = try_add_to(components); !status.ok()) throw Exception{std::move(status).error()};
}

Components PluginRegistry::components() const {
    Components components;
    add_to(components);
    return components;
}

}  // namespace picoxx
