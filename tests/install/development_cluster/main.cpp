// The installed client against the installed development cluster.
#include <picoxx/picoxx.hpp>
#include <picoxx/testing/dev_cluster.hpp>

#include <cstdint>
#include <iostream>

int main() {
    const picoxx::testing::DevCluster cluster{{.nodes = 2}};
    picoxx::Client client{cluster.dsn()};
    client.connect();
    for (auto [number] : client.fetch<std::int64_t>("SELECT $1::int", 42))
        std::cout << "the cluster says " << number << '\n';
    std::cout << "it has " << client.nodes().size() << " nodes\n";
}
