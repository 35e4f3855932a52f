#include "connect_failure.hpp"

#include <gmock/gmock.h>

#include <ostream>
#include <string>

namespace picoxx::libpq {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The texts are libpq 15's, as they came from PostgreSQL 15 and Picodata 25.6.
const std::string at = "connection to server at \"db1\" (10.0.0.1), port 4327 failed: ";
const std::string hung_up =
    "server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n\tbefore or "
    "while processing the request.\n";

struct Row {
    std::string name;
    std::string text;
    Errc code;
    std::string sqlstate;
    std::string server_text;
};
std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }

class ConnectFailure : public ::testing::TestWithParam<Row> {};

TEST_P(ConnectFailure, is_told_by_its_text) {
    const Row& row = GetParam();
    const Error error = connect_failure(row.text, "db1:4327", ServerOptions::absent);
    EXPECT_EQ(error.code, row.code);
    EXPECT_EQ(error.sqlstate, row.sqlstate);
    EXPECT_EQ(error.server_text, row.server_text);
    EXPECT_EQ(error.node, "db1:4327");
    EXPECT_EQ(error.effect, Effect::none);
    EXPECT_FALSE(error.text.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Texts, ConnectFailure,
    ::testing::Values(
        Row{"picodata_password", at + "ERROR:  authentication failed for user 'admin'\n", Errc::authentication_failed,
            "28P01", "authentication failed for user 'admin'"},
        Row{"postgres_password", at + "FATAL:  password authentication failed for user \"admin\"\n",
            Errc::authentication_failed, "28P01", "password authentication failed for user \"admin\""},
        Row{"password_then_plain_refused",
            at + "ERROR:  authentication failed for user 'admin'\n" + at +
                "ERROR:  this server requires the client to use ssl\n",
            Errc::authentication_failed, "28P01", "authentication failed for user 'admin'"},
        Row{"plain_refused_then_password",
            at + "ERROR:  this server requires the client to use ssl\n" + at +
                "ERROR:  authentication failed for user 'admin'\n",
            Errc::authentication_failed, "28P01", "authentication failed for user 'admin'"},
        Row{"plain_refused", at + "ERROR:  this server requires the client to use ssl\n", Errc::tls_failed, "28000",
            "this server requires the client to use ssl"},
        Row{"no_tls_offered", at + "server does not support SSL, but SSL was required\n", Errc::tls_failed, "", ""},
        Row{"other_authority", at + "SSL error: certificate verify failed\n", Errc::tls_failed, "", ""},
        Row{"other_name",
            at + "server certificate for \"localhost\" (and 1 other name) does not match host name \"otherhost\"\n",
            Errc::tls_failed, "", ""},
        Row{"no_root_file",
            at +
                "root certificate file \"/dev/null/none\" does not exist\nEither provide the file or change sslmode to "
                "disable server certificate verification.\n",
            Errc::tls_failed, "", ""},
        Row{"no_password", at + "fe_sendauth: no password supplied\n", Errc::authentication_failed, "", ""},
        Row{"no_hba_entry", at + "FATAL:  no pg_hba.conf entry for host \"10.0.0.1\", user \"x\", no encryption\n",
            Errc::authentication_failed, "28000",
            "no pg_hba.conf entry for host \"10.0.0.1\", user \"x\", no encryption"},
        Row{"refused",
            at + "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?\n",
            Errc::connect_failed, "", ""},
        Row{"closed", at + hung_up, Errc::connect_failed, "", ""},
        Row{"starting_up", at + "FATAL:  the database system is starting up\n", Errc::connect_failed, "",
            "the database system is starting up"},
        Row{"nothing_said", "", Errc::connect_failed, "", ""}),
    [](const auto& row) { return row.param.name; });

TEST(ConnectFailureText, a_hang_up_points_at_the_server_options_where_some_were_sent) {
    EXPECT_THAT(connect_failure(at + hung_up, "", ServerOptions::sent).text, HasSubstr("server options"));
    EXPECT_THAT(connect_failure(at + hung_up, "", ServerOptions::absent).text, Not(HasSubstr("server options")));
    EXPECT_THAT(connect_failure(at + "Connection refused\n", "", ServerOptions::sent).text,
                Not(HasSubstr("server options")));
}

TEST(ConnectFailureText, is_one_line) {
    EXPECT_EQ(connect_failure(at + hung_up, "", ServerOptions::absent).text,
              "the node closed the connection during the handshake: server closed the connection unexpectedly");
}

TEST(ConnectFailureText, what_fails_before_a_socket_is_there_is_a_wrong_argument) {
    EXPECT_EQ(start_failure("invalid channel_binding value: \"x\"\n", "n", ServerOptions::absent).code,
              Errc::invalid_argument);
    EXPECT_EQ(start_failure(at + "Network is unreachable\n", "n", ServerOptions::absent).code, Errc::connect_failed);
}

}  // namespace
}  // namespace picoxx::libpq
