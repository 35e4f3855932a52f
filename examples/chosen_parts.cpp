// Only what is needed: links picoxx::core, picoxx::libpq and picoxx::round_robin, and says so to the client. No
// discovery is linked in, so the nodes are those of the DSN.
#include <picoxx/client.hpp>
#include <picoxx/libpq/libpq_transport.hpp>
#include <picoxx/strategies/round_robin.hpp>

#include <iostream>
#include <string>

void run(const std::string& dsn) {
    // [components]
    picoxx::Components parts;
    parts.transport = picoxx::libpq_transport();
    picoxx::Pool pool{{.dsn = dsn, .balance_strategy = picoxx::round_robin()}, parts};
    // [components]
    pool.connect();
    std::cout << "the server is " << pool.fetch("SELECT version()");
}
