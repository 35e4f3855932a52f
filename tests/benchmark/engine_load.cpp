#include "engine_load.hpp"

#include <picoxx/strategies/least_busy.hpp>
#include <picoxx/strategies/random.hpp>
#include <picoxx/strategies/round_robin.hpp>

#include <chrono>
#include <stdexcept>
#include <utility>

namespace picoxx::benchmark {
namespace {

constexpr TimePoint now = TimePoint{} + std::chrono::hours{1};
constexpr std::uint64_t seed = 42;

// Whose first turn is the same in every run: the counts are differences between runs.
std::shared_ptr<BalanceStrategy> round_robin_from_the_first() {
    const picoxx_kv start{"start", 5, "0", 1};
    return std::make_shared<RoundRobin>(sdk::Config{std::span{&start, 1}});
}

std::shared_ptr<BalanceStrategy> make_strategy(std::string_view name) {
    if (name == "round_robin") return round_robin_from_the_first();
    if (name == "random") return random();
    if (name == "least_busy") return least_busy();
    throw std::runtime_error{"there is no strategy " + std::string{name}};
}

Endpoint endpoint(std::size_t number) {
    return {"10.0." + std::to_string(number / 250) + '.' + std::to_string(number % 250), 4327};
}

Topology cluster_of(std::size_t nodes) {
    Topology topology;
    for (std::size_t i = 0; i < nodes; ++i) {
        Node node;
        node.id = "5a0b8c3e-0000-4000-8000-" + std::to_string(100'000'000'000 + i);
        node.name = "default_" + std::to_string(i) + "_1";
        node.endpoint = endpoint(i);
        node.tier = "default";
        node.replicaset = "6b1c9d4f-0000-4000-8000-" + std::to_string(100'000'000'000 + i);
        topology.nodes.push_back(std::move(node));
    }
    return topology;
}

}  // namespace

/// A call in the queue.
class EngineLoad::Caller final : public Waker {
public:
    explicit Caller(EngineLoad& load) noexcept : load_{load} { request.waker = this; }
    void wake() noexcept override { load_.served_ = this; }
    AcquireRequest request;

private:
    EngineLoad& load_;
};

EngineLoad::EngineLoad(const EngineShape& shape)
    : engine_{std::make_unique<Engine>(
          EngineLimits{shape.connections, shape.per_node, shape.waiters + 1, shape.connections},
          Balancer{make_strategy(shape.strategy)}, std::vector<Endpoint>{endpoint(0)}, seed)} {
    Caller discovery{*this};
    static_cast<void>(engine_->begin_discovery_dial(endpoint(0), discovery, now));
    engine_->end_discovery_dial(endpoint(0), {}, now);
    engine_->apply(cluster_of(shape.nodes), endpoint(0), now);
    while (engine_->open() < shape.connections) used_.push_back(made(engine_->acquire(request_, now)));
    const std::size_t kept = shape.waiters > 0 ? shape.connections : shape.in_use;
    while (used_.size() > kept) {
        engine_->release(std::move(used_.back()), now);
        used_.pop_back();
    }
    for (std::size_t i = 0; i < shape.waiters; ++i) {
        waiters_.push_back(std::make_unique<Caller>(*this));
        if (engine_->acquire(waiters_.back()->request, now).kind != Acquisition::Kind::wait) {
            throw std::runtime_error{"the pool is not in use altogether"};
        }
    }
}

EngineLoad::~EngineLoad() = default;

std::unique_ptr<Connection> EngineLoad::made(Acquisition acquisition) {
    if (acquisition.kind == Acquisition::Kind::use) return std::move(acquisition.connection);
    if (acquisition.kind != Acquisition::Kind::dial) throw std::runtime_error{"no connection is to be had"};
    engine_->dial_succeeded(*acquisition.node, now);
    return std::make_unique<Connection>(*acquisition.node, nullptr, "10.0.0.1", 1);
}

void EngineLoad::run(std::size_t steps) {
    for (std::size_t i = 0; i < steps; ++i) {
        if (waiters_.empty()) {
            take_and_give_back();
        } else {
            give_to_a_waiter();
        }
    }
}

std::unique_ptr<Connection> EngineLoad::instead_of_the_oldest(std::unique_ptr<Connection> connection) {
    std::swap(used_[oldest_], connection);
    if (++oldest_ == used_.size()) oldest_ = 0;
    return connection;
}

void EngineLoad::take_and_give_back() {
    std::unique_ptr<Connection> connection = made(engine_->acquire(request_, now));
    engine_->count_statement(connection->node(), std::chrono::microseconds{50});
    if (!used_.empty()) connection = instead_of_the_oldest(std::move(connection));
    engine_->release(std::move(connection), now);
}

// Who was served uses the connection to the end of the others' turns, and joins the queue again.
void EngineLoad::give_to_a_waiter() {
    engine_->count_statement(used_[oldest_]->node(), std::chrono::microseconds{50});
    engine_->release(std::move(used_[oldest_]), now);
    AcquireRequest& request = std::exchange(served_, nullptr)->request;
    static_cast<void>(instead_of_the_oldest(made(std::move(request.grant))));
    static_cast<void>(engine_->acquire(request, now));
}

}  // namespace picoxx::benchmark
