#pragma once

#include "pool/engine.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::benchmark {

/// What the engine is loaded with.
struct EngineShape {
    std::string_view strategy{};
    std::size_t nodes = 0;
    std::size_t connections = 0;  ///< All of them made before the measurement.
    std::size_t per_node = 0;     ///< The most that a node may have.
    std::size_t in_use = 0;       ///< Connections in use while one more is taken and the oldest given back.
    std::size_t waiters = 0;      ///< Calls in the queue; the pool is then in use altogether.
};

/// An engine with connections that have no session: what is measured is who gets which.
class EngineLoad {
public:
    /// @throws std::runtime_error for a strategy that there is not, or where the pool cannot be filled
    explicit EngineLoad(const EngineShape& shape);
    ~EngineLoad();

    /// So many times: a call gets a connection, and another one gives its connection back.
    void run(std::size_t steps);

private:
    class Caller;

    [[nodiscard]] std::unique_ptr<Connection> made(Acquisition acquisition);
    [[nodiscard]] std::unique_ptr<Connection> instead_of_the_oldest(std::unique_ptr<Connection> connection);
    void take_and_give_back();
    void give_to_a_waiter();

    std::unique_ptr<Engine> engine_;
    AcquireRequest request_;
    /// Those in use, as a ring.
    std::vector<std::unique_ptr<Connection>> used_;
    std::size_t oldest_ = 0;
    std::vector<std::unique_ptr<Caller>> waiters_;
    Caller* served_ = nullptr;
};

}  // namespace picoxx::benchmark
