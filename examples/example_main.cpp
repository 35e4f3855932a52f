// main() of the examples, but for the quickstart: each has its part in `run`.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

void run(const std::string& dsn);

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
