// What the engine has to tell an operator.
#include "pool/engine.hpp"

#include <utility>

namespace picoxx {

void Engine::connected(PoolNode& node) {
    events_.add(LogTopic::connections, LogLevel::info, node.label, "connected");
    if (node.failures_in_a_row > 0) events_.add(LogTopic::nodes, LogLevel::info, node.label, "the node is back");
    login_accepted(node);
}

void Engine::note_failed_dial(const PoolNode& node, const Error& error) noexcept {
    const bool refused = error.code == Errc::authentication_failed;
    events_.add(refused ? LogTopic::logins : LogTopic::connections, LogLevel::warning, node.label,
                refused ? "the login was refused" : "cannot connect", error.text, error.server_text);
}

void Engine::note_lost(const PoolNode& node, const Error& error) noexcept {
    events_.add(LogTopic::connections, LogLevel::warning, node.label, "connection lost", error.text, error.server_text);
}

void Engine::dispose(std::unique_ptr<Connection> connection, std::string_view why) noexcept {
    if (!why.empty()) {
        events_.add(LogTopic::connections, LogLevel::info, connection->node().label, "connection closed", why);
    }
    garbage_.add(std::move(connection));
}

}  // namespace picoxx
