// Many parameters, odd ones, and the limits and options of a session.
#include "shared_cluster.hpp"

#include <array>
#include <memory>

#include <poll.h>

namespace picoxx::testing {
namespace {

using Rows = std::vector<std::vector<std::string>>;
using ResultPointer = std::unique_ptr<PGresult, decltype(&PQclear)>;

/// `($1),($2),...` or `($1, $2),...`
std::string rows_of_parameters(std::size_t count, std::size_t columns) {
    std::string rows;
    for (std::size_t i = 1; i <= count; ++i) {
        rows += i % columns == 1 || columns == 1 ? (rows.empty() ? "(" : ",(") : ",";
        rows += "$" + std::to_string(i);
        rows += i % columns == 0 ? ")" : "";
    }
    return rows;
}

std::vector<std::string> numbers(std::size_t count, std::size_t from = 0) {
    std::vector<std::string> values;
    for (std::size_t i = 0; i < count; ++i) values.push_back(std::to_string(from + i));
    return values;
}

class Parameters : public SharedCluster {
protected:
    void SetUp() override { cluster().run_sql("CREATE TABLE p (id INT PRIMARY KEY) DISTRIBUTED BY (id)"); }
    void TearDown() override {
        cluster().run_sql("DROP TABLE p");
        SharedCluster::TearDown();
    }
};

TEST_F(Parameters, up_to_65535_are_taken_again_and_again) {
    auto session = client("i1");
    for (const std::size_t count : {7498U, 7499U, 65535U}) {
        ASSERT_TRUE(session.prepare("s", "INSERT INTO p VALUES " + rows_of_parameters(count, 1)).ok());
        const auto tag = "INSERT 0 " + std::to_string(count);
        EXPECT_EQ(session.execute("s", numbers(count)).tag, tag);
        EXPECT_EQ(session.execute("s", numbers(count, 100'000)).tag, tag);
        EXPECT_EQ(session.run("DELETE FROM p").tag, "DELETE " + std::to_string(2 * count));
        EXPECT_TRUE(session.run("DEALLOCATE s").ok());
    }
}

TEST_F(Parameters, beyond_7498_give_a_query_its_columns_too) {
    auto session = client("i1");
    const auto answer = session.run("SELECT count(*) AS many FROM (VALUES " + rows_of_parameters(7700, 7) + ") AS v",
                                    numbers(7700));

    EXPECT_EQ(answer.rows, (Rows{{"1100"}})) << answer.error;
    EXPECT_EQ(session.run("SELECT 1").tag, "SELECT 1") << "the session goes on";
}

TEST_F(Parameters, of_7498_can_be_described_and_of_7499_the_description_breaks_off) {
    auto session = client("i1");
    const auto describe = [&](std::size_t count) {
        EXPECT_TRUE(
            session.prepare("s" + std::to_string(count), "INSERT INTO p VALUES " + rows_of_parameters(count, 1)).ok());
        return ResultPointer{PQdescribePrepared(session.native(), ("s" + std::to_string(count)).c_str()), &PQclear};
    };

    EXPECT_EQ(PQnparams(describe(7498).get()), 7498);

    ASSERT_TRUE(session.prepare("s7499", "INSERT INTO p VALUES " + rows_of_parameters(7499, 1)).ok());
    ASSERT_EQ(PQsendDescribePrepared(session.native(), "s7499"), 1);
    pollfd answer{PQsocket(session.native()), POLLIN, 0};
    ASSERT_EQ(poll(&answer, 1, 10'000), 1);
    PQconsumeInput(session.native());

    // The 'E' of the error stands where a length is expected. libpq 15 takes that for a broken stream; 17 waits for so
    // many bytes.
    if (PQisBusy(session.native()) != 0) {
        EXPECT_GE(PQlibVersion(), 160'000);
        return;
    }
    const ResultPointer broken{PQgetResult(session.native()), &PQclear};
    const std::string what = PQresultErrorMessage(broken.get());
    EXPECT_NE(what.find("got message type \"t\", length 1157627904"), std::string::npos) << what;
    EXPECT_EQ(1157627904, 0x45000000);
}

TEST_F(Parameters, keep_a_nul_in_a_text) {
    cluster().run_sql("CREATE TABLE nul (id INT PRIMARY KEY, v TEXT) DISTRIBUTED GLOBALLY");
    auto session = client("i1");
    const std::string text{"a\0b\0", 4};
    const std::array<const char*, 1> values{text.data()};
    const std::array<int, 1> lengths{static_cast<int>(text.size())};
    const std::array<int, 1> binary{1};
    const auto run = [&](const char* sql) {
        return ResultPointer{
            PQexecParams(session.native(), sql, 1, nullptr, values.data(), lengths.data(), binary.data(), 0), &PQclear};
    };

    ASSERT_STREQ(PQcmdStatus(run("INSERT INTO nul VALUES (1, $1)").get()), "INSERT 0 1");
    const auto found = run("SELECT v FROM nul WHERE v = $1");

    ASSERT_EQ(PQntuples(found.get()), 1);
    EXPECT_EQ(std::string(PQgetvalue(found.get(), 0, 0), static_cast<std::size_t>(PQgetlength(found.get(), 0, 0))),
              text);
    cluster().run_sql("DROP TABLE nul");
}

class Limits : public SharedCluster {
protected:
    void TearDown() override {
        cluster().run_sql("ALTER SYSTEM RESET pg_statement_max");
        SharedCluster::TearDown();
    }
};

TEST_F(Limits, of_statements_count_named_and_unnamed_ones_of_the_node) {
    auto session = client("i1");
    cluster().run_sql("ALTER SYSTEM SET pg_statement_max = 3");
    ASSERT_TRUE(session.prepare("one", "SELECT 1").ok());
    ASSERT_TRUE(session.prepare("two", "SELECT 2").ok());
    ASSERT_TRUE(session.run("SELECT $1", {"unnamed"}).ok());

    const auto full = session.prepare("three", "SELECT 3");
    EXPECT_EQ(full.sqlstate, "XX000");
    EXPECT_EQ(
        full.error,
        "Statement storage is full. Current size limit: 3. Please, increase storage limit using: ALTER SYSTEM SET "
        "\"pg_statement_max\" TO <new-limit>");
    EXPECT_EQ(session.prepare("one", "SELECT 1").error, full.error) << "also for a name that exists";
    EXPECT_TRUE(session.execute("one").ok()) << "what is there goes on";
    EXPECT_FALSE(client("i1").run("SELECT 1").ok()) << "other sessions are locked out";
    EXPECT_TRUE(client("i2").run("SELECT 1").ok()) << "other nodes are not";

    cluster().run_sql("ALTER SYSTEM SET pg_statement_max = 4");
    EXPECT_TRUE(session.prepare("three", "SELECT 3").ok());
}

class Options : public SharedCluster {
protected:
    static bool connects(const std::string& options) {
        return client("i1", {"admin", "T0psecret", "options='" + options + "'"}).is_connected();
    }
};

TEST_F(Options, known_ones_take_true_and_false_and_unknown_ones_anything) {
    for (const std::string name : {"pico_stmt_invalidation", "pico_query_metadata"}) {
        EXPECT_TRUE(connects(name + "=true")) << name;
        EXPECT_TRUE(connects(name + "=false")) << name;
        for (const std::string bad : {"TRUE", "1", "", "on"}) EXPECT_FALSE(connects(name + "=" + bad)) << name << bad;
    }
    EXPECT_TRUE(connects("pico_query_metadata=true,pico_stmt_invalidation=true"));
    EXPECT_TRUE(connects("forward=off,PICO_STMT_INVALIDATION=1")) << "a key in other letters is unknown";
    EXPECT_FALSE(connects("pico_query_metadata=true,"));
    EXPECT_FALSE(connects("garbage"));
}

}  // namespace
}  // namespace picoxx::testing
