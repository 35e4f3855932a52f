// picoxx-devcluster --nodes N [--replication-factor R]
// Starts a development cluster, prints where it is, then takes commands on standard input until that ends.
#include "command_line.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

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

std::optional<DevClusterOptions> read_arguments(int count, char** arguments) {
    DevClusterOptions options;
    for (int i = 1; i < count; i += 2) {
        const std::string_view name = arguments[i];
        if (i + 1 == count) return std::nullopt;
        const std::string_view value = arguments[i + 1];
        std::size_t number = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
        if (error != std::errc{} || end != value.data() + value.size() || number == 0) return std::nullopt;
        if (name == "--nodes")
            options.nodes = number;
        else if (name == "--replication-factor")
            options.replication_factor = number;
        else
            return std::nullopt;
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
    const auto options = read_arguments(count, arguments);
    if (!options) {
        std::cerr << usage;
        return 2;
    }
    const int signals = watch_signals();
    signal(SIGPIPE, SIG_IGN);
    try {
        DevCluster cluster{*options};
        std::cout << picoxx::devcluster::describe_cluster(cluster) << std::endl;
        answer_commands(cluster, signals);
    } catch (const std::exception& error) {
        std::cerr << "picoxx-devcluster: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
