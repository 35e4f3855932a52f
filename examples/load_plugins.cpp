// The quickstart of a program that links the core alone: transport, discovery and strategies are loaded when it runs,
// one of them from outside of picoxx (examples/sticky).
//   load_plugins [FOLDER...]: where the plugins are, as absolute paths; by default where they were built
#include <picoxx/client.hpp>
#include <picoxx/plugin_registry.hpp>

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <span>
#include <string>
#include <vector>

void show(const picoxx::Client& client) {
    std::cout << client.balance_status().strategy << ':';
    for (const picoxx::NodeStatus& node : client.nodes()) std::cout << ' ' << node.node.name << '=' << node.statements;
    std::cout << '\n';
}

void run(const std::string& dsn, picoxx::PluginRegistry& plugins) {
    // [load]
    for (const char* name : {"libpq", "picodata", "round_robin", "sticky"}) plugins.load(name);
    picoxx::Client client{{.dsn = dsn, .balance_strategy = "sticky"}, plugins.components()};
    // [load]
    client.connect();

    client.execute(R"(CREATE TABLE "warehouse" (id INTEGER NOT NULL, item TEXT NOT NULL, PRIMARY KEY (id))
                      USING memtx DISTRIBUTED BY (id) OPTION (TIMEOUT = 3.0))");
    client.execute(R"(INSERT INTO "warehouse" VALUES ($1::int, $2::varchar))", 1, "test");
    for (auto [id, item] : client.fetch<std::int64_t, std::string>(R"(SELECT id, item FROM "warehouse")")) {
        std::cout << "with the core alone: " << id << ' ' << item << '\n';
    }
    show(client);

    const std::string last = client.nodes().back().node.name;
    // [swap]
    client.set_balance_strategy({"sticky", {{"node", last}}});
    // [swap]
    for (int id = 2; id <= 10; ++id)
        client.execute(R"(INSERT INTO "warehouse" VALUES ($1::int, $2::varchar))", id, "bolt");
    show(client);

    // [function]
    client.set_balance_strategy([node = last](std::span<const picoxx::Candidate> candidates) {
        std::size_t first = 0;
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            if (candidates[i].name == node) return i;
            if (candidates[i].name < candidates[first].name) first = i;
        }
        return first;
    });
    // [function]
    for (int id = 11; id <= 19; ++id)
        client.execute(R"(INSERT INTO "warehouse" VALUES ($1::int, $2::varchar))", id, "nut");
    show(client);

    client.execute(R"(DROP TABLE "warehouse" OPTION (TIMEOUT = 3.0))");
    client.close();
}

int main(int argc, char** argv) {
    const char* dsn = std::getenv("PICODATA_DSN");
    if (dsn == nullptr) {
        std::cerr << "set PICODATA_DSN to postgresql://user:password@host:port, or start this by examples/run\n";
        return 2;
    }
    try {
        std::vector<std::string> folders(argv + 1, argv + argc);
        // Where developers build, a group may write; plugins that are installed are checked.
        const auto path_check = folders.empty() ? picoxx::PathCheck::off : picoxx::PathCheck::full;
        if (folders.empty()) folders = {PICOXX_BUILT_PLUGINS};
        // [folders]
        picoxx::PluginRegistry plugins{{.path_check = path_check}};
        for (const std::string& folder : folders) plugins.add_search_dir(folder);
        // [folders]
        run(dsn, plugins);
    } catch (const std::exception& failure) {
        std::cerr << failure.what() << '\n';
        return 1;
    }
}
