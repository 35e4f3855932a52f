// Only what is needed: links picoxx::core, picoxx::libpq and picoxx::round_robin, and says so to the client. No discovery is linked
// in, so the nodes are those of the DSN.
#include <picoxx/client.hpp>
#include <picoxx/libpq/libpq_transport.hpp>
#include <picoxx/strategies/round_robin.hpp>

#include <cstdlib>
#include <exception>
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
