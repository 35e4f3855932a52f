// The hidden column of sharded tables.
#include "parted_cluster.hpp"

#include <utility>

namespace picoxx::testing {
namespace {

using ::testing::ElementsAre;
using Rows = std::vector<std::vector<std::string>>;

class Buckets : public PartedCluster {
protected:
    /// The bucket of the only row of a table with this key.
    static std::string bucket_of(const std::string& type, const std::string& value) {
        run("CREATE TABLE g (k " + type + " PRIMARY KEY) DISTRIBUTED BY (k)");
        auto session = client("i1");
        const auto answer = session.run("INSERT INTO g VALUES ($1)", {value});
        EXPECT_TRUE(answer.ok()) << answer.error;
        const auto bucket = run("SELECT bucket_id FROM g").rows.at(0).at(0).value();
        run("DROP TABLE g");
        return bucket;
    }
};

TEST_F(Buckets, are_those_of_the_real_server) {
    // Read back from Picodata 25.6, 3000 buckets.
    using Measured = std::vector<std::pair<std::string, std::string>>;
    for (const auto& [type, keys] : std::vector<std::pair<std::string, Measured>>{
             {"INT",
              {{"0", "84"},
               {"1", "1934"},
               {"31", "379"},
               {"127", "2362"},
               {"255", "1968"},
               {"65535", "1488"},
               {"2147483647", "2350"},
               {"4294967295", "2889"},
               {"9007199254740992", "2913"},
               {"-1", "2286"},
               {"-32", "1881"},
               {"-128", "1124"},
               {"-32768", "105"},
               {"-2147483648", "2160"},
               {"-9223372036854775808", "413"}}},
             {"TEXT",
              {{"", "563"},
               {"metalware", "1269"},
               {"日本語", "1065"},
               {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "71"},
               {" lead", "204"},
               {"😀", "203"}}},
             {"BOOL", {{"t", "2131"}}},
             {"DOUBLE",
              {{"0", "84"},
               {"-1", "2286"},
               {"0.1", "2673"},
               {"123456789.125", "2936"},
               {"1e300", "246"},
               {"-9223372036854775808", "413"},
               {"-Infinity", "1086"}}},
             {"DECIMAL",
              {{"0", "2785"},
               {"1", "2135"},
               {"1.0", "712"},
               {"1.50", "288"},
               {"-12.345", "49"},
               {"100", "187"},
               {"0.0010", "2535"},
               {"00012.50", "1793"},
               {"1234567890123456789012345678", "2001"}}},
             {"UUID",
              {{"e3069ee4-f145-4e49-a038-a6800e2aa1d9", "790"}, {"00000000-0000-0000-0000-000000000000", "2570"}}},
             {"DATETIME",
              {{"1970-01-01T00:00:00Z", "2751"},
               {"2023-11-11T05:03:19.35421Z", "141"},
               {"2023-11-11T05:03:19Z", "935"},
               {"2000-01-01 00:00:00+00", "159"},
               {"2000-01-01 00:00:01+00", "433"}}},
         }) {
        for (const auto& [value, bucket] : keys) EXPECT_EQ(bucket_of(type, value), bucket) << type << ' ' << value;
    }
}

TEST_F(Buckets, of_a_key_of_several_columns_are_by_its_order) {
    run("CREATE TABLE g (a INT, b TEXT, PRIMARY KEY (a, b)) DISTRIBUTED BY (a, b)");
    run("INSERT INTO g VALUES (1, 'x')");
    EXPECT_EQ(run("SELECT bucket_id FROM g").rows.at(0).at(0), "1441");

    run("DROP TABLE g");
    run("CREATE TABLE g (a INT, b TEXT, PRIMARY KEY (a, b)) DISTRIBUTED BY (b, a)");
    run("INSERT INTO g VALUES (1, 'kek')");
    EXPECT_EQ(run("SELECT bucket_id FROM g").rows.at(0).at(0), "2036");
}

TEST_F(Buckets, are_seen_only_by_name) {
    fill();
    auto session = client("i1");

    EXPECT_EQ(session.run("SELECT * FROM t WHERE id = 1").rows, (Rows{{"1", "0", "x"}}));
    EXPECT_EQ(session.run("SELECT bucket_id, * FROM t WHERE id = 1").rows, (Rows{{"1934", "1", "0", "x"}}));
    EXPECT_EQ(session.run("SELECT id FROM t WHERE bucket_id = 1934").rows, (Rows{{"1"}}));
    EXPECT_EQ(session.run("SELECT a.bucket_id FROM t AS a JOIN t AS b ON a.id = b.id WHERE b.id = 1").rows,
              (Rows{{"1934"}}));
    EXPECT_EQ(session.run("SELECT bucket_id FROM t a WHERE a.id = $1", {"127"}).rows, (Rows{{"2362"}}));
}

TEST_F(Buckets, outlive_changes_of_the_table) {
    fill();
    run("ALTER TABLE t ADD COLUMN more INT");
    run("ALTER TABLE t RENAME COLUMN id TO key");
    run("ALTER TABLE t RENAME TO g");

    EXPECT_EQ(run("SELECT bucket_id FROM g WHERE key = 1").rows.at(0).at(0), "1934");
    run("DROP TABLE g");
    run("CREATE TABLE g (id INT PRIMARY KEY) DISTRIBUTED BY (id)");
}

TEST_F(Buckets, are_told_by_explain) {
    auto session = client("i1");
    const auto buckets = [&](const std::string& sql, const std::vector<std::string>& values) {
        const auto answer = session.run("EXPLAIN " + sql, values);
        return answer.ok() ? answer.rows.back().at(0) : answer.error;
    };

    EXPECT_EQ(buckets("SELECT * FROM t WHERE id = $1", {"1"}), "buckets = [1934]");
    EXPECT_EQ(buckets("DELETE FROM t WHERE id IN ($1, $2, $3)", {"1", "127", "0"}), "buckets = [84,1934,2362]");
    EXPECT_EQ(buckets("UPDATE t SET n = 1 WHERE id IN ($1, $2, $3)", {"1", "31", "113"}), "buckets = [378-379,1934]");
    EXPECT_EQ(buckets("INSERT INTO t (n, id) VALUES (1, $1), (1, $2)", {"1", "127"}), "buckets = [1934,2362]");
    EXPECT_EQ(buckets("UPDATE t SET n = 1 WHERE n = $1", {"1"}), "buckets = [1-3000]");
    EXPECT_EQ(buckets("SELECT $1", {"1"}), "buckets = any");
    EXPECT_EQ(run("SELECT id FROM t").rows.size(), 0U) << "nothing is executed";
}

}  // namespace
}  // namespace picoxx::testing
