#pragma once

#include "sim_cluster.hpp"

#include <picoxx/port/error.hpp>
#include <picoxx/port/row_block.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace picoxx::simulation {

class SimSession;

/// What a statement can do, as the simulated servers see it.
enum class Sort : std::uint8_t { read, write, define, catalogue };
[[nodiscard]] Sort sort_of(std::string_view sql) noexcept;

/// A command on its way to a server.
struct Request {
    enum class Kind : std::uint8_t { prepare, execute, close };
    Kind kind = Kind::execute;
    std::string name;
    Sort sort = Sort::read;                  ///< Of a prepare, or of an execute that parses.
    bool parses = false;                     ///< It has a text of its own.
    std::optional<std::uint64_t> statement;  ///< Its number, of an execute.
    bool ends_batch = true;
};

/// An answer on its way to the client.
struct Answer {
    Error error;
    std::optional<std::uint64_t> statement;  ///< Whose answer it is.
    bool was_executed = false;
    std::unique_ptr<RowBlock> rows;
};

/// A catalogue as the answer to the question of SimDiscoverySource.
class CatalogueBlock final : public RowBlock {
public:
    explicit CatalogueBlock(Topology told) : topology{std::move(told)} {}
    [[nodiscard]] std::size_t row_count() const noexcept override { return topology.nodes.size(); }
    [[nodiscard]] std::size_t column_count() const noexcept override { return 0; }
    [[nodiscard]] Column column(std::size_t) const noexcept override { return {}; }
    [[nodiscard]] FieldView field(std::size_t, std::size_t) const noexcept override { return {}; }
    void read_row(std::size_t, std::span<FieldView>) const noexcept override {}

    Topology topology;
};

/// The server's end of a connection. What it has received it executes, whatever becomes of the client's end.
class ServerEnd final : public std::enable_shared_from_this<ServerEnd> {
public:
    ServerEnd(SimCluster& cluster, SimSession& client, std::string address, std::string password)
        : cluster_{cluster},
          client_{&client},
          address_{std::move(address)},
          password_{std::move(password)},
          id_{cluster.next_id()} {}

    /// The client's packets reach whoever listens there.
    void accept();
    /// Sent by the client; arrives after a while.
    void send(Request request);
    /// The client has gone.
    void forget_client() noexcept;
    /// What kept it silent is over.
    void go_on();
    void lose(Loss loss);

private:
    enum class Stage : std::uint8_t { accepting, logging_in, serving, gone };

    [[nodiscard]] World& world() noexcept { return cluster_.world(); }
    [[nodiscard]] bool is_silent();
    void plan(Duration delay, void (ServerEnd::*what)());
    [[nodiscard]] Duration time_to_serve();
    void log_in();
    void refuse(Error error);
    void serve();
    void serve_next();
    void served(Answer answer, const Request& request);
    [[nodiscard]] Answer parse(const Request& request);
    [[nodiscard]] Answer execute(const Request& request);
    [[nodiscard]] Answer close(const Request& request);
    void flush();
    void to_client(Duration delay, std::function<void(SimSession&)> what);
    void leave_when_served() noexcept;
    void leave_instance() noexcept;

    // What was prepared under a name.
    struct Prepared {
        Sort sort;
        std::uint64_t schema;
    };

    SimCluster& cluster_;
    SimSession* client_;  // null once it has gone
    std::string address_;
    std::string password_;  // that the client offers
    std::uint64_t id_;
    Instance* instance_ = nullptr;
    Stage stage_ = Stage::accepting;
    TimePoint last_received_{};  // a connection keeps order
    TimePoint last_answered_{};
    std::deque<Request> received_;
    bool serving_ = false;
    bool skips_ = false;  // up to the end of the batch
    std::optional<Prepared> unnamed_;
    std::map<std::string, Prepared> prepared_;
    std::vector<Answer> answers_;  // go out at the end of the batch
};

}  // namespace picoxx::simulation
