#pragma once

#include "sql/catalog.hpp"
#include "supervised_script.hpp"

#include <string>

namespace picoxx::devcluster {

/// A private PostgreSQL with a data directory of its own under /tmp, reachable only through a Unix socket in there.
/// It and the directory vanish with this object, and also when the whole process dies.
class PostgresServer {
public:
    /// Returns when connections are answered. PICOXX_POSTGRES_BIN names the directory of initdb and postgres; default:
    /// the newest of Debian's. @throw std::runtime_error with the server's own words.
    PostgresServer();

    [[nodiscard]] const PostgresAddress& address() const noexcept { return address_; }
    [[nodiscard]] const std::string& directory() const noexcept { return script_.directory(); }

private:
    void wait_until_ready();

    testing::SupervisedScript script_;
    PostgresAddress address_;
};

}  // namespace picoxx::devcluster
