#include "supervised_script.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace picoxx::testing {
namespace {

namespace fs = std::filesystem;

// A server that has only just begun does not hear SIGQUIT: in the background of a shell it starts with that ignored. So
// it is told until it is gone. (`sleep` is not a part of the shell, which takes note of its other children's ends while
// it waits for one.)
constexpr const char* before_script = R"(
umask 077
directory=$1
shift
server=
stop() {
    trap '' HUP INT TERM PIPE
    while [ -n "$server" ] && kill -QUIT "$server" 2>/dev/null; do sleep 0.02; done
    cd /
    rm -rf "$directory"
    exit "$1"
}
trap 'stop 0' HUP INT TERM PIPE
cd "$directory" || exit 1
)";
constexpr const char* after_script = R"(
read -r _
stop 0
)";

struct Account {
    uid_t user = 0;
    gid_t group = 0;
};

/// Whom the script runs as; nobody else unless this is root.
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

std::string make_directory(const std::string& name, const std::optional<Account>& account) {
    std::string path = "/tmp/" + name + "-XXXXXX";
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
[[noreturn]] void become_script(const std::optional<Account>& account, int input, int output, char* const* arguments,
                                char* const* environment) {
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

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (auto& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
}

}  // namespace

SupervisedScript::SupervisedScript(const std::string& name, const std::string& script,
                                   std::vector<std::string> arguments) {
    const auto account = unprivileged_account();
    try {
        directory_ = make_directory(name, account);
        auto lifeline = make_pipe();
        auto status = make_pipe();
        std::vector<std::string> words{"/bin/sh", "-c", before_script + script + after_script, "supervisor",
                                       directory_};
        words.insert(words.end(), std::make_move_iterator(arguments.begin()), std::make_move_iterator(arguments.end()));
        std::vector<std::string> variables{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", "HOME=" + directory_};
        const auto word_list = pointers(words);
        const auto variable_list = pointers(variables);

        process_ = ::fork();
        if (process_ == 0)
            become_script(account, lifeline.read_end.get(), status.write_end.get(), word_list.data(),
                          variable_list.data());
        if (process_ < 0) throw std::runtime_error{"cannot start the supervisor of PostgreSQL"};
        lifeline_ = std::move(lifeline.write_end);
        status_ = std::move(status.read_end);
    } catch (...) {
        stop();
        throw;
    }
}

SupervisedScript::~SupervisedScript() { stop(); }

bool SupervisedScript::listen(std::chrono::milliseconds time) {
    pollfd watched{status_.get(), POLLIN, 0};
    if (::poll(&watched, 1, static_cast<int>(time.count())) <= 0) return true;
    std::array<char, 4096> buffer{};
    const auto count = ::read(status_.get(), buffer.data(), buffer.size());
    if (count <= 0) return false;
    said_.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
}

void SupervisedScript::stop() noexcept {
    lifeline_.reset();
    if (process_ > 0)
        while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
        }
    process_ = -1;
    if (directory_.empty()) return;
    std::error_code ignored;
    fs::remove_all(directory_, ignored);  // the script has done it, unless it never started
}

std::string postgres_programs() {
    if (const char* named = std::getenv("PICOXX_POSTGRES_BIN")) return named;
    std::optional<int> newest;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{"/usr/lib/postgresql", error}) {
        const int version = std::atoi(entry.path().filename().c_str());
        if (version > newest.value_or(0) && fs::exists(entry.path() / "bin/postgres")) newest = version;
    }
    if (!newest)
        throw std::runtime_error{
            "no PostgreSQL server below /usr/lib/postgresql: install Debian's postgresql, or "
            "name the directory of `postgres` and `initdb` in PICOXX_POSTGRES_BIN"};
    return "/usr/lib/postgresql/" + std::to_string(*newest) + "/bin";
}

}  // namespace picoxx::testing
