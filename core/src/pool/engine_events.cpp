// What the engine has to tell an operator.
#include "pool/engine.hpp"

#include <utility>

namespace picoxx {

void Engine::tell(LogTopic topic, LogLevel level, std::string_view node, std::string_view text, std::string_view reason,
                  std::string_view servers_words) noexcept {
    events_.add(topic, level, node, text, reason, servers_words);
    needs_attention_ = needs_attention_ || !events_.empty();
}

void Engine::connected(PoolNode& node) {
    tell(LogTopic::connections, LogLevel::info, node.label, "connected");
    if (node.failures_in_a_row > 0) tell(LogTopic::nodes, LogLevel::info, node.label, "the node is back");
    login_accepted(node);
}

void Engine::note_failed_dial(const PoolNode& node, const Error& error) noexcept {
    const bool refused = error.code == Errc::authentication_failed;
    tell(refused ? LogTopic::logins : LogTopic::connections, LogLevel::warning, node.label,
         refused ? "the login was refused" : "cannot connect", error.text, error.server_text);
}

void Engine::note_lost(const PoolNode& node, const Error& error) noexcept {
    tell(LogTopic::connections, LogLevel::warning, node.label, "connection lost", error.text, error.server_text);
}

void Engine::dispose(std::unique_ptr<Connection> connection, std::string_view why) noexcept {
    if (!why.empty()) {
        tell(LogTopic::connections, LogLevel::info, connection->node().label, "connection closed", why);
    }
    garbage_.add(std::move(connection));
    needs_attention_ = true;
}

}  // namespace picoxx
