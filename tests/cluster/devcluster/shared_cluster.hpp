#pragma once

#include "wire_client.hpp"

#include <picoxx/testing/dev_cluster.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

namespace picoxx::testing {

/// One cluster of three nodes, two of them a replicaset, for all tests of a suite; each test leaves it as it was.
class SharedCluster : public ::testing::Test {
protected:
    static void SetUpTestSuite() { cluster_ = std::make_unique<DevCluster>(DevClusterOptions{3, 2}); }
    static void TearDownTestSuite() { cluster_.reset(); }
    /// So that a test that fails half-way does not take others with it.
    void TearDown() override {
        for (const auto& node : cluster_->nodes()) {
            revive(node.name);
            cluster_->resume(node.name);
            cluster_->slow(node.name, std::chrono::milliseconds{0});
            cluster_->accept_plain(node.name);
        }
    }
    static DevCluster& cluster() { return *cluster_; }
    static WireClient client(const char* node, const Login& login = {}) {
        return WireClient{cluster().port(node), login};
    }
    /// A state column of `_pico_instance`.
    static std::string state_of(const std::string& node, const std::string& column = "current_state") {
        const auto answer = cluster().run_sql("SELECT " + column + " FROM _pico_instance WHERE name = '" + node + "'");
        return answer.rows.empty() ? "" : answer.rows.at(0).at(0).value_or("");
    }

private:
    static void revive(const std::string& node) {
        try {
            cluster_->start(node);
        } catch (const std::runtime_error&) {  // it is running
            cluster_->accept(node);
        }
    }

    inline static std::unique_ptr<DevCluster> cluster_;
};

}  // namespace picoxx::testing
