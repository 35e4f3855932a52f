// The quickstart: one DSN in, a whole cluster served. Set PICODATA_DSN, or let examples/run start a development
// cluster. It makes a table "warehouse" and drops it at its end; where there is one already it stops, and touches
// nothing.
#include <picoxx/picoxx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

namespace asio = boost::asio;

// [async]
asio::awaitable<void> work(picoxx::Client& client) {
    co_await client.async_execute({R"(INSERT INTO "warehouse" VALUES ($1::int, $2::varchar))", 2, "bolt"});
    picoxx::Rows rows = co_await client.async_fetch({R"(SELECT id, item FROM "warehouse" WHERE id = $1)", 2});
    std::cout << "the coroutine reads: " << rows;
}
// [async]

void run(const std::string& dsn) {
    // [sync]
    picoxx::Client client{dsn};
    client.connect();

    client.execute(R"(CREATE TABLE "warehouse" (id INTEGER NOT NULL, item TEXT NOT NULL, PRIMARY KEY (id))
                      USING memtx DISTRIBUTED BY (id) OPTION (TIMEOUT = 3.0))");
    client.execute(R"(INSERT INTO "warehouse" VALUES ($1::int, $2::varchar))", 1, "test");
    for (auto [id, item] : client.fetch<std::int64_t, std::string>(R"(SELECT id, item FROM "warehouse")")) {
        std::cout << "the synchronous face reads: " << id << ' ' << item << '\n';
    }
    // [sync]

    asio::io_context context;
    asio::co_spawn(context, work(client), [](const std::exception_ptr& failure) {
        if (failure) std::rethrow_exception(failure);
    });
    context.run();

    for (int id = 3; id <= 20; ++id)
        client.execute(R"(INSERT INTO "warehouse" VALUES ($1::int, $2::varchar))", id, "nut");

    // [nodes]
    for (const picoxx::NodeStatus& node : client.nodes()) {
        std::cout << node.node.name << " at " << node.address << " (" << to_string(node.node.role) << ") served "
                  << node.statements << " statements\n";
    }
    // [nodes]
    client.execute(R"(DROP TABLE "warehouse" OPTION (TIMEOUT = 3.0))");
    client.close();
}

int main() {
    const char* dsn = std::getenv("PICODATA_DSN");
    if (dsn == nullptr) {
        std::cerr << "set PICODATA_DSN to postgresql://user:password@host:port, or start this by examples/run\n";
        return 2;
    }
    try {
        run(dsn);
    } catch (const std::exception& failure) {
        std::cerr << failure.what() << '\n';
        return 1;
    }
}
