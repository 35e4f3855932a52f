// What a program does by an error: it looks at the code and at what is known of the statement. It makes a table
// "ledger" and drops it at its end.
#include <picoxx/picoxx.hpp>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

void create(picoxx::Client& client) {
    // [define]
    const picoxx::Statement create =
        picoxx::Statement{
            R"(CREATE TABLE IF NOT EXISTS "ledger" (id INTEGER NOT NULL, amount INTEGER, PRIMARY KEY (id))
           USING memtx DISTRIBUTED BY (id) OPTION (TIMEOUT = 3.0))"}
            .with({.timeout = 5s, .idempotence = picoxx::Idempotence::yes});
    client.execute(create);
    // [define]
}

// [insert]
enum class Outcome { done, not_done, in_doubt };

Outcome insert(picoxx::Client& client, std::int64_t id, std::int64_t amount) {
    try {
        client.execute(R"(INSERT INTO "ledger" VALUES ($1::int, $2::int))", id, amount);
        return Outcome::done;
    } catch (const picoxx::Exception& failure) {
        std::cerr << failure.what() << '\n';
        switch (failure.effect()) {
            case picoxx::Effect::none: return Outcome::not_done;
            case picoxx::Effect::unknown:
            case picoxx::Effect::partial: return Outcome::in_doubt;
        }
        throw;
    }
}
// [insert]

void mark(picoxx::Client& client) {
    // [idempotent]
    client.execute(picoxx::Statement{R"(UPDATE "ledger" SET amount = $2::int WHERE id = $1::int)", 1, 250}.with(
        {.idempotence = picoxx::Idempotence::yes}));
    // [idempotent]
}

void run(const std::string& dsn) {
    picoxx::Client client{dsn};
    client.connect();
    create(client);
    if (insert(client, 1, 100) != Outcome::done) throw std::runtime_error{"the first row is not there"};
    if (insert(client, 1, 100) == Outcome::done) throw std::runtime_error{"one id is there twice"};
    mark(client);
    std::cout << client.fetch(R"(SELECT id, amount FROM "ledger")");
    client.execute(R"(DROP TABLE IF EXISTS "ledger" OPTION (TIMEOUT = 3.0))");
}
