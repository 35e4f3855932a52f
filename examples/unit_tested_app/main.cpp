// An application whose logic is tested without a server: see warehouse_test.cpp beside it.
// It makes a table "reservations" and drops it at its end; where there is one already it stops, and touches nothing.
#include "warehouse.hpp"

#include <picoxx/picoxx.hpp>

#include <cstdlib>
#include <exception>
#include <iostream>

bool run(const char* dsn) {
    picoxx::Client client{dsn};
    client.execute(R"(CREATE TABLE "reservations" (item INTEGER NOT NULL, customer TEXT NOT NULL, PRIMARY KEY (item))
                      OPTION (TIMEOUT = 3.0))");

    Warehouse warehouse{client};
    const bool made = warehouse.reserve(1, "Ada") == Warehouse::Reservation::made;
    const bool taken = warehouse.reserve(1, "Bob") == Warehouse::Reservation::taken;
    std::cout << "item 1 is reserved by " << warehouse.reserved_by(1) << '\n';

    client.execute(R"(DROP TABLE "reservations" OPTION (TIMEOUT = 3.0))");
    return made && taken;
}

int main() {
    const char* dsn = std::getenv("PICODATA_DSN");
    if (dsn == nullptr) {
        std::cerr << "set PICODATA_DSN to postgresql://user:password@host:port, or start this by examples/run\n";
        return 2;
    }
    try {
        return run(dsn) ? 0 : 1;
    } catch (const std::exception& failure) {
        std::cerr << failure.what() << '\n';
        return 1;
    }
}
