// The core, a transport and one strategy, installed; the rest of picoxx is not linked.
#include <picoxx/client.hpp>
#include <picoxx/libpq/libpq_transport.hpp>
#include <picoxx/strategies/round_robin.hpp>

#include <iostream>

int main() {
    // [components]
    picoxx::Components parts;
    parts.transport = picoxx::libpq_transport();
    picoxx::Pool pool{{.dsn = "postgresql://user@127.0.0.1:1", .balance_strategy = picoxx::round_robin()}, parts};
    // [components]
    try {
        pool.connect();
    } catch (const picoxx::Exception& failure) {
        if (failure.code() != picoxx::Errc::connect_failed) return 1;
        std::cout << "nobody listens on port 1\n";
    }
}
