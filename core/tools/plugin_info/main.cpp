// picoxx-plugin-info FILE...
// What plugins say of themselves, and whether this picoxx would load them. Runs no code of theirs.
#include "description.hpp"

#include <picoxx/port/plugin.h>
#include <picoxx/port/plugin_build.hpp>
#include <picoxx/port/version.h>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string_view>
#include <vector>

namespace {

constexpr int wrong_usage = 2;

constexpr std::string_view usage =
    "usage: picoxx-plugin-info FILE...\n"
    "Says what plugins of picoxx are, and whether this picoxx would load them. Reads the files only: no code of them "
    "runs.\n"
    "What only the system's linker can tell, such as a library that is missing, shows when a program loads them.\n"
    "\n"
    "  --help     this text\n"
    "  --version  this program's version, plugin ABI and build\n"
    "\n"
    "Exit status: 0 all would be loaded, 1 one of them would be refused, 2 wrong usage.\n";

void write_version() {
    std::cout << "picoxx-plugin-info " PICOXX_VERSION_TEXT << ", plugin ABI " << PICOXX_PLUGIN_ABI_MAJOR << '.'
              << PICOXX_PLUGIN_ABI_MINOR << ", " PICOXX_PLUGIN_BUILD " (" PICOXX_PLUGIN_TOOLCHAIN ")\n";
}

int run(const std::vector<std::string_view>& arguments) {
    for (const std::string_view argument : arguments) {
        if (argument == "--help") {
            std::cout << usage;
            return EXIT_SUCCESS;
        }
        if (argument == "--version") {
            write_version();
            return EXIT_SUCCESS;
        }
        if (argument.empty() || argument.starts_with('-')) {
            std::cerr << "picoxx-plugin-info: there is no option \"" << argument << "\"\n" << usage;
            return wrong_usage;
        }
    }
    if (arguments.empty()) {
        std::cerr << usage;
        return wrong_usage;
    }
    bool all_good = true;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (i > 0) std::cout << '\n';
        const picoxx::plugin_info::Description described = picoxx::plugin_info::describe(
            std::filesystem::absolute(arguments[i]));
        std::cout << described.text;
        all_good = all_good && described.is_loadable;
    }
    return all_good ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int count, char** arguments) {
    try {
        return run({arguments + 1, arguments + count});
    } catch (const std::exception& failure) {
        std::cerr << "picoxx-plugin-info: " << failure.what() << '\n';
        return EXIT_FAILURE;
    }
}
