#include "command_line.hpp"

#include "json_text.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <exception>
#include <limits>
#include <stdexcept>
#include <vector>

namespace picoxx::devcluster {
namespace {

using testing::DevCluster;
using testing::DevNode;

/// The words after a command's name.
class Arguments {
public:
    explicit Arguments(std::string_view text) : rest_{text} {}

    [[nodiscard]] std::string word(std::string_view what) {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
        const auto end = std::min(rest_.find_first_of(" \t"), rest_.size());
        std::string found{rest_.substr(0, end)};
        rest_.remove_prefix(end);
        if (found.empty()) throw std::runtime_error{"missing: " + std::string{what}};
        return found;
    }
    [[nodiscard]] std::uint64_t number(std::string_view what) {
        const auto text = word(what);
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size())
            throw std::runtime_error{std::string{what} + " is not a number: " + text};
        return value;
    }
    [[nodiscard]] std::string_view rest() const {
        const auto begin = std::min(rest_.find_first_not_of(" \t"), rest_.size());
        return rest_.substr(begin);
    }
    void expect_end() const {
        if (!rest().empty()) throw std::runtime_error{"too much: " + std::string{rest()}};
    }

private:
    std::string_view rest_;
};

std::string node_json(const DevNode& node) {
    return "{\"name\": " + json_string(node.name) + ", \"address\": " + json_string(node.address) + "}";
}

std::string stats(const DevCluster& cluster) {
    const auto one = [&](const DevNode& node) {
        const auto seen = cluster.counters(node.name);
        return "{\"name\": " + json_string(node.name) + ", \"connections\": " + std::to_string(seen.connections) +
               ", \"sessions\": " + std::to_string(seen.sessions) + ", \"logins\": " + std::to_string(seen.logins) +
               ", \"failed_logins\": " + std::to_string(seen.failed_logins) +
               ", \"parses\": " + std::to_string(seen.parses) + ", \"statements\": " + std::to_string(seen.statements) +
               "}";
    };
    return ", \"nodes\": " + json_array(cluster.nodes(), one);
}

std::string sql(DevCluster& cluster, std::string_view text) {
    const auto result = cluster.run_sql(text);
    const auto value = [](const std::optional<std::string>& v) { return v ? json_string(*v) : std::string{"null"}; };
    const auto row = [&](const auto& values) { return json_array(values, value); };
    return ", \"tag\": " + json_string(result.tag) + ", \"columns\": " + json_array(result.columns, json_string) +
           ", \"rows\": " + json_array(result.rows, row);
}

struct Command {
    std::string_view name;
    std::string_view arguments;
    std::string_view purpose;
    std::string (*run)(DevCluster&, Arguments&);  ///< gives what follows `"ok": true`
};

template <void (DevCluster::*Action)(std::string_view)>
std::string on_node(DevCluster& cluster, Arguments& arguments) {
    const auto node = arguments.word("NODE");
    arguments.expect_end();
    (cluster.*Action)(node);
    return {};
}

std::string help(DevCluster&, Arguments&);

constexpr std::array commands{
    Command{"help", "", "lists the commands", &help},
    Command{"nodes", "", "lists the nodes",
            [](DevCluster& cluster, Arguments&) { return ", \"nodes\": " + json_array(cluster.nodes(), node_json); }},
    Command{"stats", "", "counters of every node", [](DevCluster& cluster, Arguments&) { return stats(cluster); }},
    Command{"stop", "NODE", "ends it gracefully: Offline, sessions end, connects are refused",
            &on_node<&DevCluster::stop>},
    Command{"kill", "NODE", "ends it at once; the catalogue still says Online", &on_node<&DevCluster::kill>},
    Command{"start", "NODE", "starts it again on its port", &on_node<&DevCluster::start>},
    Command{"offline", "NODE", "only the catalogue says Offline", &on_node<&DevCluster::offline>},
    Command{"pause", "NODE", "makes it a black hole", &on_node<&DevCluster::pause>},
    Command{"resume", "NODE", "ends pause", &on_node<&DevCluster::resume>},
    Command{"refuse", "NODE", "refuses connects, sessions live on", &on_node<&DevCluster::refuse>},
    Command{"accept", "NODE", "ends refuse", &on_node<&DevCluster::accept>},
    Command{"drop_sessions", "NODE", "ends its sessions, nothing else", &on_node<&DevCluster::drop_sessions>},
    Command{"slow", "NODE MILLISECONDS", "delays every statement; 0 ends it",
            [](DevCluster& cluster, Arguments& arguments) {
                const auto node = arguments.word("NODE");
                const auto delay = arguments.number("MILLISECONDS");
                arguments.expect_end();
                cluster.slow(node, std::chrono::milliseconds{delay});
                return std::string{};
            }},
    Command{"cut", "NODE BYTES", "closes a connection after so many more bytes, once",
            [](DevCluster& cluster, Arguments& arguments) {
                const auto node = arguments.word("NODE");
                const auto bytes = arguments.number("BYTES");
                arguments.expect_end();
                cluster.cut(node, bytes);
                return std::string{};
            }},
    Command{"demand_tls", "NODE on|off", "takes only sessions over TLS, or only plain ones",
            [](DevCluster& cluster, Arguments& arguments) {
                const auto node = arguments.word("NODE");
                const auto value = arguments.word("on|off");
                arguments.expect_end();
                if (value == "on")
                    cluster.demand_tls(node);
                else if (value == "off")
                    cluster.accept_plain(node);
                else
                    throw std::runtime_error{"neither on nor off: " + value};
                return std::string{};
            }},
    Command{"expel", "NODE", "Expelled for good", &on_node<&DevCluster::expel>},
    Command{"add", "", "adds a node",
            [](DevCluster& cluster, Arguments& arguments) {
                arguments.expect_end();
                return ", \"node\": " + node_json(cluster.add());
            }},
    Command{"directory", "", "where the private PostgreSQL keeps its files",
            [](DevCluster& cluster, Arguments&) { return ", \"directory\": " + json_string(cluster.directory()); }},
    Command{"certificate", "", "what clients may trust (sslrootcert)",
            [](DevCluster& cluster, Arguments&) { return ", \"certificate\": " + json_string(cluster.certificate()); }},
    Command{"sql", "STATEMENT", "runs one statement as admin, past the nodes",
            [](DevCluster& cluster, Arguments& arguments) { return sql(cluster, arguments.rest()); }},
};

std::string help(DevCluster&, Arguments&) {
    const auto one = [](const Command& command) {
        std::string usage{command.name};
        if (!command.arguments.empty()) usage += " " + std::string{command.arguments};
        return json_string(usage + ": " + std::string{command.purpose});
    };
    return ", \"commands\": " + json_array(commands, one);
}

}  // namespace

std::string describe_cluster(const DevCluster& cluster) {
    return "{\"dsn\": " + json_string(cluster.dsn()) + ", \"nodes\": " + json_array(cluster.nodes(), node_json) + "}";
}

std::string run_command(DevCluster& cluster, std::string_view line) {
    try {
        Arguments arguments{line};
        const auto name = arguments.word("a command");
        for (const auto& command : commands)
            if (command.name == name) return "{\"ok\": true" + command.run(cluster, arguments) + "}";
        throw std::runtime_error{"unknown command " + name + ", try help"};
    } catch (const std::exception& error) {
        return "{\"ok\": false, \"error\": " + json_string(error.what()) + "}";
    }
}

}  // namespace picoxx::devcluster
