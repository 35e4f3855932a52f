// A Pool, and three ways to say which node serves a statement: a strategy of the library, one by name, a function of
// one's own.
#include <picoxx/picoxx.hpp>

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <span>
#include <string>

void show(const picoxx::BasicClient& client, const char* title) {
    std::cout << title << ':';
    for (const picoxx::NodeStatus& node : client.nodes()) std::cout << ' ' << node.node.name << '=' << node.statements;
    std::cout << '\n';
}

void run(const std::string& dsn) {
    // [pool]
    picoxx::Pool pool{{.dsn = dsn, .balance_strategy = picoxx::least_busy(), .max_size = 10, .enable_discovery = true}};
    // [pool]
    pool.connect();
    for (int i = 0; i < 12; ++i) pool.fetch("SELECT $1::int", i);
    show(pool, "least_busy");

    // [lambda]
    picoxx::Client first_by_name{{.dsn = dsn, .balance_strategy = [](std::span<const picoxx::Candidate> candidates) {
                                      const auto first = std::min_element(
                                          candidates.begin(), candidates.end(),
                                          [](const auto& left, const auto& right) { return left.name < right.name; });
                                      return static_cast<std::size_t>(first - candidates.begin());
                                  }}};
    // [lambda]
    first_by_name.connect();
    for (int i = 0; i < 12; ++i) first_by_name.fetch("SELECT $1::int", i);
    show(first_by_name, "first by name");

    picoxx::Client by_name{{.dsn = dsn, .balance_strategy = "random"}};
    by_name.connect();
    for (int i = 0; i < 12; ++i) by_name.fetch("SELECT $1::int", i);
    show(by_name, "random");
}
