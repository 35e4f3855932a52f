#pragma once

#include <picoxx/picoxx.hpp>
#include <picoxx/testing/dev_cluster.hpp>
#include <picoxx/testing/error_in.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace picoxx::testing {

/// One cluster for all tests of a suite: i1 is the master of the buckets 1 to 1500, i2 of the others. Each test has a
/// table `q` with the rows 1 to 20, which lie in both; `n` is 0 and `t` is '1' in each.
class TwoReplicasets : public ::testing::Test {
protected:
    using Counts = std::set<std::int64_t>;

    static constexpr std::int64_t last_bucket_of_i1 = 1500;
    static constexpr int row_of_i2 = 1;  // bucket 1934
    inline static const std::string add_one = "UPDATE q SET n = n + 1";

    static void SetUpTestSuite() { cluster_ = std::make_unique<DevCluster>(DevClusterOptions{2, 1}); }
    static void TearDownTestSuite() { cluster_.reset(); }
    void SetUp() override {
        run("CREATE TABLE q (id INT PRIMARY KEY, n INT NOT NULL, t TEXT) DISTRIBUTED BY (id)");
        std::string rows;
        for (int id = 1; id <= 20; ++id) rows += (id == 1 ? "(" : ",(") + std::to_string(id) + ", 0, '1')";
        run("INSERT INTO q VALUES " + rows);
    }
    void TearDown() override {
        for (const char* node : {"i1", "i2"}) cluster().forget_failures(node);
        run("DROP TABLE IF EXISTS q");
    }

    static DevCluster& cluster() { return *cluster_; }
    static DevRows run(const std::string& sql) { return cluster().run_sql(sql); }
    /// Of one connection to one node. `query` is the rest of its DSN.
    static Client client(const std::string& node = "i1", const std::string& query = {}) {
        return Client{{.dsn = cluster().dsn(node) + query, .pool_size = 1, .enable_discovery = false}};
    }
    /// Executes it until the connection has it prepared, then makes every `n` 0 again.
    static void prepare(Client& db, const Statement& statement) {
        for (int i = 0; i < 2; ++i) db.execute(statement);
        run("UPDATE q SET n = 0");
    }
    static std::uint64_t executed(const std::string& node = "i1") { return cluster().counters(node).statements; }
    static std::uint64_t parsed(const std::string& node = "i1") { return cluster().counters(node).parses; }

    /// The different values of `n` in the rows that i1 owns, and in those of i2.
    static std::pair<Counts, Counts> counts() {
        std::pair<Counts, Counts> found;
        for (const auto& row : run("SELECT n, bucket_id FROM q").rows) {
            const bool is_first = std::stoll(row.at(1).value()) <= last_bucket_of_i1;
            (is_first ? found.first : found.second).insert(std::stoll(row.at(0).value()));
        }
        return found;
    }
    static std::pair<Counts, Counts> all(std::int64_t n) { return {{n}, {n}}; }

private:
    inline static std::unique_ptr<DevCluster> cluster_;
};

}  // namespace picoxx::testing
