#include "search_path.hpp"

#include "plugin_text.hpp"

#include <picoxx/port/plugin.hpp>

#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

namespace picoxx::detail {

Status check_search_dir(const std::filesystem::path& folder) {
    if (folder.is_absolute()) return {};
    return make_error(Errc::plugin_bad_name, "plugin directory \"" + printable(folder.native()) + "\" is not absolute");
}

Result<std::vector<std::filesystem::path>> search_dirs(std::vector<std::filesystem::path> added,
                                                       Environment environment, InstalledPlugins installed_plugins) {
    // secure: not in a program that has more rights than who started it
    const char* const variable = environment == Environment::used ? ::secure_getenv("PICOXX_PLUGIN_PATH") : nullptr;
    if (variable != nullptr && *variable != '\0') {
        std::string_view rest = variable;
        for (bool more = true; more;) {
            const std::size_t end = rest.find(':');
            std::filesystem::path folder{rest.substr(0, end)};
            if (Status status = check_search_dir(folder); !status.ok()) return std::move(status).error();
            added.push_back(std::move(folder));
            more = end != std::string_view::npos;
            if (more) rest.remove_prefix(end + 1);
        }
    }
    const std::filesystem::path installed{PICOXX_INSTALLED_PLUGINS};
    if (installed_plugins == InstalledPlugins::searched && installed.is_absolute()) added.push_back(installed);
    return added;
}

Result<std::filesystem::path> find_plugin(std::string_view name, const std::vector<std::filesystem::path>& folders) {
    if (!sdk::detail::is_plugin_name(name)) {
        return make_error(Errc::plugin_bad_name, "plugin name \"" + printable(name) +
                                                     "\" is not valid: use a-z, 0-9 and _, or load_file() with an "
                                                     "absolute path");
    }
    std::string looked_for;
    for (const std::filesystem::path& folder : folders) {
        std::filesystem::path file = folder / ("picoxx_" + std::string{name} + ".so");
        std::error_code failure;
        // A link to nowhere is found, too, and what may be in a folder that cannot be looked into: it is refused, and
        // no other folder is tried.
        if (std::filesystem::symlink_status(file, failure).type() != std::filesystem::file_type::not_found) return file;
        looked_for += (looked_for.empty() ? "" : ", ") + printable(file.native());
    }
    if (looked_for.empty()) looked_for = "nothing: no plugin directory is configured";
    return make_error(Errc::plugin_not_found,
                      "plugin \"" + std::string{name} + "\" not found; looked for " + looked_for);
}

}  // namespace picoxx::detail
