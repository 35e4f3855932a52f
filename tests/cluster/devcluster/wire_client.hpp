#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::testing {

/// What a statement gave, in short.
struct Answer {
    std::string tag;
    std::vector<std::vector<std::string>> rows;
    std::string sqlstate;  ///< empty if it succeeded
    std::string error;

    [[nodiscard]] bool ok() const noexcept { return sqlstate.empty() && error.empty(); }
};

struct Login {
    std::string user = "admin";
    std::string password = "T0psecret";
    std::string more = {};  ///< further libpq settings: `sslmode=require`
};

/// A libpq session with a node; everything it waits for has a limit of ten seconds.
class WireClient {
public:
    explicit WireClient(std::uint16_t port, const Login& login = {});

    [[nodiscard]] bool is_connected() const;
    [[nodiscard]] std::string error() const;
    [[nodiscard]] PGconn* native() const noexcept { return connection_.get(); }

    Answer run(const std::string& sql);
    /// Through the extended protocol, parameters as text.
    Answer run(const std::string& sql, const std::vector<std::string>& parameters);

    /// A named statement.
    Answer prepare(const std::string& name, const std::string& sql);
    Answer execute(const std::string& name, const std::vector<std::string>& parameters = {});

    void send(const std::string& sql);
    /// Whether bytes or the end of the connection came within `limit`.
    [[nodiscard]] bool hears_something(std::chrono::milliseconds limit) const;
    /// Waits for the end of the connection.
    [[nodiscard]] bool is_ended_by_server();
    Answer receive();

private:
    struct Closer {
        void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
    };
    std::unique_ptr<PGconn, Closer> connection_;
};

enum class Reach { refused, answered, silent };

/// What a newcomer meets who sends a start-up packet: a refused connect, an answer, or nothing within `limit`.
[[nodiscard]] Reach reach(std::uint16_t port, std::chrono::milliseconds limit);

/// Waits until `condition` holds; false after ten seconds.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition);

[[nodiscard]] bool wait_a_moment(std::chrono::steady_clock::time_point deadline);

template <class Condition>
bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() +
                          std::chrono::seconds{60};  // more than any loaded machine needs
    while (!condition())
        if (!wait_a_moment(deadline)) return false;
    return true;
}

}  // namespace picoxx::testing
