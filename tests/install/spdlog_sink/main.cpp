// Links the sink, and with it spdlog, whose headers it does not need.
#include <picoxx/spdlog/spdlog_sink.hpp>

#include <iostream>

int main() {
    const volatile auto make_sink = &picoxx::spdlog_sink;
    if (make_sink != nullptr) std::cout << "the sink is linked\n";
}
