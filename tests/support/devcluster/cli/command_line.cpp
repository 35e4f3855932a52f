#include "command_line.hpp"

#include "arguments.hpp"
#include "failure_commands.hpp"
#include "json_text.hpp"

#include <array>
#include <chrono>
#include <exception>
#include <stdexcept>

namespace picoxx::devcluster {
namespace {

using testing::DevCluster;
using testing::DevNode;

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

template <void (*Action)(DevCluster&, Arguments&)>
std::string silently(DevCluster& cluster, Arguments& arguments) {
    Action(cluster, arguments);
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
    Command{
        "fail_next",
        "NODE [form=verbatim|placed|storage|replicaset] [applied=N|all] [sqlstate=CODE] [times=N] [containing=WORD] "
        "[stage=parse|bind|execute] TEXT",
        "the next statement fails, after some replicasets have applied it", &silently<&fail_next>},
    Command{"stale_statements", "NODE [form=placed|storage|verbatim] [applied=N|all]",
            "what was parsed until now has gone stale", &silently<&stale_statements>},
    Command{"forget_failures", "NODE", "takes both back", &on_node<&DevCluster::forget_failures>},
    Command{"switch_master", "NODE [unheard]", "makes it the master; unheard: no node knows yet",
            &silently<&switch_master>},
    Command{"learn_masters", "NODE", "the node hears of new masters", &on_node<&DevCluster::learn_masters>},
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
