#include "shared_cluster.hpp"

#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace picoxx::testing {
namespace {

class Sessions : public SharedCluster {};

TEST_F(Sessions, admin_logs_in_and_sees_what_picodata_reports_at_start_up) {
    auto session = client("i1");
    ASSERT_TRUE(session.is_connected()) << session.error();

    EXPECT_STREQ(PQparameterStatus(session.native(), "server_version"), "15.0");
    EXPECT_EQ(PQparameterStatus(session.native(), "standard_conforming_strings"), nullptr);
    EXPECT_EQ(PQbackendPID(session.native()), 0);
}

TEST_F(Sessions, a_scram_user_logs_in_with_the_right_password_only) {
    cluster().create_user("scrammer", "T0psecret1", DevAuth::scram_sha256);

    EXPECT_TRUE(client("i1", {"scrammer", "T0psecret1"}).is_connected());
    const auto refused = client("i1", {"scrammer", "wrong"});
    EXPECT_FALSE(refused.is_connected());
    EXPECT_NE(refused.error().find("authentication failed for user 'scrammer'"), std::string::npos);
}

TEST_F(Sessions, an_md5_user_and_an_unknown_one_are_refused_alike) {
    for (const std::string user : {"admin", "nobody"}) {
        const auto refused = client("i1", {user, "wrong"});
        EXPECT_FALSE(refused.is_connected());
        EXPECT_NE(refused.error().find("authentication failed for user '" + user + "'"), std::string::npos);
    }
    EXPECT_TRUE(client("i1").is_connected());  // resets the count of failures
}

TEST_F(Sessions, four_failures_lock_a_user_on_that_node_only) {
    cluster().create_user("locked", "T0psecret1", DevAuth::scram_sha256);
    for (int i = 0; i < 4; ++i) EXPECT_FALSE(client("i1", {"locked", "wrong"}).is_connected());

    EXPECT_FALSE(client("i1", {"locked", "T0psecret1"}).is_connected());
    EXPECT_TRUE(client("i2", {"locked", "T0psecret1"}).is_connected());
}

TEST_F(Sessions, bad_options_close_the_connection_without_a_message) {
    const auto refused = client("i1", {"admin", "T0psecret", "options='pico_query_metadata=1'"});

    EXPECT_FALSE(refused.is_connected());
    EXPECT_NE(refused.error().find("server closed the connection unexpectedly"), std::string::npos);
    EXPECT_TRUE(client("i1", {"admin", "T0psecret", "options='nosuch=1'"}).is_connected());
}

TEST_F(Sessions, a_node_that_demands_tls_takes_no_plain_session) {
    const auto file = std::filesystem::temp_directory_path() / ("picoxx-tls-" + std::to_string(::getpid()) + ".pem");
    std::ofstream{file} << cluster().certificate();
    cluster().demand_tls("i3");

    const auto plain = client("i3", {"admin", "T0psecret", "sslmode=disable"});
    EXPECT_FALSE(plain.is_connected());
    EXPECT_NE(plain.error().find("this server requires the client to use ssl"), std::string::npos);
    auto secure = client("i3", {"admin", "T0psecret", "sslmode=verify-full sslrootcert=" + file.string()});
    EXPECT_TRUE(secure.is_connected()) << secure.error();
    EXPECT_TRUE(PQsslInUse(secure.native()));
    EXPECT_EQ(secure.run("SELECT 1").tag, "SELECT 1");

    cluster().accept_plain("i3");
    EXPECT_TRUE(client("i3", {"admin", "T0psecret", "sslmode=disable"}).is_connected());
    std::filesystem::remove(file);
}

TEST_F(Sessions, a_killed_tls_session_ends) {
    cluster().demand_tls("i3");
    auto secure = client("i3", {"admin", "T0psecret", "sslmode=require"});
    ASSERT_TRUE(secure.is_connected()) << secure.error();

    cluster().kill("i3");

    EXPECT_TRUE(eventually([&] {
        PQconsumeInput(secure.native());
        return PQstatus(secure.native()) == CONNECTION_BAD;
    }));
    cluster().start("i3");
    cluster().accept_plain("i3");
}

TEST_F(Sessions, all_nodes_serve_the_same_data) {
    ASSERT_TRUE(client("i1").run("CREATE TABLE seen_by_all (id INT PRIMARY KEY, v TEXT)").ok());
    ASSERT_TRUE(client("i2").run("INSERT INTO seen_by_all VALUES ($1, $2)", {"7", "seven"}).ok());

    EXPECT_EQ(client("i3").run("SELECT v FROM seen_by_all WHERE id = $1", {"7"}).rows.at(0).at(0), "seven");
    EXPECT_TRUE(client("i1").run("DROP TABLE seen_by_all").ok());
}

TEST_F(Sessions, statements_before_an_error_in_a_batch_stay_applied) {
    auto session = client("i1");
    ASSERT_TRUE(session.run("CREATE TABLE half_done (id INT PRIMARY KEY)").ok());
    ASSERT_TRUE(session.run("INSERT INTO half_done VALUES (2)").ok());
    PQenterPipelineMode(session.native());
    for (const char* id : {"1", "2", "3"})
        PQsendQueryParams(session.native(), "INSERT INTO half_done VALUES ($1)", 1, nullptr, &id, nullptr, nullptr, 0);
    PQpipelineSync(session.native());

    std::vector<ExecStatusType> seen;
    while (seen.empty() || seen.back() != PGRES_PIPELINE_SYNC)
        if (auto* result = PQgetResult(session.native())) {
            seen.push_back(PQresultStatus(result));
            PQclear(result);
        }

    EXPECT_EQ(seen, (std::vector{PGRES_COMMAND_OK, PGRES_FATAL_ERROR, PGRES_PIPELINE_ABORTED, PGRES_PIPELINE_SYNC}));
    EXPECT_EQ(client("i2").run("SELECT id FROM half_done ORDER BY id").rows,
              (std::vector<std::vector<std::string>>{{"1"}, {"2"}}));
    EXPECT_TRUE(client("i1").run("DROP TABLE half_done").ok());
}

TEST_F(Sessions, counters_tell_what_each_node_did) {
    const auto before = cluster().counters("i2");
    {
        auto session = client("i2");
        EXPECT_TRUE(session.run("SELECT 1").ok());
        EXPECT_TRUE(session.run("SELECT $1::int", {"2"}).ok());
        EXPECT_TRUE(session.run(" ; ").ok());
        EXPECT_EQ(cluster().counters("i2").sessions, before.sessions + 1);
    }
    EXPECT_TRUE(eventually([&] { return cluster().counters("i2").sessions == before.sessions; }));

    const auto after = cluster().counters("i2");
    EXPECT_EQ(after.connections, before.connections + 1);
    EXPECT_EQ(after.logins, before.logins + 1);
    EXPECT_EQ(after.parses, before.parses + 3);
    EXPECT_EQ(after.statements, before.statements + 2) << "an empty text is no statement";
}

}  // namespace
}  // namespace picoxx::testing
