#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::testing {

struct DevClusterOptions {
    std::size_t nodes = 3;               ///< > 0; named i1, i2, ...
    std::size_t replication_factor = 1;  ///< nodes per replicaset, > 0; replicasets are named default_1, default_2, ...
    std::size_t bucket_count = 3000;     ///< of the one tier, `default`
    std::string admin_password = "T0psecret";
};

struct DevNode {
    std::string name;
    std::string address;  ///< HOST:PORT, the same for the node's whole life
    std::string uuid;
    std::string replicaset;
};

/// How a user proves who he is.
enum class DevAuth { md5, scram_sha256 };

/// What one node has seen since the cluster was started.
struct DevNodeCounters {
    std::uint64_t connections = 0;  ///< accepted
    std::uint64_t sessions = 0;     ///< logged in and open now
    std::uint64_t logins = 0;
    std::uint64_t failed_logins = 0;
    std::uint64_t parses = 0;      ///< Parse messages and simple queries
    std::uint64_t statements = 0;  ///< executions begun
};

/// Rows of a statement, as text.
struct DevRows {
    std::vector<std::string> columns;
    std::vector<std::vector<std::optional<std::string>>> rows;
    std::string tag;  ///< as in CommandComplete
};

/// A development cluster inside this process: nodes on ports of 127.0.0.1 that speak Picodata's side of the PostgreSQL
/// protocol, over one private PostgreSQL, with faults on command. Everything it started ends with it, also when the
/// process is killed.
/// Errors: std::runtime_error, with a text for people; an unknown node's name is one.
/// Thread safety: all functions may be called from any thread.
class DevCluster {
public:
    /// Returns when all nodes are Online; a few seconds at most.
    explicit DevCluster(DevClusterOptions options = {});
    ~DevCluster();
    DevCluster(const DevCluster&) = delete;
    DevCluster& operator=(const DevCluster&) = delete;

    /// For `admin`, through the first node (or the named one): postgresql://admin:PASSWORD@127.0.0.1:PORT
    [[nodiscard]] std::string dsn() const;
    [[nodiscard]] std::string dsn(std::string_view node) const;
    [[nodiscard]] std::vector<DevNode> nodes() const;
    [[nodiscard]] DevNode node(std::string_view name) const;
    [[nodiscard]] std::uint16_t port(std::string_view node) const;

    // ---- the life of a node ----
    /// Graceful stop: the catalogue says Offline, then sessions end without a message and connects are refused.
    void stop(std::string_view node);
    /// Sessions end, connects are refused, and the catalogue still says Online until offline() is called.
    void kill(std::string_view node);
    /// Online again under the next incarnation, on the same port.
    void start(std::string_view node);
    /// Only the catalogue: Offline, mastership and raft leadership move on. What the cluster does some time after a kill().
    void offline(std::string_view node);
    /// Both states become Expelled, its address rows stay; sessions end and connects are refused, for good.
    void expel(std::string_view node);
    /// A new node, in the first replicaset that is not full, else in a new one.
    DevNode add();

    // ---- its faults ----
    /// A black hole: connects are accepted and never answered, open sessions hang. Ends with resume(), start() or kill().
    void pause(std::string_view node);
    void resume(std::string_view node);
    /// Connects are refused, open sessions live on.
    void refuse(std::string_view node);
    void accept(std::string_view node);
    /// Every statement begins this much later. 0 = at once.
    void slow(std::string_view node, std::chrono::milliseconds delay);
    /// The node's next `bytes` bytes go out, then the connection that sent the last of them is closed. Happens once.
    void cut(std::string_view node, std::size_t bytes);
    /// Open sessions end; the node goes on.
    void drop_sessions(std::string_view node);
    /// From now on sessions must use TLS (or must do without it). Open ones stay.
    void demand_tls(std::string_view node);
    void accept_plain(std::string_view node);
    /// What clients may trust with sslrootcert; for localhost and 127.0.0.1.
    [[nodiscard]] std::string certificate() const;

    // ---- its data ----
    [[nodiscard]] DevNodeCounters counters(std::string_view node) const;
    /// Runs one statement as admin, past the nodes: no counter sees it.
    DevRows run_sql(std::string_view sql);
    void create_user(std::string_view name, std::string_view password, DevAuth auth = DevAuth::md5);
    /// Where the private PostgreSQL keeps its files.
    [[nodiscard]] std::string directory() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace picoxx::testing
