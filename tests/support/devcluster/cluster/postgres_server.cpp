#include "postgres_server.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <vector>

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace picoxx::devcluster {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto start_limit = 60s;
constexpr auto ping_interval = 5ms;

// $1 = the directory, $2 = where the programs are. Standard input ends when the owner does.
constexpr const char* supervisor_script = R"(
umask 077
directory=$1
programs=$2
server=
stop() {
    trap '' HUP INT TERM PIPE
    if [ -n "$server" ] && kill -QUIT "$server" 2>/dev/null; then wait "$server"; fi
    cd /
    rm -rf "$directory"
    exit "$1"
}
trap 'stop 0' HUP INT TERM PIPE
cd "$directory" || exit 1
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
read -r _
stop 0
)";

std::string find_programs() {
    if (const char* named = std::getenv("PICOXX_POSTGRES_BIN")) return named;
    std::optional<int> newest;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{"/usr/lib/postgresql", error}) {
        const int version = std::atoi(entry.path().filename().c_str());
        if (version > newest.value_or(0) && fs::exists(entry.path() / "bin/postgres")) newest = version;
    }
    if (!newest)
        throw std::runtime_error{
            "no PostgreSQL server below /usr/lib/postgresql: install Debian's postgresql-15, or "
            "name the directory of `postgres` and `initdb` in PICOXX_POSTGRES_BIN"};
    return "/usr/lib/postgresql/" + std::to_string(*newest) + "/bin";
}

struct Account {
    uid_t user = 0;
    gid_t group = 0;
};

/// Whom PostgreSQL runs as: it refuses to be root.
std::optional<Account> unprivileged_account() {
    if (::geteuid() != 0) return std::nullopt;
    for (const char* name : {"postgres", "nobody"}) {
        passwd entry{};
        passwd* found = nullptr;
        std::array<char, 4096> buffer{};
        if (::getpwnam_r(name, &entry, buffer.data(), buffer.size(), &found) == 0 && found)
            return Account{found->pw_uid, found->pw_gid};
    }
    throw std::runtime_error{"there is neither a user `postgres` nor `nobody` to run PostgreSQL as"};
}

std::string make_directory(const std::optional<Account>& account) {
    std::string path = "/tmp/picoxx-XXXXXX";  // short: a socket's path has 107 bytes
    if (!::mkdtemp(path.data())) throw std::runtime_error{"cannot make a directory in /tmp"};
    if (account && ::chown(path.c_str(), account->user, account->group) != 0)
        throw std::runtime_error{"cannot hand " + path + " over to the user of PostgreSQL"};
    return path;
}

struct Pipe {
    Descriptor read_end;
    Descriptor write_end;
};

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error{"cannot make a pipe"};
    return {Descriptor{ends[0]}, Descriptor{ends[1]}};
}

/// The child's side of fork(): only calls that are safe there.
[[noreturn]] void become_supervisor(const std::optional<Account>& account, int input, int output,
                                    char* const* arguments, char* const* environment) {
    constexpr int failure = 127;
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int number : {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGPIPE, SIGCHLD}) ::signal(number, SIG_DFL);
    ::setsid();
    // The raw calls: the library's would want to tell the other threads, which a child does not have.
    if (account && (::syscall(SYS_setgroups, 0, nullptr) != 0 ||
                    ::syscall(SYS_setresgid, account->group, account->group, account->group) != 0 ||
                    ::syscall(SYS_setresuid, account->user, account->user, account->user) != 0))
        ::_exit(failure);
    if (::dup2(input, STDIN_FILENO) < 0 || ::dup2(output, STDOUT_FILENO) < 0 || ::dup2(output, STDERR_FILENO) < 0)
        ::_exit(failure);
    ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    ::execve(arguments[0], arguments, environment);
    ::_exit(failure);
}

}  // namespace

PostgresServer::PostgresServer() {
    const auto programs = find_programs();
    try {
        start_supervisor(programs);
        wait_until_ready();
    } catch (...) {
        stop();
        throw;
    }
}

PostgresServer::~PostgresServer() { stop(); }

void PostgresServer::start_supervisor(const std::string& programs) {
    const auto account = unprivileged_account();
    directory_ = make_directory(account);
    address_.socket_directory = directory_;

    auto lifeline = make_pipe();
    auto status = make_pipe();
    std::vector<std::string> words{"/bin/sh", "-c", supervisor_script, "supervisor", directory_, programs};
    std::vector<std::string> variables{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", "HOME=" + directory_};
    const auto pointers = [](std::vector<std::string>& texts) {
        std::vector<char*> list;
        for (auto& text : texts) list.push_back(text.data());
        list.push_back(nullptr);
        return list;
    };
    const auto arguments = pointers(words);
    const auto environment = pointers(variables);

    supervisor_ = ::fork();
    if (supervisor_ == 0)
        become_supervisor(account, lifeline.read_end.get(), status.write_end.get(), arguments.data(),
                          environment.data());
    if (supervisor_ < 0) throw std::runtime_error{"cannot start the supervisor of PostgreSQL"};
    lifeline_ = std::move(lifeline.write_end);
    status_ = std::move(status.read_end);
}

void PostgresServer::wait_until_ready() {
    const auto deadline = std::chrono::steady_clock::now() + start_limit;
    const auto conninfo = "host='" + address_.socket_directory + "' port=" + std::to_string(address_.port) + " user='" +
                          address_.user + "' dbname='" + address_.database + "'";
    std::string said;
    while (std::chrono::steady_clock::now() < deadline) {
        const bool started = said.find("started\n") != std::string::npos;
        if (started && ::PQping(conninfo.c_str()) == PQPING_OK) return;
        pollfd watched{status_.get(), POLLIN, 0};
        if (::poll(&watched, 1, started ? static_cast<int>(ping_interval.count()) : 1000) <= 0) continue;
        std::array<char, 4096> buffer{};
        const auto count = ::read(status_.get(), buffer.data(), buffer.size());
        if (count <= 0) throw std::runtime_error{"PostgreSQL did not start: " + said};
        said.append(buffer.data(), static_cast<std::size_t>(count));
    }
    throw std::runtime_error{"PostgreSQL did not answer in time: " + said};
}

void PostgresServer::stop() noexcept {
    lifeline_.reset();
    if (supervisor_ > 0)
        while (::waitpid(supervisor_, nullptr, 0) < 0 && errno == EINTR) {
        }
    supervisor_ = -1;
    if (directory_.empty()) return;
    std::error_code ignored;
    fs::remove_all(directory_, ignored);  // the supervisor has done it, unless it never started
}

}  // namespace picoxx::devcluster
