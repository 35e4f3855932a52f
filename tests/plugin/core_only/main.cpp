// A program that links the core alone and loads all else: core_only FOLDER DSN.
#include <picoxx/client.hpp>
#include <picoxx/plugin_registry.hpp>

#include <cstdint>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    std::ifstream maps{"/proc/self/maps"};
    for (std::string line; std::getline(maps, line);) {
        if (line.find("libpq") != std::string::npos) {
            std::cerr << "libpq is there before it is loaded\n";
            return 1;
        }
    }
    try {
        picoxx::PluginRegistry registry{
            {.path_check = picoxx::PathCheck::off, .installed_plugins = picoxx::InstalledPlugins::ignored}};
        registry.add_search_dir(argv[1]);
        for (const char* name : {"libpq", "picodata", "round_robin"}) registry.load(name);

        picoxx::Client client{picoxx::ClientOptions{.dsn = argv[2]}, registry.components()};
        client.connect();
        client.execute(R"(CREATE TABLE "warehouse" (id INTEGER NOT NULL, item TEXT NOT NULL, PRIMARY KEY (id))
                          USING memtx DISTRIBUTED BY (id) OPTION (TIMEOUT = 3.0))");
        client.execute(R"(INSERT INTO "warehouse" VALUES ($1::int, $2::varchar))", 1, "test");
        client.execute(R"(INSERT INTO "warehouse" VALUES ($1::int, $2::varchar))", 2, "bolt");
        for (auto [id, item] : client.fetch<std::int64_t, std::string>(R"(SELECT id, item FROM "warehouse")")) {
            std::cout << id << ' ' << item << '\n';
        }
        std::cout << client.nodes().size() << " nodes\n";
        client.close();
    } catch (const std::exception& failure) {
        std::cerr << failure.what() << '\n';
        return 1;
    }
}
