#include "supervised_script.hpp"

#include <picoxx/libpq/libpq_transport.hpp>
#include <picoxx/testing/plain_postgres.hpp>
#include <picoxx/testing/session_driver.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace picoxx::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto start_limit = 60s;

// $1 = where the programs are, $2 = the port.
constexpr const char* start_script = R"(
programs=$1
port=$2
fail() { tail -n 5 log; stop 1; }
{
    "$programs/initdb" -D data -U postgres -A trust --locale=C --encoding=UTF8 --no-sync --no-instructions &&
    openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.crt -days 2 -subj /CN=picoxx-test-root &&
    openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost &&
    echo subjectAltName=DNS:localhost >names &&
    openssl x509 -req -in server.csr -CA root.crt -CAkey root.key -CAcreateserial -days 2 -extfile names -out server.crt
} </dev/null >log 2>&1 || fail
chmod 755 . && chmod 644 root.crt
cat >data/pg_hba.conf <<END
local   all all                  trust
host    all trusted 127.0.0.1/32 trust
host    all by_md5 127.0.0.1/32  md5
host    all by_scram 127.0.0.1/32 scram-sha-256
hostssl all by_tls 127.0.0.1/32  scram-sha-256
END
"$programs/postgres" --single -D data postgres >>log 2>&1 <<END || fail
SET password_encryption = 'md5'
CREATE ROLE by_md5 LOGIN PASSWORD 'T0psecret'
SET password_encryption = 'scram-sha-256'
CREATE ROLE by_scram LOGIN PASSWORD 'T0psecret'
CREATE ROLE by_tls LOGIN PASSWORD 'T0psecret'
CREATE ROLE trusted LOGIN SUPERUSER PASSWORD 'T0psecret'
END
"$programs/postgres" -D data -k "$directory" -p "$port" \
    -c listen_addresses=127.0.0.1 -c fsync=off -c autovacuum=off -c wal_level=minimal -c max_wal_senders=0 \
    -c shared_buffers=16MB -c dynamic_shared_memory_type=mmap -c timezone=UTC \
    -c ssl=on -c ssl_cert_file="$directory/server.crt" -c ssl_key_file="$directory/server.key" \
    </dev/null >>log 2>&1 &
server=$!
until "$programs/pg_isready" -q -h 127.0.0.1 -p "$port"; do
    kill -0 "$server" 2>/dev/null || fail
    sleep 0.02
done
echo ready
)";

}  // namespace

std::uint16_t free_port() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    const bool bound = ::bind(listener, generic, size) == 0 && ::getsockname(listener, generic, &size) == 0;
    ::close(listener);
    if (!bound) throw std::runtime_error{"no free port"};
    return ntohs(address.sin_port);
}

PlainPostgres::PlainPostgres() {
    // Somebody else may take the port between its choice and its use.
    for (int attempt = 0; attempt < 3; ++attempt) {
        if (start()) return;
    }
    throw std::runtime_error{"PostgreSQL did not start: " + script_->said()};
}

PlainPostgres::~PlainPostgres() = default;

PlainPostgres& PlainPostgres::shared() {
    static PlainPostgres server;
    return server;
}

std::string PlainPostgres::root_certificate() const { return script_->directory() + "/root.crt"; }

bool PlainPostgres::start() {
    port_ = free_port();
    script_ = std::make_unique<SupervisedScript>("picoxx-libpq", start_script,
                                                 std::vector{postgres_programs(), std::to_string(port_)});
    const auto deadline = std::chrono::steady_clock::now() + start_limit;
    while (std::chrono::steady_clock::now() < deadline) {
        if (!script_->listen(1'000ms)) return false;
        if (script_->said().find("ready\n") != std::string::npos) return true;
    }
    return false;
}

ConnectOptions PlainPostgres::options(const std::string& user) const {
    ConnectOptions options;
    options.endpoint = {"localhost", port_};
    options.address = "127.0.0.1";
    options.user = user;
    options.password = "T0psecret";
    options.database = "postgres";
    options.tls.mode = TlsMode::disable;
    return options;
}

std::unique_ptr<Session> PlainPostgres::connect() const { return connect(options()); }

std::unique_ptr<Session> PlainPostgres::connect(const ConnectOptions& options) const {
    auto session = LibpqTransport{}.open(options);
    if (!session.ok()) {
        ADD_FAILURE() << session.error().text;
        return nullptr;
    }
    if (!drive_to_ready(**session)) {
        const Error* const failure = (*session)->failure();
        ADD_FAILURE() << (failure == nullptr ? "no answer" : failure->text + ": " + failure->server_text);
        return nullptr;
    }
    return std::move(*session);
}

}  // namespace picoxx::testing
