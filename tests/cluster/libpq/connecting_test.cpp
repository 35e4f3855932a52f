#include "listener.hpp"
#include "session_steps.hpp"
#include "system_calls.hpp"

#include <picoxx/libpq/libpq_transport.hpp>
#include <picoxx/testing/plain_postgres.hpp>

#include <gmock/gmock.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fcntl.h>

namespace picoxx::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Why no session came about.
Error failure_of(const ConnectOptions& options) {
    auto session = LibpqTransport{}.open(options);
    if (!session.ok()) return session.error();
    EXPECT_FALSE(drive_to_ready(**session));
    EXPECT_EQ((*session)->state(), SessionState::closed);
    EXPECT_EQ((*session)->socket(), no_socket);
    const Error* const failure = (*session)->failure();
    return failure == nullptr ? Error{} : *failure;
}

TEST(Connecting, every_way_to_prove_the_password_works) {
    for (const char* user : {"trusted", "by_md5", "by_scram"}) {
        SCOPED_TRACE(user);
        auto session = PlainPostgres::shared().connect(PlainPostgres::shared().options(user));
        ASSERT_NE(session, nullptr);
        const CollectingSink sink = run(*session, execute("SELECT current_user::text"));
        EXPECT_EQ(sink.rows, (std::vector<Row>{{text_cell(user)}}));
        EXPECT_FALSE(session->tls().active);
    }
}

TEST(Connecting, what_the_options_say_reaches_the_server) {
    ConnectOptions options = PlainPostgres::shared().options();
    options.application_name = "it's a \\ test";
    options.server_options = "-c work_mem=1234kB";

    auto session = PlainPostgres::shared().connect(options);

    ASSERT_NE(session, nullptr);
    const CollectingSink sink = run(*session,
                                    execute("SELECT current_setting('application_name'), current_setting('work_mem')"));
    EXPECT_EQ(sink.rows, (std::vector<Row>{{text_cell("it's a \\ test"), text_cell("1234kB")}}));
    EXPECT_EQ(session->server_parameter("application_name"), "it's a \\ test");
}

TEST(Connecting, a_wrong_password_is_told_from_everything_else) {
    for (const char* user : {"by_md5", "by_scram"}) {
        for (const TlsMode mode : {TlsMode::disable, TlsMode::prefer, TlsMode::require}) {
            ConnectOptions options = PlainPostgres::shared().options(user);
            options.password = "not-the-Password";
            options.tls.mode = mode;

            const Error error = failure_of(options);

            EXPECT_EQ(error.code, Errc::authentication_failed) << error.text;
            EXPECT_EQ(error.sqlstate, "28P01");
            EXPECT_EQ(error.server_text, "password authentication failed for user \"" + std::string{user} + "\"");
            EXPECT_EQ(error.node, to_string(options.endpoint));
            EXPECT_EQ(error.effect, Effect::none);
            EXPECT_THAT(error.text + error.server_text, Not(HasSubstr(options.password)));
        }
    }
}

TEST(Connecting, no_password_where_one_is_asked_for_is_a_refused_login) {
    ConnectOptions options = PlainPostgres::shared().options("by_scram");
    options.password.clear();
    EXPECT_EQ(failure_of(options).code, Errc::authentication_failed);
}

TEST(Connecting, a_user_who_may_not_come_without_tls_is_refused) {
    ConnectOptions options = PlainPostgres::shared().options("by_tls");
    EXPECT_EQ(failure_of(options).code, Errc::authentication_failed);
    options.tls.mode = TlsMode::prefer;
    EXPECT_NE(PlainPostgres::shared().connect(options), nullptr);
}

TEST(Connecting, a_closed_port_is_connect_failed) {
    ConnectOptions options = PlainPostgres::shared().options();
    options.endpoint.port = free_port();

    const Error error = failure_of(options);

    EXPECT_EQ(error.code, Errc::connect_failed);
    EXPECT_THAT(error.text, HasSubstr("refused"));
    EXPECT_EQ(error.node, to_string(options.endpoint));
}

TEST(Connecting, a_silent_listener_leaves_it_connecting_until_it_is_closed) {
    Listener listener;
    ConnectOptions options = PlainPostgres::shared().options();
    options.endpoint.port = listener.port();
    auto session = LibpqTransport{}.open(options);
    ASSERT_TRUE(session.ok()) << session.error().text;

    EXPECT_FALSE(drive((**session), [] { return false; }, std::chrono::milliseconds{50}));

    EXPECT_EQ((*session)->state(), SessionState::connecting);
    EXPECT_EQ((*session)->interest(), Interest::read);
    (*session)->close();
    EXPECT_EQ((*session)->state(), SessionState::closed);
    EXPECT_EQ((*session)->failure(), nullptr);
}

TEST(Connecting, a_server_that_hangs_up_may_dislike_the_server_options) {
    for (const char* server_options : {"", "sql_vdbe_opcode_max=oops"}) {
        Listener listener;
        ConnectOptions options = PlainPostgres::shared().options();
        options.endpoint.port = listener.port();
        options.server_options = server_options;
        std::thread server{[&] { listener.read_and_hang_up(); }};

        const Error error = failure_of(options);
        server.join();

        EXPECT_EQ(error.code, Errc::connect_failed) << error.text;
        EXPECT_EQ(error.text.find("check the server options") != std::string::npos, !options.server_options.empty());
    }
}

TEST(Connecting, tls_is_used_and_shown) {
    for (const TlsMode mode : {TlsMode::prefer, TlsMode::require, TlsMode::verify_ca, TlsMode::verify_full}) {
        ConnectOptions options = PlainPostgres::shared().options("by_tls");
        options.tls.mode = mode;
        if (mode >= TlsMode::verify_ca) options.tls.root_certificate = PlainPostgres::shared().root_certificate();

        auto session = PlainPostgres::shared().connect(options);

        ASSERT_NE(session, nullptr);
        EXPECT_TRUE(session->tls().active);
        EXPECT_THAT(std::string{session->tls().protocol}, HasSubstr("TLSv1."));
        EXPECT_FALSE(session->tls().cipher.empty());
    }
}

TEST(Connecting, a_certificate_for_another_host_is_refused) {
    ConnectOptions options = PlainPostgres::shared().options("by_tls");
    options.endpoint.host = "otherhost";
    options.tls.mode = TlsMode::verify_full;
    options.tls.root_certificate = PlainPostgres::shared().root_certificate();

    const Error error = failure_of(options);

    EXPECT_EQ(error.code, Errc::tls_failed);
    EXPECT_THAT(error.text, HasSubstr("does not match host name"));
}

TEST(Connecting, a_certificate_that_cannot_be_verified_is_refused) {
    ConnectOptions options = PlainPostgres::shared().options("by_tls");
    options.tls.mode = TlsMode::verify_ca;
    EXPECT_EQ(failure_of(options).code, Errc::tls_failed) << "no root certificate";

    options.tls.root_certificate = "/etc/ssl/certs/ca-certificates.crt";
    if (!std::filesystem::exists(options.tls.root_certificate)) GTEST_SKIP() << "no other authority at hand";
    const Error error = failure_of(options);
    EXPECT_EQ(error.code, Errc::tls_failed);
    EXPECT_THAT(error.text, HasSubstr("certificate verify failed"));
}

TEST(Connecting, wrong_options_are_refused_before_anything_is_sent) {
    ConnectOptions options = PlainPostgres::shared().options();
    options.extra = {{"no_such_parameter", "1"}};
    const auto session = LibpqTransport{}.open(options);
    ASSERT_FALSE(session.ok());
    EXPECT_EQ(session.error().code, Errc::invalid_argument);
    EXPECT_THAT(session.error().text, HasSubstr("no_such_parameter"));
}

TEST(Connecting, the_environment_does_not_act_unless_asked_to) {
    const PlainPostgres& server = PlainPostgres::shared();
    const auto variables = std::to_array<std::pair<const char*, const char*>>({
        {"PGHOST", "nowhere.invalid"},
        {"PGHOSTADDR", "192.0.2.1"},
        {"PGPORT", "1"},
        {"PGUSER", "by_scram"},
        {"PGPASSWORD", "wrong"},
        {"PGDATABASE", "template1"},
        {"PGOPTIONS", "-c work_mem=4321kB"},
        {"PGAPPNAME", "from the environment"},
        {"PGSSLMODE", "require"},
        {"PGCHANNELBINDING", "require"},
        {"PGREQUIREPEER", "nobody"},
        {"PGTARGETSESSIONATTRS", "standby"},
        {"PGCLIENTENCODING", "LATIN1"},
        {"PGCONNECT_TIMEOUT", "1"},
        {"PGPASSFILE", "/nonexistent/passwords"},
    });
    const std::string question =
        "SELECT current_database()::text, current_setting('work_mem'), current_setting('application_name'), "
        "current_setting('client_encoding')";
    for (const auto& [name, value] : variables) ::setenv(name, value, 1);

    auto ignoring = server.connect();
    ConnectOptions options = server.options();
    options.environment = Environment::used;
    options.database.clear();
    auto using_it = server.connect([&] {
        for (const char* name : {"PGTARGETSESSIONATTRS", "PGCHANNELBINDING"}) ::unsetenv(name);
        return options;
    }());
    for (const auto& [name, value] : variables) ::unsetenv(name);

    ASSERT_NE(ignoring, nullptr);
    EXPECT_EQ(run(*ignoring, execute(question)).rows,
              (std::vector<Row>{{text_cell("postgres"), text_cell("4MB"), text_cell(""), text_cell("UTF8")}}));
    ASSERT_NE(using_it, nullptr);
    EXPECT_EQ(run(*using_it, execute(question)).rows,
              (std::vector<Row>{{text_cell("template1"), text_cell("4321kB"), text_cell("from the environment"),
                                 text_cell("UTF8")}}));
}

TEST(Connecting, a_service_changes_nothing_but_must_be_defined) {
    const std::string file = ::testing::TempDir() + "picoxx-services-" + std::to_string(::getpid());
    std::ofstream{file}
        << "[mine]\nhost=nowhere.invalid\nhostaddr=192.0.2.1\nuser=by_scram\npassword=wrong\ndbname=template1\n"
           "options=-c work_mem=4321kB\nsslmode=require\nreplication=true\n";
    ::setenv("PGSERVICEFILE", file.c_str(), 1);

    ::setenv("PGSERVICE", "mine", 1);
    auto session = PlainPostgres::shared().connect();
    ::setenv("PGSERVICE", "not_defined", 1);
    const Error undefined = failure_of(PlainPostgres::shared().options());

    ::unsetenv("PGSERVICE");
    ::unsetenv("PGSERVICEFILE");
    std::filesystem::remove(file);
    ASSERT_NE(session, nullptr);
    EXPECT_EQ(run(*session, execute("SELECT current_database()::text, current_setting('work_mem')")).rows,
              (std::vector<Row>{{text_cell("postgres"), text_cell("4MB")}}));
    EXPECT_EQ(undefined.code, Errc::invalid_argument);
    EXPECT_THAT(undefined.text, HasSubstr("not_defined"));
}

TEST(Connecting, a_password_file_does_not_act_unless_asked_to) {
    const std::string home = std::string{::testing::TempDir()} + "picoxx-home-XXXXXX";
    std::string directory = home;
    ASSERT_NE(::mkdtemp(directory.data()), nullptr);
    const std::string file = directory + "/.pgpass";
    std::ofstream{file} << "*:*:*:*:T0psecret\n";
    std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    const char* const before = std::getenv("HOME");
    const std::string old_home = before == nullptr ? "" : before;
    ::setenv("HOME", directory.c_str(), 1);
    ConnectOptions options = PlainPostgres::shared().options("by_scram");
    options.password.clear();

    const Error ignored = failure_of(options);
    options.environment = Environment::used;
    const bool used = PlainPostgres::shared().connect(options) != nullptr;

    ::setenv("HOME", old_home.c_str(), 1);
    std::filesystem::remove_all(directory);
    EXPECT_EQ(ignored.code, Errc::authentication_failed);
    EXPECT_TRUE(used);
}

TEST(Connecting, a_socket_that_the_system_connects_to_itself_is_no_connection_and_leaves_the_port_free) {
    for (const TlsMode mode : {TlsMode::disable, TlsMode::allow, TlsMode::prefer, TlsMode::require}) {
        ConnectOptions options = PlainPostgres::shared().options();
        options.tls.mode = mode;
        options.endpoint.port = Listener{}.port();  // free again
        Error failure;
        {
            const SamePort same_port;
            failure = failure_of(options);
        }

        EXPECT_EQ(failure.code, Errc::connect_failed) << failure.text;
        EXPECT_THAT(failure.text, HasSubstr("to itself"));
        EXPECT_EQ(failure.node, to_string(options.endpoint));
        const Listener node{options.endpoint.port};
    }
}

TEST(Connecting, the_socket_is_closed_in_programs_that_are_executed) {
    for (const TlsMode mode : {TlsMode::disable, TlsMode::require}) {
        ConnectOptions options = PlainPostgres::shared().options();
        options.tls.mode = mode;
        const auto session = PlainPostgres::shared().connect(options);
        ASSERT_NE(session, nullptr);
        EXPECT_NE(::fcntl(session->socket(), F_GETFD) & FD_CLOEXEC, 0);
    }
}

}  // namespace
}  // namespace picoxx::testing
