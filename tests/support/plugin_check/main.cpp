// picoxx-plugin-check FILE [COMPONENT [KEY=VALUE...]]
// Loads a plugin and checks its components against the contracts of their ports, as far as that goes without a server.
#include "checks.hpp"

#include <picoxx/plugin_registry.hpp>

#include <picoxx/port/plugin_build.hpp>
#include <picoxx/port/version.h>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using picoxx::ComponentInfo;
using picoxx::PluginConfig;
using picoxx::PluginHandle;
using picoxx::PluginRegistry;
using picoxx::Result;

constexpr int wrong_usage = 2;

constexpr std::string_view usage =
    "usage: picoxx-plugin-check FILE [COMPONENT [KEY=VALUE...]]\n"
    "Loads a plugin of picoxx and checks each of its components, or the one named, made with these options. Of "
    "strategies that\n"
    "is all of their contract: indexes, threads, allocations. Of other components: whether they are made, refuse "
    "unknown\n"
    "options and end. The code of the plugin runs, and may be a developer's: who may write to the file is not looked "
    "at.\n"
    "\n"
    "  --help     this text\n"
    "  --version  this program's version\n"
    "\n"
    "Prints a line for each check. Exit status: 0 all passed, 1 not so, 2 wrong usage.\n";

int misused(std::string_view why) {
    std::cerr << "picoxx-plugin-check: " << why << '\n' << usage;
    return wrong_usage;
}

int check(const std::filesystem::path& file, std::string_view chosen, const PluginConfig& options) {
    PluginRegistry registry{
        {.path_check = picoxx::PathCheck::off, .installed_plugins = picoxx::InstalledPlugins::ignored}};
    const Result<PluginHandle> plugin = registry.try_load_file(file);
    if (!plugin.ok()) {
        std::cout << "is_loaded: FAILED " << plugin.error().text << '\n';
        return EXIT_FAILURE;
    }
    std::cout << "is_loaded: ok" << std::endl;
    bool all_passed = true;
    bool found = false;
    for (const ComponentInfo& component : plugin->info().components) {
        if (!chosen.empty() && component.name != chosen) continue;
        found = true;
        all_passed = picoxx::plugin_check::check_component(registry, component, options, std::cout) && all_passed;
    }
    if (found) return all_passed ? EXIT_SUCCESS : EXIT_FAILURE;
    std::cout << chosen << ": FAILED the plugin has no component of that name\n";
    return EXIT_FAILURE;
}

int run(const std::vector<std::string_view>& arguments) {
    PluginConfig options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view argument = arguments[i];
        if (i < 2) {
            if (argument == "--help") {
                std::cout << usage;
                return EXIT_SUCCESS;
            }
            if (argument == "--version") {
                std::cout << "picoxx-plugin-check " PICOXX_VERSION_TEXT ", " PICOXX_PLUGIN_BUILD
                             " (" PICOXX_PLUGIN_TOOLCHAIN ")\n";
                return EXIT_SUCCESS;
            }
            if (argument.empty() || argument.starts_with('-'))
                return misused("there is no option \"" + std::string{argument} + '"');
            continue;
        }
        const std::size_t equals = argument.find('=');
        if (equals == std::string_view::npos || equals == 0)
            return misused("not KEY=VALUE: \"" + std::string{argument} + '"');
        options.emplace(argument.substr(0, equals), argument.substr(equals + 1));
    }
    if (arguments.empty()) return misused("no file is named");
    return check(std::filesystem::absolute(arguments[0]), arguments.size() > 1 ? arguments[1] : std::string_view{},
                 options);
}

}  // namespace

int main(int count, char** arguments) {
    try {
        return run({arguments + 1, arguments + count});
    } catch (const std::exception& failure) {
        std::cerr << "picoxx-plugin-check: " << failure.what() << '\n';
        return EXIT_FAILURE;
    }
}
