#pragma once

#include "wire_client.hpp"

#include <picoxx/testing/dev_cluster.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace picoxx::testing {

/// One cluster of three replicasets for all tests of a suite: i1 and i2, i3 and i4, i5 and i6, the first of each the
/// master. They own the buckets 1 to 1000, to 2000 and to 3000. Each test has a table `t` (id, n, s).
class PartedCluster : public ::testing::Test {
protected:
    // Integers by the replicaset that owns their bucket.
    static constexpr const char* first = "0";    // bucket 84
    static constexpr const char* second = "1";   // bucket 1934
    static constexpr const char* third = "127";  // bucket 2362

    static void SetUpTestSuite() { cluster_ = std::make_unique<DevCluster>(DevClusterOptions{6, 2}); }
    static void TearDownTestSuite() { cluster_.reset(); }
    void SetUp() override { run("CREATE TABLE t (id INT PRIMARY KEY, n INT NOT NULL, s TEXT) DISTRIBUTED BY (id)"); }
    void TearDown() override {
        for (const auto& table : {"t", "g"}) run("DROP TABLE IF EXISTS " + std::string{table});
        for (const auto& node : cluster().nodes()) {
            cluster().forget_failures(node.name);
            cluster().learn_masters(node.name);
        }
    }

    static DevCluster& cluster() { return *cluster_; }
    static WireClient client(const char* node, const std::string& more = {}) {
        return WireClient{cluster().port(node), {"admin", "T0psecret", more}};
    }
    static DevRows run(const std::string& sql) { return cluster().run_sql(sql); }
    /// One row in each replicaset.
    static void fill() {
        for (const auto* id : {first, second, third}) run("INSERT INTO t VALUES (" + std::string{id} + ", 0, 'x')");
    }
    /// The column's values from first to third replicaset.
    static std::vector<std::string> column(const std::string& expression) {
        std::vector<std::string> values;
        for (const auto& row : run("SELECT " + expression + " AS v, bucket_id FROM t ORDER BY bucket_id").rows)
            values.push_back(row.at(0).value_or("NULL"));
        return values;
    }
    /// What goes around a text that came from a replicaset.
    static std::string from_replicaset(const std::string& name, const std::string& text) {
        const auto found = run("SELECT uuid FROM _pico_replicaset WHERE name = '" + name + "'");
        return R"(sbroad: box error: ProcLua: {"code":32,"base_type":"ClientError","type":"ClientError","message":"Error on replicaset )" +
               found.rows.at(0).at(0).value() + ": " + text + R"(","trace":[{"file":"vshard\/error.lua","line":284}]})";
    }
    static std::string from_storage(const std::string& name, const std::string& text) {
        return from_replicaset(name, "Failed to execute '.proc_sql_execute': " + text);
    }

private:
    inline static std::unique_ptr<DevCluster> cluster_;
};

}  // namespace picoxx::testing
