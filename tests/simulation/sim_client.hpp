#pragma once

#include "client/client_life.hpp"
#include "promises.hpp"
#include "sim_cluster.hpp"
#include "sim_shell.hpp"

#include <picoxx/statement.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace picoxx::simulation {

/// A client as its user sees it, of both faces, over the simulator's shell in place of the real ones.
class SimClient {
public:
    SimClient(SimCluster& cluster, Settings settings);
    ~SimClient();

    struct Statement {
        std::uint64_t number;  ///< Its first parameter.
        std::string sql;
        CallOptions options;
    };
    /// @return to cancel it by
    std::weak_ptr<SimShell::Job> call(Statement statement, Face face, std::function<void()> ended);
    void connect(const Readiness& readiness, Face face, std::function<void(const Error&)> ended);
    void refresh_topology(Face face, std::function<void(const Error&)> ended);
    void close(std::chrono::milliseconds patience, Face face, std::function<void(bool)> ended);
    void terminate();
    void renew_connections();
    void set_strategy(std::shared_ptr<BalanceStrategy> strategy, std::string name);

    [[nodiscard]] PoolFigures figures();
    /// The first difference between what the engine keeps and what follows from its nodes.
    [[nodiscard]] std::string audit();
    [[nodiscard]] std::size_t jobs() const noexcept { return shell_.running(); }
    [[nodiscard]] ClientCore& core() noexcept { return life_.core(); }

private:
    void connect(const Readiness& readiness, RefreshTurns::Need need, Face face,
                 std::function<void(const Error&)> ended);

    SimCluster& cluster_;
    SimShell shell_;
    ClientLife life_;
};

}  // namespace picoxx::simulation
