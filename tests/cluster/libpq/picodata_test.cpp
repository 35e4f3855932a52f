#include "session_steps.hpp"

#include <picoxx/libpq/libpq_transport.hpp>
#include <picoxx/testing/dev_cluster.hpp>

#include <gmock/gmock.h>

#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace picoxx::testing {
namespace {

using ::testing::HasSubstr;

/// What differs from PostgreSQL, against a node of the development cluster.
class PicodataNode : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        cluster_ = std::make_unique<DevCluster>(DevClusterOptions{.nodes = 1});
        cluster_->create_user("by_scram", "T0psecret", DevAuth::scram_sha256);
        cluster_->run_sql(
            R"(CREATE TABLE "texts" (id INTEGER NOT NULL, body TEXT, PRIMARY KEY (id)) DISTRIBUTED BY (id))");
    }
    static void TearDownTestSuite() { cluster_.reset(); }
    void TearDown() override { cluster_->accept_plain("i1"); }

    static ConnectOptions options(const std::string& user = "admin") {
        ConnectOptions options;
        options.endpoint = {"localhost", cluster_->port("i1")};
        options.address = "127.0.0.1";
        options.user = user;
        options.password = "T0psecret";
        return options;
    }
    static std::unique_ptr<Session> connect(const ConnectOptions& options) {
        auto session = LibpqTransport{}.open(options);
        if (!session.ok() || !drive_to_ready(**session)) {
            ADD_FAILURE() << (session.ok() && (*session)->failure() != nullptr ? (*session)->failure()->text : "");
            return nullptr;
        }
        return std::move(*session);
    }
    static Error failure_of(const ConnectOptions& options) {
        auto session = LibpqTransport{}.open(options);
        if (!session.ok()) return session.error();
        EXPECT_FALSE(drive_to_ready(**session));
        return (*session)->failure() == nullptr ? Error{} : *(*session)->failure();
    }

    static std::unique_ptr<DevCluster> cluster_;
};

std::unique_ptr<DevCluster> PicodataNode::cluster_;

TEST_F(PicodataNode, takes_md5_and_scram_and_its_own_options) {
    for (const char* user : {"admin", "by_scram"}) {
        ConnectOptions with = options(user);
        with.server_options = "sql_motion_row_max=100,sql_vdbe_opcode_max=50000";
        auto session = connect(with);
        ASSERT_NE(session, nullptr);
        EXPECT_EQ(session->server_parameter("server_version"), "15.0");
    }
}

TEST_F(PicodataNode, a_wrong_option_is_named_as_a_likely_cause) {
    ConnectOptions with = options();
    with.server_options = "sql_motion_row_max=abc";
    const Error error = failure_of(with);
    EXPECT_EQ(error.code, Errc::connect_failed);
    EXPECT_THAT(error.text, HasSubstr("server options"));
}

TEST_F(PicodataNode, a_wrong_password_costs_one_login_whatever_the_tls_mode) {
    for (const bool demand : {false, true}) {
        if (demand) cluster_->demand_tls("i1");
        for (const TlsMode mode : {TlsMode::allow, TlsMode::prefer, TlsMode::require}) {
            if (!demand && mode == TlsMode::require) continue;
            static_cast<void>(connect([&] {  // a success resets the count of failures
                ConnectOptions good = options();
                good.tls.mode = TlsMode::prefer;
                return good;
            }()));
            ConnectOptions with = options();
            with.password = "wrong";
            with.tls.mode = mode;
            const auto before = cluster_->counters("i1").failed_logins;

            const Error error = failure_of(with);

            EXPECT_EQ(error.code, Errc::authentication_failed) << error.text;
            EXPECT_EQ(error.sqlstate, "28P01");
            EXPECT_EQ(error.server_text, "authentication failed for user 'admin'");
            EXPECT_EQ(cluster_->counters("i1").failed_logins - before, 1U);
        }
    }
}

TEST_F(PicodataNode, allow_takes_tls_only_where_it_is_demanded) {
    ConnectOptions allow = options();
    allow.tls.mode = TlsMode::allow;
    auto plain = connect(allow);
    ASSERT_NE(plain, nullptr);
    EXPECT_FALSE(plain->tls().active);

    cluster_->demand_tls("i1");
    auto encrypted = connect(allow);
    ASSERT_NE(encrypted, nullptr);
    EXPECT_TRUE(encrypted->tls().active);
    EXPECT_TRUE(run(*encrypted, execute("SELECT 1")).completed());
}

TEST_F(PicodataNode, tls_is_demanded_or_not_there) {
    ConnectOptions with = options();
    with.tls.mode = TlsMode::require;
    EXPECT_EQ(failure_of(with).code, Errc::tls_failed);

    cluster_->demand_tls("i1");
    with.tls.mode = TlsMode::disable;
    const Error refused = failure_of(with);
    EXPECT_EQ(refused.code, Errc::tls_failed);
    EXPECT_EQ(refused.sqlstate, "28000");
    EXPECT_THAT(refused.server_text, HasSubstr("requires the client to use ssl"));

    with.tls.mode = TlsMode::verify_full;
    with.tls.root_certificate = cluster_->directory() + "/client_root.crt";
    std::ofstream{with.tls.root_certificate} << cluster_->certificate();
    auto session = connect(with);
    ASSERT_NE(session, nullptr);
    EXPECT_TRUE(session->tls().active);
}

// A node sends TLS records of 16 kB. Some versions of libpq take a part of one out of OpenSSL and leave the rest there,
// where no poll(2) sees it.
TEST_F(PicodataNode, rows_of_any_size_over_tls_arrive_without_another_byte_from_the_node) {
    cluster_->demand_tls("i1");
    auto session = connect(options());
    ASSERT_NE(session, nullptr);
    for (std::size_t size = 500; size < 40'000; size += 431) {
        ASSERT_TRUE(run(*session, execute(R"(DELETE FROM "texts")")).completed());
        const std::string body(size, 'x');
        for (int id = 0; id < 8; ++id) {
            const std::string sql = R"(INSERT INTO "texts" VALUES ()" + std::to_string(id) + ", $1)";
            const Parameter parameter = text_parameter(body);
            Command insert = execute(sql);
            insert.parameters = std::span{&parameter, 1};
            ASSERT_TRUE(run(*session, insert).completed());
        }
        for (const Command::Delivery delivery : {Command::Delivery::whole, Command::Delivery::streamed}) {
            Command command = execute(R"(SELECT body FROM "texts")");
            command.delivery = delivery;
            CollectingSink sink;
            submit(*session, command, sink);
            // Far longer than a busy machine takes: what hangs here hangs for ever.
            const bool answered = drive(
                *session, [&] { return sink.done(); }, std::chrono::seconds{20});
            if (!answered) session->advance(Interest::read);
            ASSERT_TRUE(answered) << size << (sink.done() ? ": the rest was inside OpenSSL" : ": nothing came");
            ASSERT_TRUE(sink.completed());
            EXPECT_EQ(sink.rows.size(), 8U);
        }
    }
}

TEST_F(PicodataNode, a_batch_keeps_what_came_before_its_error) {
    auto session = connect(options());
    ASSERT_NE(session, nullptr);
    ASSERT_TRUE(run(*session, execute(R"(DELETE FROM "texts")")).completed());
    std::vector<CollectingSink> sinks(3);
    submit(*session, execute(R"(INSERT INTO "texts" VALUES (1, 'a'))", Command::Sync::later), sinks[0]);
    submit(*session, execute(R"(INSERT INTO "texts" VALUES (1, 'b'))", Command::Sync::later), sinks[1]);
    submit(*session, execute(R"(INSERT INTO "texts" VALUES (2, 'c'))"), sinks[2]);
    finish(*session, sinks[2]);
    EXPECT_TRUE(sinks[0].completed());
    ASSERT_TRUE(sinks[1].error);
    EXPECT_EQ(sinks[1].error->sqlstate, "XX000");
    EXPECT_THAT(sinks[1].error->server_text, HasSubstr("Duplicate key"));
    ASSERT_TRUE(sinks[2].error);
    EXPECT_EQ(sinks[2].error->code, Errc::skipped);
    const CollectingSink left = run(*session, execute(R"(SELECT body FROM "texts")"));
    EXPECT_EQ(left.rows, (std::vector<Row>{{text_cell("a")}}));
}

TEST_F(PicodataNode, a_statement_can_be_prepared_run_and_freed) {
    auto session = connect(options());
    ASSERT_NE(session, nullptr);
    CollectingSink prepared;
    CollectingSink executed;
    CollectingSink freed;
    Command described = prepare("s1", R"(SELECT body FROM "texts" WHERE id = $1)", Command::Sync::later);
    described.describe = Command::Describe::yes;
    submit(*session, described, prepared);
    const auto id = int8_bytes(1);
    const Parameter parameter{oid::int8, Format::binary, std::span{id}};
    submit(*session, execute_prepared("s1", std::span{&parameter, 1}), executed);
    Command close;
    close.kind = Command::Kind::close_statement;
    close.statement = "s1";
    submit(*session, close, freed);
    finish(*session, freed);
    EXPECT_EQ(prepared.parameters, std::vector<Oid>{oid::int8});
    EXPECT_TRUE(executed.completed());
    EXPECT_TRUE(freed.completed()) << (freed.error ? freed.error->server_text : "");
}

TEST_F(PicodataNode, the_metadata_notice_comes_with_the_prepare) {
    ConnectOptions with = options();
    with.server_options = "pico_query_metadata=true";
    auto session = connect(with);
    ASSERT_NE(session, nullptr);
    const CollectingSink sink = run(*session, prepare("m1", R"(INSERT INTO "texts" VALUES ($1, $2))"));
    ASSERT_TRUE(sink.completed());
    ASSERT_EQ(sink.notices.size(), 1U);
    EXPECT_THAT(sink.notices[0].message, HasSubstr("PreparedStatementMetadata"));
}

TEST_F(PicodataNode, a_lost_node_is_a_lost_connection) {
    auto session = connect(options());
    ASSERT_NE(session, nullptr);
    CollectingSink sink;
    cluster_->slow("i1", std::chrono::milliseconds{60'000});
    submit(*session, execute(R"(SELECT body FROM "texts")"), sink);
    cluster_->drop_sessions("i1");
    EXPECT_FALSE(drive(*session, [&] { return false; }));
    cluster_->slow("i1", std::chrono::milliseconds{0});
    ASSERT_TRUE(sink.error);
    EXPECT_EQ(sink.error->code, Errc::connection_lost);
    EXPECT_EQ(sink.error->effect, Effect::unknown);
}

}  // namespace
}  // namespace picoxx::testing
