#include "connect_failure.hpp"

#include <utility>

namespace picoxx::libpq {
namespace {

/// One attempt as libpq tells it: `connection to server at "…", port … failed: FATAL:  …`.
struct Attempt {
    std::string_view words;  // without libpq's prefix and the severity
    bool by_server = false;
};

constexpr std::string_view attempt_start = "connection to server";

bool holds(std::string_view text, std::string_view part) noexcept { return text.find(part) != std::string_view::npos; }

std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    return text;
}

Attempt read_attempt(std::string_view text) noexcept {
    Attempt attempt;
    if (text.substr(0, attempt_start.size()) == attempt_start) {
        constexpr std::string_view failed = " failed: ";
        if (const auto at = text.find(failed); at != std::string_view::npos) {
            text.remove_prefix(at + failed.size());
        }
    }
    for (const std::string_view severity : {"FATAL:  ", "ERROR:  ", "PANIC:  "}) {
        if (text.substr(0, severity.size()) == severity) {
            text.remove_prefix(severity.size());
            attempt.by_server = true;
            break;
        }
    }
    attempt.words = trim(text);
    return attempt;
}

struct Verdict {
    int weight = 0;
    Errc code = Errc::connect_failed;
    std::string_view sqlstate;
    std::string_view text = "the connection could not be made";
};

Verdict judge_server(std::string_view words) noexcept {
    if (holds(words, "authentication failed for user")) {
        return {3, Errc::authentication_failed, "28P01", "the node refused the user or the password"};
    }
    if (holds(words, "this server requires the client to use ssl")) {
        return {2, Errc::tls_failed, "28000", "the node takes no connection without TLS"};
    }
    if (holds(words, "no pg_hba.conf entry") || holds(words, "pg_hba.conf rejects") ||
        (holds(words, "role \"") && holds(words, "does not exist"))) {
        return {3, Errc::authentication_failed, "28000", "the node refused the user"};
    }
    return {1, Errc::connect_failed, "", "the node refused the connection"};
}

Verdict judge_libpq(std::string_view words) noexcept {
    if (holds(words, "no password supplied")) {
        return {3, Errc::authentication_failed, "", "the node asks for a password and none is given"};
    }
    if (holds(words, "closed the connection unexpectedly") || holds(words, "EOF detected") ||
        holds(words, "has been closed unexpectedly")) {
        return {1, Errc::connect_failed, "", "the node closed the connection during the handshake"};
    }
    for (const std::string_view sign : {"SSL", "TLS", "certificate", "private key"}) {
        if (holds(words, sign)) return {2, Errc::tls_failed, "", "TLS could not be agreed on"};
    }
    return {0, Errc::connect_failed, "", "the connection could not be made"};
}

}  // namespace

Error connect_failure(std::string_view libpq_text, std::string node, ServerOptions server_options) {
    Verdict verdict;
    Attempt chosen;
    bool first = true;
    for (std::size_t at = 0; at < libpq_text.size();) {
        // An attempt ends where the next begins: its words may have several lines.
        std::size_t end = libpq_text.find("\nconnection to server", at);
        end = end == std::string_view::npos ? libpq_text.size() : end + 1;
        const Attempt attempt = read_attempt(libpq_text.substr(at, end - at));
        const Verdict found = attempt.by_server ? judge_server(attempt.words) : judge_libpq(attempt.words);
        if (first || found.weight > verdict.weight) {
            verdict = found;
            chosen = attempt;
            first = false;
        }
        at = end;
    }

    Error error = make_error(verdict.code, std::string{verdict.text});
    error.sqlstate = verdict.sqlstate;
    error.node = std::move(node);
    if (chosen.by_server) {
        error.server_text = chosen.words;
    } else if (!chosen.words.empty()) {
        error.text += ": ";
        error.text += chosen.words.substr(0, chosen.words.find('\n'));
    }
    if (server_options == ServerOptions::sent && holds(chosen.words, "closed the connection unexpectedly")) {
        error.text +=
            " (a server that does not accept the start-up parameter `options` does just that: "
            "check the server options)";
    }
    return error;
}

Error start_failure(std::string_view libpq_text, std::string node, ServerOptions server_options) {
    if (holds(libpq_text, attempt_start)) return connect_failure(libpq_text, std::move(node), server_options);
    Error error = make_error(Errc::invalid_argument, "libpq refuses the connection parameters: ");
    error.text += trim(libpq_text);
    error.node = std::move(node);
    return error;
}

}  // namespace picoxx::libpq
