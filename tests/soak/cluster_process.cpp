#include "cluster_process.hpp"

#include <boost/json.hpp>

#include <array>
#include <stdexcept>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace picoxx::soak {
namespace {

namespace json = boost::json;

std::string text(const json::value& value) { return {value.as_string().data(), value.as_string().size()}; }

}  // namespace

ClusterProcess::ClusterProcess(unsigned nodes) {
    std::array<int, 2> input{};
    std::array<int, 2> output{};
    if (::pipe2(input.data(), O_CLOEXEC) != 0 || ::pipe2(output.data(), O_CLOEXEC) != 0)
        throw std::runtime_error{"no pipe"};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
    std::string program = PICOXX_DEVCLUSTER_PROGRAM;
    std::string option = "--nodes";
    std::string count = std::to_string(nodes);
    std::array<char*, 4> arguments{program.data(), option.data(), count.data(), nullptr};
    const int failure = ::posix_spawn(&process_, program.c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(input[0]);
    ::close(output[1]);
    to_ = input[1];
    from_ = output[0];
    if (failure != 0) throw std::runtime_error{"cannot start " + program};
    const json::value ready = json::parse(read_line());
    for (const json::value& node : ready.at("nodes").as_array()) {
        nodes_.push_back({text(node.at("name")), text(node.at("address"))});
    }
}

// It ends with its input.
ClusterProcess::~ClusterProcess() {
    ::close(to_);
    ::close(from_);
    ::waitpid(process_, nullptr, 0);
}

void ClusterProcess::command(std::string_view line) { static_cast<void>(ask(line)); }

std::vector<ClusterProcess::Stats> ClusterProcess::stats() {
    std::vector<Stats> all;
    const json::value answer = json::parse(ask("stats"));
    for (const json::value& node : answer.at("nodes").as_array()) {
        const auto count = [&](const char* name) { return node.at(name).to_number<std::uint64_t>(); };
        all.push_back({text(node.at("name")), count("sessions"), count("logins"), count("failed_logins")});
    }
    return all;
}

std::string ClusterProcess::ask(std::string_view line) {
    const std::string sent = std::string{line} + '\n';
    if (::write(to_, sent.data(), sent.size()) != static_cast<ssize_t>(sent.size()))
        throw std::runtime_error{"the cluster has gone"};
    return read_line();
}

std::string ClusterProcess::read_line() {
    for (;;) {
        if (const std::size_t end = buffer_.find('\n'); end != std::string::npos) {
            std::string line = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            return line;
        }
        std::array<char, 4096> bytes;
        const ssize_t read = ::read(from_, bytes.data(), bytes.size());
        if (read <= 0) throw std::runtime_error{"the cluster has gone"};
        buffer_.append(bytes.data(), static_cast<std::size_t>(read));
    }
}

}  // namespace picoxx::soak
