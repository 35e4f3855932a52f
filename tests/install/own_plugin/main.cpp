// Loads a plugin that was built outside of picoxx, and those that were installed.
#include <picoxx/plugin_registry.hpp>

#include <iostream>
#include <string>
#include <vector>

// The tree was moved after it was installed, so that only the place below its prefix can be compared.
bool installed_plugins_are_looked_for() {
    picoxx::PluginRegistry registry;
    const std::string text = registry.try_load("not_there").error().text;
    const std::string end = "/" BELOW_PREFIX "/picoxx_not_there.so";
    return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

int main() {
    picoxx::PluginRegistry registry{
        {.path_check = picoxx::PathCheck::off}};  // a build folder may be writable by a group
    registry.add_search_dir(INSTALLED);
    registry.load_file(STICKY);
    for (const char* name : {"libpq", "picodata", "round_robin", "random", "least_busy"}) registry.load(name);

    std::vector<picoxx::Candidate> candidates(3);
    candidates[2].name = "nearest";
    const auto sticky = registry.make<picoxx::BalanceStrategy>("sticky", {{"node", "nearest"}});
    const picoxx::Components components = registry.components();
    std::cout << "picks " << sticky->pick(candidates, {}) << " of " << components.strategies.size() << " strategies, "
              << (components.transport != nullptr && components.discovery != nullptr ? "all parts" : "parts missing")
              << (installed_plugins_are_looked_for() ? "" : ", but looks elsewhere for installed plugins") << '\n';
}
