// picoxx-devcluster --nodes N [--replication-factor R]
// Starts a development cluster, prints where it is, then takes commands on standard input until that ends.
#include "command_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace {

using picoxx::testing::DevCluster;
using picoxx::testing::DevClusterOptions;

constexpr std::string_view usage =
    "usage: picoxx-devcluster [--nodes N] [--replication-factor R]\n"
    "Starts N nodes (default 3), R to a replicaset (default 1), prints one line of JSON when they are ready,\n"
    "then takes commands on standard input, one a line; `help` lists them. Ends with its input or on a signal.\n";

/// @throws std::invalid_argument that names what is wrong.
DevClusterOptions read_arguments(const std::vector<std::string>& arguments) {
    DevClusterOptions options;
    for (std::size_t i = 0; i < arguments.size(); i += 2) {
        const std::string& name = arguments[i];
        if (name != "--nodes" && name != "--replication-factor") {
            throw std::invalid_argument{"there is no option " + name};
        }
        const std::string value = i + 1 < arguments.size() ? arguments[i + 1] : "";
        std::size_t number = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
        if (error != std::errc{} || end != value.data() + value.size() || number == 0) {
            throw std::invalid_argument{name + " needs a whole number from 1 on, it has \"" + value + '"'};
        }
        (name == "--nodes" ? options.nodes : options.replication_factor) = number;
    }
    return options;
}

/// A descriptor that becomes readable when the process is asked to end; the signals do nothing else.
int watch_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, number);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signalfd(-1, &signals, SFD_CLOEXEC);
}

void answer_commands(DevCluster& cluster, int signals) {
    std::string input;
    while (true) {
        std::array<pollfd, 2> watched{{{STDIN_FILENO, POLLIN, 0}, {signals, POLLIN, 0}}};
        if (poll(watched.data(), watched.size(), -1) < 0 || watched[1].revents != 0) return;
        std::array<char, 4096> bytes{};
        const auto count = read(STDIN_FILENO, bytes.data(), bytes.size());
        if (count <= 0) return;
        input.append(bytes.data(), static_cast<std::size_t>(count));
        for (auto end = input.find('\n'); end != std::string::npos; end = input.find('\n')) {
            const auto line = input.substr(0, end);
            input.erase(0, end + 1);
            if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
            std::cout << picoxx::devcluster::run_command(cluster, line) << std::endl;
        }
    }
}

}  // namespace

int main(int count, char** arguments) {
    const std::vector<std::string> given{arguments + 1, arguments + count};
    if (std::find(given.begin(), given.end(), "--help") != given.end()) {
        std::cout << usage;
        return 0;
    }
    DevClusterOptions options;
    try {
        options = read_arguments(given);
    } catch (const std::invalid_argument& wrong) {
        std::cerr << "picoxx-devcluster: " << wrong.what() << '\n' << usage;
        return 2;
    }
    const int signals = watch_signals();
    signal(SIGPIPE, SIG_IGN);
    try {
        DevCluster cluster{options};
        std::cout << picoxx::devcluster::describe_cluster(cluster) << std::endl;
        answer_commands(cluster, signals);
    } catch (const std::exception& error) {
        std::cerr << "picoxx-devcluster: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
