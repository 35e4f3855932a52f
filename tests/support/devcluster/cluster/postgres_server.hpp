#pragma once

#include "front/descriptor.hpp"
#include "sql/catalog.hpp"

#include <string>

#include <sys/types.h>

namespace picoxx::devcluster {

/// A private PostgreSQL with a data directory of its own under /tmp, reachable only through a Unix socket in there.
/// It and the directory vanish with this object, and also when the whole process dies, however it dies: a supervisor
/// outside the process waits for the end of a pipe. Started by root it runs as `postgres` or `nobody`.
class PostgresServer {
public:
    /// Returns when connections are answered. PICOXX_POSTGRES_BIN names the directory of initdb and postgres; default:
    /// the newest of Debian's. @throw std::runtime_error with the server's own words.
    PostgresServer();
    ~PostgresServer();
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;

    [[nodiscard]] const PostgresAddress& address() const noexcept { return address_; }
    [[nodiscard]] const std::string& directory() const noexcept { return directory_; }

private:
    void start_supervisor(const std::string& programs);
    void wait_until_ready();
    void stop() noexcept;

    std::string directory_;
    PostgresAddress address_;
    Descriptor lifeline_;  ///< never written to: its end tells the supervisor to stop
    Descriptor status_;    ///< what the supervisor says
    pid_t supervisor_ = -1;
};

}  // namespace picoxx::devcluster
