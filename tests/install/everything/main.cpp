// All of picoxx, installed. No server: a client connects when it is first used.
#include <picoxx/picoxx.hpp>

#include <iostream>

int main() {
    picoxx::Client client{"postgresql://user@127.0.0.1:1"};
    for (const picoxx::NodeStatus& node : client.nodes()) std::cout << "a client of " << node.address << '\n';
}
