// An application whose logic is tested without a server: see warehouse_test.cpp beside it.
// It makes a table "reservations" and drops it at its end; where there is one already it stops, and touches nothing.
#include "warehouse.hpp"

#include <picoxx/picoxx.hpp>

#include <iostream>
#include <stdexcept>
#include <string>

void run(const std::string& dsn) {
    picoxx::Client client{dsn};
    client.execute(R"(CREATE TABLE "reservations" (item INTEGER NOT NULL, customer TEXT NOT NULL, PRIMARY KEY (item))
                      OPTION (TIMEOUT = 3.0))");

    Warehouse warehouse{client};
    const bool made = warehouse.reserve(1, "Ada") == Warehouse::Reservation::made;
    const bool taken = warehouse.reserve(1, "Bob") == Warehouse::Reservation::taken;
    std::cout << "item 1 is reserved by " << warehouse.reserved_by(1) << '\n';

    client.execute(R"(DROP TABLE "reservations" OPTION (TIMEOUT = 3.0))");
    if (!made || !taken) throw std::runtime_error{"the second reservation was not refused"};
}
