#include <picoxx/libpq/libpq_transport.hpp>
#include <picoxx/testing/plain_postgres.hpp>
#include <picoxx/testing/session_driver.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace picoxx::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds start_limit{60};

// $1 = the directory, $2 = where the programs are, $3 = the port. Standard input ends when the owner does.
constexpr const char* supervisor_script = R"(
umask 077
directory=$1
programs=$2
port=$3
server=
stop() {
    trap '' HUP INT TERM PIPE
    if [ -n "$server" ] && kill -QUIT "$server" 2>/dev/null; then wait "$server"; fi
    cd /
    rm -rf "$directory"
    exit "$1"
}
fail() { tail -n 5 log; stop 1; }
trap 'stop 0' HUP INT TERM PIPE
cd "$directory" || exit 1
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
read -r _
stop 0
)";

std::string find_programs() {
    if (const char* named = std::getenv("PICOXX_POSTGRES_BIN")) return named;
    int newest = 0;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{"/usr/lib/postgresql", error}) {
        if (fs::exists(entry.path() / "bin/postgres"))
            newest = std::max(newest, std::atoi(entry.path().filename().c_str()));
    }
    if (newest == 0) throw std::runtime_error{"no PostgreSQL server below /usr/lib/postgresql"};
    return "/usr/lib/postgresql/" + std::to_string(newest) + "/bin";
}

/// Whom PostgreSQL runs as: it refuses to be root.
std::optional<std::pair<uid_t, gid_t>> unprivileged_account() {
    if (::geteuid() != 0) return std::nullopt;
    for (const char* name : {"postgres", "nobody"}) {
        if (const passwd* found = ::getpwnam(name)) return std::pair{found->pw_uid, found->pw_gid};
    }
    throw std::runtime_error{"there is neither a user `postgres` nor `nobody` to run PostgreSQL as"};
}

std::array<int, 2> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error{"cannot make a pipe"};
    return ends;
}

void close_descriptor(int& descriptor) noexcept {
    if (descriptor >= 0) ::close(descriptor);
    descriptor = -1;
}

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
        stop();
    }
    throw std::runtime_error{"PostgreSQL did not start: " + said_};
}

PlainPostgres::~PlainPostgres() { stop(); }

PlainPostgres& PlainPostgres::shared() {
    static PlainPostgres server;
    return server;
}

bool PlainPostgres::start() {
    const std::string programs = find_programs();
    const auto account = unprivileged_account();
    port_ = free_port();
    directory_ = "/tmp/picoxx-libpq-XXXXXX";
    if (::mkdtemp(directory_.data()) == nullptr) throw std::runtime_error{"cannot make a directory in /tmp"};
    if (account && ::chown(directory_.c_str(), account->first, account->second) != 0) {
        throw std::runtime_error{"cannot hand the directory over to the user of PostgreSQL"};
    }

    const std::string port = std::to_string(port_);
    const std::string home = "HOME=" + directory_;
    const std::array<const char*, 8> arguments{
        "/bin/sh", "-c", supervisor_script, "supervisor", directory_.c_str(), programs.c_str(), port.c_str(), nullptr};
    const std::array<const char*, 5> environment{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", home.c_str(), nullptr};
    auto lifeline = make_pipe();
    auto status = make_pipe();
    supervisor_ = ::fork();
    if (supervisor_ == 0) {
        ::setsid();
        if (account &&
            (::setgroups(0, nullptr) != 0 || ::setgid(account->second) != 0 || ::setuid(account->first) != 0)) {
            ::_exit(127);
        }
        ::dup2(lifeline[0], STDIN_FILENO);
        ::dup2(status[1], STDOUT_FILENO);
        ::dup2(status[1], STDERR_FILENO);
        ::execve(arguments[0], const_cast<char* const*>(arguments.data()),
                 const_cast<char* const*>(environment.data()));
        ::_exit(127);
    }
    close_descriptor(lifeline[0]);
    close_descriptor(status[1]);
    lifeline_ = lifeline[1];
    status_ = status[0];
    if (supervisor_ < 0) throw std::runtime_error{"cannot start the supervisor of PostgreSQL"};

    const auto deadline = std::chrono::steady_clock::now() + start_limit;
    said_.clear();
    while (std::chrono::steady_clock::now() < deadline) {
        pollfd watched{status_, POLLIN, 0};
        if (::poll(&watched, 1, 1000) <= 0) continue;
        std::array<char, 4096> buffer{};
        const auto count = ::read(status_, buffer.data(), buffer.size());
        if (count <= 0) return false;
        said_.append(buffer.data(), static_cast<std::size_t>(count));
        if (said_.find("ready\n") != std::string::npos) return true;
    }
    return false;
}

void PlainPostgres::stop() noexcept {
    close_descriptor(lifeline_);
    if (supervisor_ > 0) ::waitpid(supervisor_, nullptr, 0);
    supervisor_ = -1;
    close_descriptor(status_);
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
