#pragma once

#include "promises.hpp"
#include "sim_world.hpp"

#include <picoxx/port/endpoint.hpp>
#include <picoxx/port/session.hpp>
#include <picoxx/port/topology.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::simulation {

class ServerEnd;

/// What can be wrong with an instance for a while.
enum class Fault : std::uint8_t {
    refuses,           ///< New connections; those it has go on.
    drops_dials,       ///< Closes new connections in the handshake.
    silent_handshake,  ///< Accepts connections, and says nothing to them.
    hangs,             ///< Says nothing any more, to nobody.
    slow,              ///< Takes a hundred times as long.
    refuses_logins,
    store_full,      ///< Of prepared statements.
    answers_errors,  ///< To every third statement.
    loses_sessions,  ///< At every eighth step.
    lies,            ///< Its catalogue lacks nodes, and has others at addresses where nobody is.
};
inline constexpr std::size_t fault_kinds = 10;
[[nodiscard]] std::string_view to_string(Fault fault) noexcept;

/// How a connection is lost.
enum class Loss : std::uint8_t {
    closed,    ///< Behind all answers that are under way.
    reset,     ///< These are lost, too.
    fatal,     ///< As `closed`, and the server says why.
    unnoticed  ///< The client hears of it from its keepalive only.
};

/// One instance of the simulated cluster: what it is, and how it behaves.
struct Instance {
    Node node;                   ///< As the cluster knows it.
    std::string address;         ///< `host:port`, numeric: where it listens.
    std::string second_address;  ///< There, too; empty: at one address only.
    bool alive = true;
    bool joined = true;  ///< Else expelled.
    std::array<std::uint32_t, fault_kinds> faults{};
    std::uint64_t schema = 0;   ///< How often tables have changed, as it knows.
    std::size_t catalogue = 0;  ///< The version of the cluster's catalogue that it has.
    std::set<std::string> store;
    std::map<std::uint64_t, std::shared_ptr<ServerEnd>> connections;
    std::vector<std::weak_ptr<ServerEnd>> silent;  ///< Go on when a fault ends.

    [[nodiscard]] bool has(Fault fault) const noexcept { return faults[static_cast<std::size_t>(fault)] > 0; }
};

/// The servers, the network and the names in it, as a client meets them.
class SimCluster {
public:
    SimCluster(World& world, Promises& promises) : world_{world}, promises_{promises} {}

    [[nodiscard]] World& world() noexcept { return world_; }
    [[nodiscard]] Promises& promises() noexcept { return promises_; }
    /// Called when a session has something for `advance`.
    std::function<void(const Session&)> notify;

    // -- how it is made
    /// At 10.0.0.<number>:4327. With a name it is reached by that; some names have a second address, where nobody is,
    /// or the same instance.
    Instance& add_instance(const std::string& host_name);
    /// A further name for it, which the cluster does not know.
    void add_name(const std::string& host_name, const Instance& instance);
    [[nodiscard]] std::size_t size() const noexcept { return instances_.size(); }
    [[nodiscard]] Instance& instance(std::size_t index) noexcept { return *instances_[index]; }

    // -- what happens to it
    void begin(Fault fault, Instance& instance);
    void end(Fault fault, Instance& instance);
    void kill(Instance& instance, Loss loss);
    enum class Address : std::uint8_t { same, other };
    void restart(Instance& instance, Address address);
    void drop_sessions(Instance& instance, Loss loss);
    /// Leaves the cluster for good.
    void expel(Instance& instance);
    void change_schema();
    /// What logins are accepted with; sessions go on.
    void set_password(std::string password) { password_ = std::move(password); }
    [[nodiscard]] const std::string& password() const noexcept { return password_; }
    /// So long it takes until an instance learns of a change of the catalogue.
    void set_lag(Duration longest) noexcept { longest_lag_ = longest; }
    /// What goes wrong at the client's end: one in so many; 0 is none.
    struct ClientFaults {
        std::uint64_t partial_writes = 0;  ///< Submissions that do not find place for all their bytes.
        std::uint64_t broken_writes = 0;   ///< Submissions during which the connection breaks.
        std::uint64_t failed_opens = 0;    ///< Dials that find no descriptor.
        std::uint64_t failed_names = 0;    ///< Names that do not resolve.
        Duration slowest_name{};
    };
    [[nodiscard]] ClientFaults& client_faults() noexcept { return client_faults_; }
    /// The `step`-th thing that happens to a session (accepted, executed, answered) does not happen: its connection is
    /// lost instead.
    void lose_at_step(std::uint64_t step) noexcept { lose_at_ = step; }
    [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }

    /// Some statements take seconds.
    void set_long_statements(bool any) noexcept { long_statements_ = any; }
    [[nodiscard]] bool has_long_statements() const noexcept { return long_statements_; }

    // -- for the client's side
    struct Names {
        std::vector<std::string> addresses;
        std::string failure;
    };
    [[nodiscard]] Names resolve(const std::string& host);
    [[nodiscard]] Duration time_to_resolve();
    [[nodiscard]] bool next_write_is_partial() { return comes_true(client_faults_.partial_writes); }
    [[nodiscard]] bool next_write_breaks() { return comes_true(client_faults_.broken_writes); }
    [[nodiscard]] bool next_open_fails() { return comes_true(client_faults_.failed_opens); }

    // -- for the server's side
    /// Null where nobody listens.
    [[nodiscard]] Instance* listening(const std::string& address);
    /// Packets to it are lost.
    [[nodiscard]] bool is_black_hole(const std::string& address) const { return address.starts_with("10.9."); }
    [[nodiscard]] bool next_step_is_lost(const Instance& instance);
    [[nodiscard]] Loss any_loss() noexcept;
    [[nodiscard]] Topology picture(const Instance& instance);
    [[nodiscard]] std::uint64_t next_id() noexcept { return ++ids_; }

    /// Who leads a replicaset: of those that are added from now on.
    void tell_roles() noexcept { roles_are_told_ = true; }

private:
    bool roles_are_told_ = false;
    [[nodiscard]] bool comes_true(std::uint64_t one_in) { return one_in > 0 && world_.one_in(one_in); }
    void listen(Instance& instance);
    void stop_listening(const Instance& instance);
    void publish();
    [[nodiscard]] std::string new_host();
    void wake_silent(Instance& instance);

    World& world_;
    Promises& promises_;
    std::vector<std::unique_ptr<Instance>> instances_;
    std::map<std::string, Instance*> listeners_;
    std::map<std::string, std::vector<std::string>> names_;
    std::vector<Topology> catalogues_;
    Duration longest_lag_{};
    ClientFaults client_faults_;
    std::string password_;
    bool long_statements_ = false;
    std::vector<std::string> left_hosts_;  // by instances that moved
    std::uint64_t steps_ = 0;
    std::uint64_t lose_at_ = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t ids_ = 0;
    std::uint64_t addresses_ = 0;
};

}  // namespace picoxx::simulation
