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
    /// Tells DevNodeCounters::at_owner and forwarded, for which the rows of each statement are looked for once more.
    bool count_owners = false;
};

struct DevNode {
    std::string name;
    std::string address;  ///< HOST:PORT, the same for the node's whole life
    std::string uuid;
    std::string replicaset;
};

/// Which words go around the text of an error that a statement is answered with on command.
enum class DevErrorForm {
    verbatim,  ///< none
    placed,    ///< none if the node is the master of the only replicaset the statement goes to, else those of `storage`
    storage,   ///< JSON: Error on replicaset UUID: Failed to execute '.proc_sql_execute': TEXT
    replicaset,  ///< JSON: Error on replicaset UUID: TEXT
};

/// At which message of the protocol a statement fails; a simple query passes all three.
enum class DevStage { parse, bind, execute };

/// A failure on command. An INSERT, UPDATE or DELETE can be half applied before it.
struct FailNext {
    DevErrorForm form = DevErrorForm::verbatim;  ///< at Execute; before it always verbatim
    std::string text = {};
    std::string sqlstate = "XX000";
    /// Replicasets that apply their part before, in the order of their names: 0 = nothing is applied, `everything` = it
    /// is as if only the answer were lost. For a global table and for DDL 1 is everything.
    std::size_t applied_replicasets = 0;
    std::size_t times = 1;        ///< > 0
    std::string containing = {};  ///< only statements whose text contains this; empty = all
    DevStage stage = DevStage::execute;

    static constexpr std::size_t everything = static_cast<std::size_t>(-1);
};

/// How statements are answered that were told to be stale.
struct DevStaleness {
    /// `placed`: 42999 at Bind in sessions with `pico_stmt_invalidation=true`, in others at Execute. `storage`: always
    /// at Execute, as a replicaset answers whose schema is ahead of the node's; `verbatim`: always at Execute.
    DevErrorForm form = DevErrorForm::placed;
    std::size_t applied_replicasets = 0;  ///< as in FailNext
};

/// Whether the nodes know of a new master at once or when learn_masters() says so.
enum class DevNews { at_once, on_command };

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
    /// Executions over rows of one replicaset (with count_owners): at its master, and at other nodes, which forward
    /// them.
    std::uint64_t at_owner = 0;
    std::uint64_t forwarded = 0;
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
    /// Only the catalogue: Offline, mastership and raft leadership move on. What the cluster does some time after a
    /// kill().
    void offline(std::string_view node);
    /// Both states become Expelled, its address rows stay; sessions end and connects are refused, for good.
    void expel(std::string_view node);
    /// Makes a running node the master of its replicaset, in the catalogue at once. With `on_command` no node knows:
    /// writes for the replicaset still go to the old master, which answers `Readonly: ...`, until learn_masters().
    void switch_master(std::string_view node, DevNews news = DevNews::at_once);
    void learn_masters(std::string_view node);
    /// Gives the buckets from `first` to `last` to a replicaset. All nodes know at once.
    void move_buckets(std::uint64_t first, std::uint64_t last, std::string_view replicaset);
    /// A new node, in the first replicaset that is not full, else in a new one.
    DevNode add();

    // ---- its faults ----
    /// A black hole: connects are accepted and never answered, open sessions hang. Ends with resume(), start() or
    /// kill().
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
    /// The next statements at the node fail as told; several such orders are used up one after the other.
    void fail_next(std::string_view node, FailNext failure);
    /// What was parsed at the node until now over sharded tables is answered, at every execution until it is parsed
    /// again, `sbroad: storage schema version different from router`; see DevStaleness.
    void stale_statements(std::string_view node, DevStaleness staleness = {});
    /// Takes back fail_next() and stale_statements().
    void forget_failures(std::string_view node);
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
