#include "connect_parameters.hpp"

#include "libpq_handles.hpp"

#include <picoxx/libpq/libpq_transport.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>

namespace picoxx::libpq {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ConnectOptions some_options() {
    ConnectOptions options;
    options.endpoint = {"db1.example", 4327};
    options.address = "10.0.0.1";
    options.user = "admin";
    options.password = "T0psecret";
    return options;
}

std::map<std::string, std::string> parameters_of(const ConnectOptions& options) {
    auto list = connect_parameters(options);
    if (!list.ok()) {
        ADD_FAILURE() << list.error().text;
        return {};
    }
    std::map<std::string, std::string> map{list->begin(), list->end()};
    EXPECT_EQ(map.size(), list->size()) << "each name once";
    return map;
}

Error refusal_of(const ConnectOptions& options) {
    auto list = connect_parameters(options);
    return list.ok() ? Error{} : list.error();
}

TEST(ConnectParameters, carry_every_option) {
    ConnectOptions options = some_options();
    options.database = "base";
    options.application_name = "app";
    options.server_options = "sql_motion_row_max=7";
    options.wished_server_options = "pico_stmt_invalidation=true";
    options.tls.mode = TlsMode::verify_full;
    options.tls.root_certificate = "/ca.pem";
    options.tls.certificate = "/me.pem";
    options.tls.key = "/me.key";
    options.tls.key_password = "k3y";
    options.tls.revocation_list = "/crl.pem";
    options.tls.minimum_protocol = "TLSv1.3";
    options.keepalive = {false, std::chrono::seconds{5}, std::chrono::seconds{6}, 7, std::chrono::milliseconds{800}};
    options.extra = {{"sslsni", "0"}};

    const auto parameters = parameters_of(options);

    const std::map<std::string, std::string> expected{
        {"host", "db1.example"},
        {"hostaddr", "10.0.0.1"},
        {"port", "4327"},
        {"user", "admin"},
        {"password", "T0psecret"},
        {"dbname", "base"},
        {"application_name", "app"},
        {"sslmode", "verify-full"},
        {"options", "sql_motion_row_max=7,pico_stmt_invalidation=true"},
        {"sslrootcert", "/ca.pem"},
        {"sslcert", "/me.pem"},
        {"sslkey", "/me.key"},
        {"sslpassword", "k3y"},
        {"sslcrl", "/crl.pem"},
        {"ssl_min_protocol_version", "TLSv1.3"},
        {"keepalives", "0"},
        {"keepalives_idle", "5"},
        {"keepalives_interval", "6"},
        {"keepalives_count", "7"},
        {"tcp_user_timeout", "800"},
        {"gssencmode", "disable"},
        {"client_encoding", "UTF8"},
        {"target_session_attrs", "any"},
        {"sslsni", "0"},
    };
    for (const auto& [name, value] : expected) {
        ASSERT_TRUE(parameters.contains(name)) << name;
        EXPECT_EQ(parameters.at(name), value) << name;
    }
}

TEST(ConnectParameters, give_everything_that_the_environment_could) {
    const auto parameters = parameters_of(some_options());
    const OptionList known{PQconninfoParse("", nullptr)};
    for (const PQconninfoOption* option = known.get(); option->keyword != nullptr; ++option) {
        if (option->envvar == nullptr || std::string{option->keyword} == "service") continue;
        EXPECT_TRUE(parameters.contains(option->keyword)) << option->keyword << " could come from " << option->envvar;
    }
    if (parameters.contains("require_auth")) {
        EXPECT_NE(parameters.at("require_auth"), "") << "which refuses every way to log in";
    }
    EXPECT_EQ(parameters.at("options"), "");
    EXPECT_EQ(parameters.at("passfile"), no_file);
    EXPECT_EQ(parameters.at("sslcert"), no_file);
}

TEST(ConnectParameters, leave_to_the_environment_what_is_not_said_where_it_may_act) {
    ConnectOptions options = some_options();
    options.environment = Environment::used;
    options.user.clear();
    options.password.clear();
    const auto parameters = parameters_of(options);
    for (const char* name : {"user", "password", "dbname", "options", "passfile", "sslcert", "channel_binding"}) {
        EXPECT_FALSE(parameters.contains(name)) << name;
    }
    EXPECT_EQ(parameters.at("hostaddr"), "10.0.0.1");
}

TEST(ConnectParameters, unknown_extras_are_refused_by_name) {
    ConnectOptions options = some_options();
    options.extra = {{"sslsni", "1"}, {"colour", "s3cret"}, {"hosst", "x"}};
    const Error error = refusal_of(options);
    EXPECT_EQ(error.code, Errc::invalid_argument);
    EXPECT_THAT(error.text, HasSubstr("colour, hosst"));
    EXPECT_THAT(error.text, Not(HasSubstr("sslsni")));
    EXPECT_THAT(error.text, Not(HasSubstr("s3cret")));
}

TEST(ConnectParameters, extras_that_an_option_or_the_driver_decides_are_refused) {
    for (const char* name : {"host",
                             "hostaddr",
                             "port",
                             "user",
                             "password",
                             "dbname",
                             "options",
                             "application_name",
                             "sslmode",
                             "sslrootcert",
                             "sslcert",
                             "sslkey",
                             "sslpassword",
                             "sslcrl",
                             "keepalives",
                             "keepalives_idle",
                             "keepalives_interval",
                             "keepalives_count",
                             "tcp_user_timeout",
                             "gssencmode",
                             "target_session_attrs",
                             "service",
                             "client_encoding",
                             "connect_timeout",
                             "replication",
                             "ssl_min_protocol_version"}) {
        ConnectOptions options = some_options();
        options.extra = {{name, "s3cret"}};
        const Error error = refusal_of(options);
        EXPECT_EQ(error.code, Errc::invalid_argument) << name;
        EXPECT_THAT(error.text, HasSubstr(name));
        EXPECT_THAT(error.text, Not(HasSubstr("s3cret")));
    }
}

TEST(ConnectParameters, what_makes_no_sense_is_refused) {
    const auto refused = [](auto change) {
        ConnectOptions options = some_options();
        change(options);
        return refusal_of(options).code == Errc::invalid_argument;
    };
    EXPECT_FALSE(refused([](ConnectOptions&) {}));
    EXPECT_TRUE(refused([](ConnectOptions& options) { options.address.clear(); }));
    EXPECT_TRUE(refused([](ConnectOptions& options) { options.endpoint.port = 0; }));
    EXPECT_TRUE(refused([](ConnectOptions& options) { options.user.clear(); }));
    EXPECT_TRUE(refused([](ConnectOptions& options) { options.keepalive.count = 0; }));
    EXPECT_TRUE(refused([](ConnectOptions& options) { options.keepalive.idle = std::chrono::seconds{0}; }));
    EXPECT_TRUE(refused([](ConnectOptions& options) { options.user = std::string{"a\0b", 3}; }));
    EXPECT_TRUE(refused([](ConnectOptions& options) { options.extra = {{"sslsni", "1"}, {"sslsni", "0"}}; }));
}

TEST(ConnectionString, keeps_every_value_as_it_is) {
    const ConnectParameters parameters{
        {"user", "it's"}, {"password", "a\\b 'c'"}, {"options", ""}, {"dbname", "x y=z"}};
    const OptionList parsed{PQconninfoParse(connection_string(parameters).c_str(), nullptr)};
    ASSERT_NE(parsed, nullptr);
    std::map<std::string, std::string> found;
    for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr) found[option->keyword] = option->val;
    }
    EXPECT_EQ(found, (std::map<std::string, std::string>{parameters.begin(), parameters.end()}));
}

TEST(LibpqTransport, no_text_holds_a_password) {
    ConnectOptions options = some_options();
    options.address = "not an address";
    options.tls.key_password = "K3yPassword";
    for (const auto& extra : std::vector<std::pair<std::string, std::string>>{
             {"sslsni", "1"}, {"no_such", "1"}, {"channel_binding", "oops"}, {"ssl_max_protocol_version", "oops"}}) {
        options.extra = {extra};
        const auto session = LibpqTransport{}.open(options);
        ASSERT_FALSE(session.ok());
        const std::string texts = session.error().text + session.error().server_text + session.error().node;
        EXPECT_THAT(texts, Not(HasSubstr("T0psecret")));
        EXPECT_THAT(texts, Not(HasSubstr("K3yPassword")));
    }
}

TEST(LibpqTransport, a_wrong_value_is_a_wrong_argument) {
    ConnectOptions options = some_options();
    options.extra = {{"channel_binding", "oops"}};
    const auto session = LibpqTransport{}.open(options);
    ASSERT_FALSE(session.ok());
    EXPECT_EQ(session.error().code, Errc::invalid_argument);
    EXPECT_THAT(session.error().text, HasSubstr("channel_binding"));
}

}  // namespace
}  // namespace picoxx::libpq
