#include "instructions.hpp"

#include "faces.hpp"
#include "spread.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

namespace picoxx::benchmark {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t warm_up_requests = 20;

class TemporaryFolder {
public:
    TemporaryFolder() : path_{(fs::temp_directory_path() / "picoxx-benchmark-XXXXXX").string()} {
        if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error{"cannot make a folder like " + path_};
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] std::string file(std::string_view name) const { return path_ + '/' + std::string{name}; }

private:
    std::string path_;
};

std::string text_of(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream{file}.rdbuf();
    return text.str();
}

/// Runs a program to its end, what it says going to `log`. @throws std::runtime_error where it fails
void run_program(std::vector<std::string> arguments, const std::string& log) {
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    pid_t process = -1;
    const int refused = ::posix_spawn(&process, pointers[0], &actions, nullptr, pointers.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (refused != 0) throw std::runtime_error{"cannot start " + arguments[0]};

    int status = 0;
    if (::waitpid(process, &status, 0) != process || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        throw std::runtime_error{"under callgrind the program failed:\n" + text_of(log)};
    }
}

/// The instructions that one of callgrind's files is about.
double instructions_in(const std::string& file) {
    constexpr std::string_view title = "summary: ";
    std::ifstream lines{file};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(title)) return std::stod(line.substr(title.size()));
    }
    throw std::runtime_error{"callgrind counted nothing"};
}

}  // namespace

double instructions_per_request(std::string_view face, const std::string& dsn, Repetition repetition) {
    const TemporaryFolder folder;
    const std::string counts = folder.file("counts");
    run_program({PICOXX_VALGRIND, "--tool=callgrind", "--dump-line=no", "--callgrind-out-file=" + counts,
                 fs::read_symlink("/proc/self/exe").string(), std::string{counted_requests_argument}, std::string{face},
                 dsn, std::to_string(repetition.chunks), std::to_string(repetition.requests)},
                folder.file("log"));
    std::vector<double> each;
    for (std::size_t chunk = 1; chunk <= repetition.chunks; ++chunk) {
        each.push_back(instructions_in(counts + '.' + std::to_string(chunk)) /
                       static_cast<double>(repetition.requests));
    }
    return spread_of(std::move(each)).median;
}

void run_counted_requests(std::string_view name, const std::string& dsn, Repetition repetition) {
    const std::unique_ptr<Face> face = make_face(name, dsn);
    face->run(warm_up_requests);
    CALLGRIND_ZERO_STATS;
    for (std::size_t chunk = 0; chunk < repetition.chunks; ++chunk) {
        face->run(repetition.requests);
        CALLGRIND_DUMP_STATS;
    }
}

}  // namespace picoxx::benchmark
