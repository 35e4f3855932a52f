// DSN and options: what is accepted, and how what is not is refused.
#include "settings/settings.hpp"

#include "dsn/dsn.hpp"
#include "fake_cluster.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace picoxx {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

PoolOptions with_dsn(std::string dsn) { return PoolOptions{.dsn = std::move(dsn)}; }

Result<Settings> settings(PoolOptions options) {
    return make_settings(std::move(options), FakeCluster{1}.components());
}

// ---------------------------------------------------------------------------------------------------------- good forms

TEST(Dsn, is_taken_apart) {
    const Result<Dsn> dsn = parse_dsn(
        "postgresql://al%40ice:s%3Ae%2Fcret@one,two:5000,[::1]:6000/my%20db?sslmode=require&options=a%3Db");

    ASSERT_TRUE(dsn.ok()) << dsn.error().text;
    EXPECT_EQ(dsn->user, "al@ice");
    EXPECT_EQ(dsn->password, "s:e/cret");
    EXPECT_EQ(dsn->hosts, (std::vector<Endpoint>{{"one", 4327}, {"two", 5000}, {"::1", 6000}}));
    EXPECT_EQ(dsn->database, "my db");
    EXPECT_EQ(dsn->parameters.at("options"), "a=b");
}

TEST(Dsn, both_schemes_and_short_forms_are_fine) {
    for (const char* text : {"postgres://u@h", "postgresql://u@h/", "postgresql://u:@h", "postgresql://u:p@h?",
                             "postgresql://u:p@[fe80::1]"}) {
        EXPECT_TRUE(parse_dsn(text).ok()) << text;
    }
}

TEST(Settings, put_dsn_and_options_together) {
    PoolOptions options = with_dsn(
        "postgresql://u:p@h/?sslmode=verify-full&sslrootcert=/"
        "ca.pem&connect_timeout=7&pool_size=3&application_name=app&balance=turn_by_turn");
    options.connection.server_options = {{"read_preference", "any"}, {"sql_motion_row_max", "0"}};

    const Result<Settings> made = settings(options);

    ASSERT_TRUE(made.ok()) << made.error().text;
    EXPECT_EQ(made->connect.tls.mode, TlsMode::verify_full);
    EXPECT_EQ(made->connect.tls.root_certificate, "/ca.pem");
    EXPECT_EQ(made->timeouts.connect, 7s);
    EXPECT_EQ(made->max_size, 3U);
    EXPECT_EQ(made->max_per_node, 3U) << "0 means as many as in all";
    EXPECT_EQ(made->connect.application_name, "app");
    EXPECT_EQ(made->connect.server_options, "read_preference=any,sql_motion_row_max=0");
}

TEST(Settings, the_limit_per_node_is_measured_by_the_pool_size_of_the_dsn) {
    PoolOptions options = with_dsn("postgresql://u:p@h?pool_size=50");
    options.max_per_node = 20;

    const Result<Settings> made = settings(options);

    ASSERT_TRUE(made.ok()) << made.error().text;
    EXPECT_EQ(made->max_size, 50U);
    EXPECT_EQ(made->max_per_node, 20U);
}

TEST(Settings, nothing_is_sent_that_was_not_asked_for) {
    const Result<Settings> made = settings(with_dsn("postgresql://u:p@h"));

    ASSERT_TRUE(made.ok());
    EXPECT_EQ(made->connect.server_options, "");
    EXPECT_EQ(made->connect.tls.mode, TlsMode::prefer);
    EXPECT_EQ(made->connect.environment, Environment::ignored);
    EXPECT_EQ(made->timeouts.connect, 5s);
    EXPECT_EQ(made->max_size, 10U);
}

TEST(Settings, times_of_connections_come_from_the_dsn_the_options_or_what_is_usual) {
    const Result<Settings> usual = settings(with_dsn("postgresql://u:p@h"));
    ASSERT_TRUE(usual.ok());
    EXPECT_EQ(usual->max_lifetime, 30min);
    EXPECT_EQ(usual->idle_time, Duration::max()) << "nothing runs in the background without discovery";
    PoolOptions discovering = with_dsn("postgresql://u:p@h");
    discovering.enable_discovery = true;
    EXPECT_EQ(settings(discovering)->idle_time, 10min);

    PoolOptions options = with_dsn("postgresql://u:p@h?max_lifetime=0&idle_time=90&min_idle=2");
    options.max_lifetime = 5min;
    const Result<Settings> made = settings(options);
    ASSERT_TRUE(made.ok()) << made.error().text;
    EXPECT_EQ(made->max_lifetime, Duration::max());
    EXPECT_EQ(made->idle_time, 90s);
    EXPECT_EQ(made->min_idle, 2U);
}

// ----------------------------------------------------------------------------------------------------------- bad input

struct BadInput {
    const char* name;
    PoolOptions options;
    std::vector<const char*> says;
};

class BadInputTest : public ::testing::TestWithParam<BadInput> {};

TEST_P(BadInputTest, is_refused_naming_what_is_wrong_and_never_the_password) {
    const Result<Settings> made = settings(GetParam().options);

    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.error().code, Errc::invalid_argument);
    for (const char* part : GetParam().says) EXPECT_THAT(made.error().text, HasSubstr(part));
    EXPECT_THAT(made.error().text, Not(HasSubstr("T0psecret")));
}

PoolOptions good() { return with_dsn("postgresql://u:T0psecret@h"); }

template <class Change>
PoolOptions changed(Change change) {
    PoolOptions options = good();
    change(options);
    return options;
}

INSTANTIATE_TEST_SUITE_P(
    table, BadInputTest,
    ::testing::Values(
        BadInput{"no_scheme", with_dsn("u:T0psecret@h"), {"postgresql://"}},
        BadInput{"unknown_scheme", with_dsn("mysql://u:T0psecret@h"), {"postgresql://"}},
        BadInput{"empty", with_dsn(""), {"postgresql://"}},
        BadInput{"port_0", with_dsn("postgresql://u:T0psecret@h:0"), {"port", "\"0\"", "1 to 65535"}},
        BadInput{"port_70000", with_dsn("postgresql://u:T0psecret@h:70000"), {"port", "70000", "1 to 65535"}},
        BadInput{"port_is_no_number", with_dsn("postgresql://u:T0psecret@h:x"), {"port", "\"x\""}},
        BadInput{"no_port_after_colon", with_dsn("postgresql://u:T0psecret@h:"), {"port"}},
        BadInput{"bad_escape_in_user", with_dsn("postgresql://u%zz:T0psecret@h"), {"percent-escape", "user"}},
        BadInput{"bad_escape_in_password", with_dsn("postgresql://u:T0psecret%4@h"), {"percent-escape", "password"}},
        BadInput{"nul_in_password", with_dsn("postgresql://u:T0psecret%00@h"), {"password", "NUL"}},
        BadInput{"at_in_password", with_dsn("postgresql://u:T0psecret@x@h"), {"@", "%40"}},
        BadInput{"colon_in_password", with_dsn("postgresql://u:T0psecret:x@h"), {":", "%3A"}},
        BadInput{"slash_in_password", with_dsn("postgresql://u:T0psecret/x@h"), {"percent-escaped"}},
        BadInput{"at_and_slash_in_password", with_dsn("postgresql://u:x@T0psecret/x@h"), {"percent-escaped"}},
        BadInput{"at_colon_and_slash_in_password", with_dsn("postgresql://u:x@h:T0psecret/x@h"), {"percent-escaped"}},
        BadInput{"question_mark_in_password", with_dsn("postgresql://u:x?T0psecret@h"), {"percent-escaped"}},
        BadInput{"at_and_question_mark_in_password", with_dsn("postgresql://u:x@h?T0psecret=x@h"), {"percent-escaped"}},
        BadInput{"number_sign_in_password", with_dsn("postgresql://u:x@h#T0psecret@h"), {"percent-escaped"}},
        BadInput{"no_user", with_dsn("postgresql://h"), {"user"}},
        BadInput{"no_host", with_dsn("postgresql://u:T0psecret@"), {"host"}},
        BadInput{"empty_host_in_list", with_dsn("postgresql://u:T0psecret@a,,b"), {"host"}},
        BadInput{"bare_ipv6", with_dsn("postgresql://u:T0psecret@::1"), {"brackets"}},
        BadInput{"open_bracket", with_dsn("postgresql://u:T0psecret@[::1"), {"]"}},
        BadInput{
            "unknown_key", with_dsn("postgresql://u:T0psecret@h?sslmod=require"), {"sslmod", "known are", "sslmode"}},
        BadInput{"key_twice", with_dsn("postgresql://u:T0psecret@h?pool_size=1&pool_size=2"), {"pool_size", "twice"}},
        BadInput{"no_value", with_dsn("postgresql://u:T0psecret@h?sslmode"), {"key=value"}},
        BadInput{
            "bad_sslmode", with_dsn("postgresql://u:T0psecret@h?sslmode=maybe"), {"sslmode", "maybe", "verify-full"}},
        BadInput{"pool_size_0", with_dsn("postgresql://u:T0psecret@h?pool_size=0"), {"pool_size", "1 to 100000"}},
        BadInput{"connect_timeout_text",
                 with_dsn("postgresql://u:T0psecret@h?connect_timeout=soon"),
                 {"connect_timeout", "1 to 3600"}},
        BadInput{
            "unknown_strategy", with_dsn("postgresql://u:T0psecret@h?balance=fastest"), {"fastest", "turn_by_turn"}},
        BadInput{"max_size_0", changed([](PoolOptions& o) { o.max_size = 0; }), {"max_size", "from 1 to 100000"}},
        BadInput{"min_over_max", changed([](PoolOptions& o) { o.max_per_node = 11; }), {"max_per_node", "11", "10"}},
        BadInput{"a_long_wait_for_an_owner",
                 changed([](PoolOptions& o) { o.routing.wait = std::chrono::microseconds{1'000'001}; }),
                 {"routing.wait", "1000000 us", "1000001 us"}},
        BadInput{
            "routing_maybe", with_dsn("postgresql://u:T0psecret@h?routing=maybe"), {"routing", "automatic or off"}},
        BadInput{
            "more_ready_than_the_pool_has", changed([](PoolOptions& o) { o.min_idle = 11; }), {"min_idle", "(11)"}},
        BadInput{"life_too_short", changed([](PoolOptions& o) { o.max_lifetime = 999ms; }), {"max_lifetime", "999 ms"}},
        BadInput{"negative_idle_time", changed([](PoolOptions& o) { o.idle_time = -1s; }), {"idle_time", "1000 ms"}},
        BadInput{"life_time_text",
                 with_dsn("postgresql://u:T0psecret@h?max_lifetime=long"),
                 {"max_lifetime", "0 to 31536000"}},
        BadInput{"min_over_max_of_the_dsn",
                 changed([](PoolOptions& o) {
                     o.dsn += "?pool_size=5";
                     o.max_per_node = 8;
                 }),
                 {"max_per_node (8)", "pool_size", "(5)"}},
        BadInput{"connect_timeout_0",
                 changed([](PoolOptions& o) { o.timeouts.connect = 0ms; }),
                 {"timeouts.connect", "greater than 0"}},
        BadInput{"acquire_timeout_negative",
                 changed([](PoolOptions& o) { o.timeouts.acquire = -1ms; }),
                 {"timeouts.acquire", "-1 ms"}},
        BadInput{
            "statement_timeout_0", changed([](PoolOptions& o) { o.timeouts.statement = 0ms; }), {"timeouts.statement"}},
        BadInput{"interval_too_short",
                 changed([](PoolOptions& o) { o.discovery.interval = 99ms; }),
                 {"discovery.interval", "100 ms"}},
        BadInput{"tcp_user_timeout_negative",
                 changed([](PoolOptions& o) { o.connection.keepalive.tcp_user_timeout = -1ms; }),
                 {"tcp_user_timeout", "0 to 2147483647", "-1 ms"}},
        BadInput{"tcp_user_timeout_too_long",
                 changed([](PoolOptions& o) { o.connection.keepalive.tcp_user_timeout = 2147483648ms; }),
                 {"tcp_user_timeout", "0 to 2147483647"}},
        BadInput{"keepalives_off_and_out_of_range",
                 changed(
                     [](PoolOptions& o) {
                         o.connection.keepalive.enabled = false;
                         o.connection.keepalive.idle = 0s;
                     }),
                 {"keepalive", "at least 1"}},
        BadInput{"tls_twice",
                 changed(
                     [](PoolOptions& o) {
                         o.dsn += "?sslmode=require";
                         o.connection.tls = TlsOptions{};
                     }),
                 {"TLS", "both"}},
        BadInput{"options_with_dashes", with_dsn("postgresql://u:T0psecret@h?options=-c"), {"options", "key=value"}},
        BadInput{
            "options_with_an_empty_item", with_dsn("postgresql://u:T0psecret@h?options=a%3D1,,b%3D2"), {"options"}},
        BadInput{"options_with_a_trailing_comma", with_dsn("postgresql://u:T0psecret@h?options=a%3D1,"), {"options"}},
        BadInput{"comma_in_server_option",
                 changed(
                     [](PoolOptions& o) {
                         o.connection.server_options = {{"a", "b,c"}};
                     }),
                 {"server option", "\"a\""}},
        BadInput{"address_map_without_port",
                 changed(
                     [](PoolOptions& o) {
                         o.discovery.address_map = {{"h:1", "h"}};
                     }),
                 {"address_map", "host:port"}}),
    [](const auto& tested) { return tested.param.name; });

TEST(Settings, parts_that_are_missing_are_named) {
    Components components = FakeCluster{1}.components();
    components.transport = nullptr;
    EXPECT_THAT(make_settings(good(), components).error().text, HasSubstr("transport"));

    components = FakeCluster{1}.components();
    components.discovery = nullptr;
    PoolOptions discovering = good();
    discovering.enable_discovery = true;
    EXPECT_THAT(make_settings(discovering, components).error().text, HasSubstr("discovery"));

    components = FakeCluster{1}.components();
    components.default_strategy.clear();
    EXPECT_THAT(make_settings(good(), components).error().text, HasSubstr("balance_strategy"));
}

}  // namespace
}  // namespace picoxx
