// Values in and out: which C++ types the types of Picodata take and give, and NULL.
#include <picoxx/picoxx.hpp>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>

using namespace std::chrono_literals;

void run(const std::string& dsn) {
    picoxx::Client client{dsn};
    client.connect();
    client.execute(picoxx::Statement{
        R"(CREATE TABLE IF NOT EXISTS "bill" (id UUID NOT NULL, buyer TEXT, paid BOOLEAN, sum DECIMAL, weight DOUBLE, at DATETIME,
                                              PRIMARY KEY (id))
           USING memtx DISTRIBUTED BY (id) OPTION (TIMEOUT = 3.0))"}
                       .with({.timeout = 5s, .idempotence = picoxx::Idempotence::yes}));
    client.execute(R"(DELETE FROM "bill")");

    // [bind]
    const std::optional<std::string> nobody;
    const picoxx::ExecuteResult inserted = client.execute(
        R"(INSERT INTO "bill" VALUES ($1::uuid, $2, $3, $4::decimal, $5::double, $6::datetime))",
        "6fa459ea-ee8a-4ca4-894e-db77e160355e", nobody, true, "12.50", 0.75, "2026-11-26 10:00:00+03:00");
    std::cout << inserted.status << ", " << inserted.affected_rows << " row\n";
    // [bind]

    // [read]
    for (const picoxx::Row row : client.fetch(R"(SELECT * FROM "bill")")) {
        const auto buyer = row.get<std::optional<std::string>>("buyer");  // a plain std::string would throw at NULL
        std::cout << row.get<std::string>("id") << ": " << buyer.value_or("nobody") << " bought "
                  << row.get<double>("weight") << " kg for " << row.get<std::string>("sum")  // exact, as text
                  << (row.get<bool>("paid") ? ", paid, " : ", not paid, ") << row.get<std::string>("at") << '\n';
    }
    // [read]
}
