#pragma once

#include <picoxx/client.hpp>
#include <picoxx/testing/fake_discovery_source.hpp>
#include <picoxx/testing/fake_transport.hpp>

#include <picoxx/port/balance_strategy.hpp>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace picoxx {

/// Round robin without state of its own: what the tests of the core use in place of an adapter.
class TurnByTurn final : public BalanceStrategy {
public:
    std::size_t pick(std::span<const Candidate> candidates, const PickContext&) noexcept override {
        return turn_++ % candidates.size();
    }

private:
    std::size_t turn_ = 0;
};

/// Fake nodes 127.0.0.1:1001, 1002, ... that answer `SELECT 1` and an insert, and their topology.
class FakeCluster {
public:
    explicit FakeCluster(std::size_t nodes) {
        for (std::size_t i = 1; i <= nodes; ++i) {
            testing::FakeNode& node = this->node(i);
            node.answer("SELECT 1", testing::rows_answer({{"col_1", oid::int8}}, {{testing::int8_cell(1)}}));
            node.answer("INSERT", testing::done_answer("INSERT 0 1", 1));
        }
    }

    [[nodiscard]] static Endpoint endpoint(std::size_t number) {
        return Endpoint{"127.0.0.1", static_cast<std::uint16_t>(1000 + number)};
    }
    [[nodiscard]] testing::FakeNode& node(std::size_t number) { return transport_->node(endpoint(number)); }

    [[nodiscard]] static Node node_info(std::size_t number) {
        Node node;
        node.id = "uuid-" + std::to_string(number);
        node.name = "i" + std::to_string(number);
        node.endpoint = endpoint(number);
        node.tier = "default";
        node.replicaset = "rs-" + std::to_string(number);
        node.role = NodeRole::leader;
        return node;
    }
    /// As node `answering` tells it.
    [[nodiscard]] static Topology topology(std::initializer_list<std::size_t> numbers, std::size_t answering) {
        Topology topology;
        for (const std::size_t number : numbers) topology.nodes.push_back(node_info(number));
        topology.answered_by = "uuid-" + std::to_string(answering);
        return topology;
    }

    [[nodiscard]] testing::FakeTransport& transport() noexcept { return *transport_; }
    [[nodiscard]] testing::FakeDiscoverySource& discovery() noexcept { return *discovery_; }

    [[nodiscard]] Components components() const {
        Components components;
        components.transport = transport_;
        components.discovery = discovery_;
        components.strategies["turn_by_turn"] = [] { return std::make_shared<TurnByTurn>(); };
        components.default_strategy = "turn_by_turn";
        return components;
    }
    [[nodiscard]] static std::string dsn(std::size_t number = 1) {
        return "postgresql://admin:T0psecret@" + to_string(endpoint(number));
    }

private:
    std::shared_ptr<testing::FakeTransport> transport_ = std::make_shared<testing::FakeTransport>();
    std::shared_ptr<testing::FakeDiscoverySource> discovery_ = std::make_shared<testing::FakeDiscoverySource>();
};

}  // namespace picoxx
