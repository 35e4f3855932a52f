#pragma once

#include "sql_result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::devcluster {

/// Where the private PostgreSQL listens: a Unix socket directory, its port number (part of the socket's name) and a
/// superuser.
struct PostgresAddress {
    std::string socket_directory;
    std::uint16_t port = 5432;
    std::string user = "postgres";
    std::string database = "postgres";
};

enum class AuthMethod { md5, scram_sha256, chap_sha1, ldap };

/// What authentication needs to know of a user.
struct UserRecord {
    std::string name;
    AuthMethod method = AuthMethod::md5;
    std::string password;
    bool may_login = true;
    std::uint64_t login_epoch =
        0;  ///< grows with every ALTER USER ... WITH LOGIN: failure counters of an older epoch are void
};

enum class InstanceVariant { online, offline, expelled };

/// One of the two state columns of `_pico_instance`: `["Online",1]`.
struct InstanceState {
    InstanceVariant variant = InstanceVariant::offline;
    std::uint64_t incarnation = 0;
};

struct InstanceRecord {
    std::string name;
    std::string uuid;
    std::uint64_t raft_id = 0;
    std::string replicaset_name;
    std::string replicaset_uuid;
    std::string tier = "default";
    InstanceState current;
    InstanceState target;
};

/// An instance to be added; empty members get a default.
struct NewInstance {
    std::string name;
    std::string address;         ///< HOST:PORT for connection type `pgproto`
    std::string iproto_address;  ///< HOST:PORT for `iproto`; default: the same host, the next port
    std::string
        replicaset_name;  ///< default: the first replicaset of the tier with fewer members than its replication factor, else a new one
    std::string tier = "default";
    InstanceState current{InstanceVariant::online, 1};
    InstanceState target{InstanceVariant::online, 1};
};

struct TierSettings {
    std::string name = "default";
    std::uint64_t replication_factor = 1;
    std::uint64_t bucket_count = 3000;
    bool is_default = true;  ///< as `_pico_tier.is_default` shows it
};

/// The cluster as its system tables show it, and everything else the sessions share: users, grants, tables, DDL order.
/// One per cluster; keeps its data in the private PostgreSQL, through a connection of its own.
/// Thread safety: all functions may be called from any thread.
class Catalog {
public:
    /// Does not connect yet.
    explicit Catalog(PostgresAddress address);
    ~Catalog();
    Catalog(const Catalog&) = delete;
    Catalog& operator=(const Catalog&) = delete;

    /// Creates the system tables and functions in the fresh database and the user `admin` with this password.
    /// @throw std::runtime_error if PostgreSQL cannot be reached or refuses.
    void bootstrap(const std::vector<TierSettings>& tiers, const std::string& admin_password);

    // ---- instances (throw std::runtime_error on failure; names that do not exist are an error) ----
    /// Adds the instance, its address rows, its replicaset if new (the first member becomes its master) and, when a
    /// replicaset becomes full, deals the tier's buckets out again evenly. A name that belonged to an expelled instance
    /// gets a new uuid and raft_id.
    InstanceRecord add_instance(const NewInstance& instance);
    /// An instance that is no longer Online loses its mastership to an Online member of its replicaset, if there is
    /// one.
    void set_state(std::string_view name, InstanceState current, InstanceState target, std::string_view reason = {});
    /// Both states `["Expelled", n]`; the address rows stay, as on Picodata; buckets go to the other replicasets of the
    /// tier.
    void expel(std::string_view name);
    void set_address(std::string_view name, std::string_view address);
    /// Current and target master of a replicaset, at once.
    void set_master(std::string_view replicaset_name, std::string_view instance_name);
    /// What pico_raft_leader_id() and _uuid() answer; an empty name = no leader.
    void set_raft_leader(std::string_view instance_name);
    [[nodiscard]] std::vector<InstanceRecord> instances();
    [[nodiscard]] std::optional<InstanceRecord> instance(std::string_view name);
    /// Current master of a replicaset, if it has one.
    [[nodiscard]] std::optional<std::string> master(std::string_view replicaset_name);
    /// Gives buckets [first, last] of a tier to a replicaset (by name).
    void move_buckets(std::string_view tier, std::uint64_t first, std::uint64_t last, std::string_view replicaset_name);

    // ---- users ----
    [[nodiscard]] std::optional<UserRecord> find_user(std::string_view name);
    void add_user(const UserRecord& user);

    // ---- limits (ALTER SYSTEM SET ...; per instance, shared by its sessions; 0 = unlimited) ----
    [[nodiscard]] std::uint64_t statement_max() const noexcept;
    [[nodiscard]] std::uint64_t portal_max() const noexcept;
    /// Login failures in a row before a user is locked on an instance; default 4.
    [[nodiscard]] std::uint64_t login_attempt_max() const noexcept;

    /// The engine's side of the catalog: catalog_shared.hpp.
    struct Shared;
    [[nodiscard]] Shared& shared() noexcept { return *shared_; }
    [[nodiscard]] const PostgresAddress& postgres() const noexcept;

private:
    std::unique_ptr<Shared> shared_;
};

}  // namespace picoxx::devcluster
