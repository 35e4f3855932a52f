#include "postgres_server.hpp"

#include <libpq-fe.h>

#include <chrono>
#include <stdexcept>

namespace picoxx::devcluster {
namespace {

using namespace std::chrono_literals;

constexpr auto start_limit = 60s;
constexpr auto ping_interval = 5ms;

// $1 = where the programs are.
constexpr const char* start_script = R"(
programs=$1
"$programs/initdb" -D data -U postgres -A trust --locale=C --encoding=UTF8 --no-sync --no-instructions \
    </dev/null >log 2>&1 || { tail -n 5 log; stop 1; }
"$programs/postgres" -D data -k "$directory" \
    -c listen_addresses= -c unix_socket_permissions=0700 \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
    -c wal_level=minimal -c max_wal_senders=0 -c autovacuum=off -c jit=off \
    -c max_connections=600 -c shared_buffers=32MB -c dynamic_shared_memory_type=mmap \
    -c max_locks_per_transaction=256 -c timezone=UTC \
    </dev/null >>log 2>&1 &
server=$!
echo started
)";

}  // namespace

PostgresServer::PostgresServer() : script_{"picoxx", start_script, {testing::postgres_programs()}} {
    address_.socket_directory = script_.directory();
    wait_until_ready();
}

void PostgresServer::wait_until_ready() {
    const auto deadline = std::chrono::steady_clock::now() + start_limit;
    const auto conninfo = "host='" + address_.socket_directory + "' port=" + std::to_string(address_.port) + " user='" +
                          address_.user + "' dbname='" + address_.database + "'";
    while (std::chrono::steady_clock::now() < deadline) {
        const bool started = script_.said().find("started\n") != std::string::npos;
        if (started && ::PQping(conninfo.c_str()) == PQPING_OK) return;
        if (!script_.listen(started ? ping_interval : 1'000ms)) {
            throw std::runtime_error{"PostgreSQL did not start: " + script_.said()};
        }
    }
    throw std::runtime_error{"PostgreSQL did not answer in time: " + script_.said()};
}

}  // namespace picoxx::devcluster
