#include "callgrind.hpp"

#include <array>
#include <filesystem>
#include <stdexcept>
#include <string_view>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace picoxx::benchmark {
namespace {

/// Runs a program to its end. @return what it said; @throws std::runtime_error with that where it fails
std::string output_of(std::vector<std::string> arguments) {
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);

    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error{"cannot make a pipe"};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    pid_t process = -1;
    const int refused = ::posix_spawn(&process, pointers[0], &actions, nullptr, pointers.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);

    std::string said;
    std::array<char, 4096> part{};
    for (ssize_t size = 0; (size = ::read(ends[0], part.data(), part.size())) > 0;) {
        said.append(part.data(), static_cast<std::size_t>(size));
    }
    ::close(ends[0]);
    if (refused != 0) throw std::runtime_error{"cannot start " + arguments[0]};
    int status = 0;
    if (::waitpid(process, &status, 0) != process || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        throw std::runtime_error{"under callgrind the program failed:\n" + said};
    }
    return said;
}

}  // namespace

double instructions_of_this_program(const std::vector<std::string>& arguments) {
    std::vector<std::string> command{PICOXX_VALGRIND, "--tool=callgrind", "--callgrind-out-file=/dev/null",
                                     std::filesystem::read_symlink("/proc/self/exe").string()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const std::string said = output_of(std::move(command));
    constexpr std::string_view title = "Collected : ";
    const std::size_t found = said.find(title);
    if (found == std::string::npos) throw std::runtime_error{"callgrind said no number:\n" + said};
    return std::stod(said.substr(found + title.size()));
}

}  // namespace picoxx::benchmark
