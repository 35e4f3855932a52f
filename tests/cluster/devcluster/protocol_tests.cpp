#include "front/login_guard.hpp"
#include "front/startup_options.hpp"
#include "front/statement_store.hpp"
#include "wire/digest.hpp"
#include "wire/message_reader.hpp"
#include "wire/scram_server.hpp"

#include <gtest/gtest.h>

#include <string>

namespace picoxx::devcluster {
namespace {

using namespace std::string_literals;

std::string packet(const std::string& body) {
    const auto length = body.size() + 4;
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((length >> shift) & 0xff);
    return bytes + body;
}

BrokenStream broken(const std::string& bytes) {
    const auto decoded = decode_message(bytes);
    return decoded ? std::get<BrokenStream>(decoded->message) : BrokenStream{"more bytes are needed"};
}

template <class Message>
Message decoded(const std::string& bytes) {
    const auto result = decode_message(bytes);
    return std::get<Message>(std::get<FrontendMessage>(result.value().message));
}

TEST(StartupPacketTest, any_minor_of_protocol_three_is_taken_and_nothing_else) {
    const auto is_taken = [](const std::string& version) {
        const auto decoded = decode_startup(packet(version + "user\0x\0\0"s));
        return decoded && std::holds_alternative<StartupMessage>(decoded->message);
    };
    EXPECT_TRUE(is_taken("\0\3\0\0"s));
    EXPECT_TRUE(is_taken("\0\3\0\x63"s));
    EXPECT_FALSE(is_taken("\0\2\0\0"s));
    EXPECT_FALSE(is_taken("\0\4\0\0"s));
}

TEST(StartupPacketTest, impossible_lengths_cancel_and_gss_requests_are_refused) {
    for (const auto& bytes : {"\0\0\0\7abc"s, "\0\0\x27\x11"s, "GET / HTTP/1.1"s,
                              packet("\x04\xd2\x16\x2e"s + "12345678"), packet("\x04\xd2\x16\x30"s)}) {
        const auto decoded = decode_startup(bytes);
        ASSERT_TRUE(decoded) << bytes;
        EXPECT_TRUE(std::holds_alternative<RefusedStartup>(decoded->message)) << bytes;
    }
}

TEST(StartupPacketTest, half_a_packet_waits_for_the_rest) {
    const auto whole = packet("\0\3\0\0user\0x\0\0"s);
    for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(decode_startup(whole.substr(0, size))) << size;
    EXPECT_EQ(decode_startup(whole + "rest").value().size, whole.size());
}

TEST(MessageTest, half_a_message_waits_for_the_rest) {
    const auto whole = "P"s + packet("name\0SELECT $1\0\0\1\0\0\0\x17"s);
    for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(decode_message(whole.substr(0, size))) << size;
    const auto parse = decoded<ParseMessage>(whole + "more");
    EXPECT_EQ(parse.name, "name");
    EXPECT_EQ(parse.text, "SELECT $1");
    EXPECT_EQ(parse.oids, (std::vector<std::uint32_t>{23}));
}

TEST(MessageTest, bind_tells_null_from_empty_and_keeps_every_byte) {
    const auto bind = decoded<BindMessage>(
        "B"s + packet("p\0s\0\0\1\0\1\0\3\xff\xff\xff\xff\0\0\0\0\0\0\0\2\0\xff\0\2\0\1\0\0"s));
    EXPECT_EQ(bind.portal, "p");
    EXPECT_EQ(bind.statement, "s");
    EXPECT_EQ(bind.formats, (std::vector<std::int16_t>{1}));
    EXPECT_EQ(bind.values, (std::vector<std::optional<std::string>>{std::nullopt, "", "\0\xff"s}));
    EXPECT_EQ(bind.result_formats, (std::vector<std::int16_t>{1, 0}));
}

TEST(MessageTest, what_is_no_message_breaks_the_stream_with_picodatas_words) {
    EXPECT_EQ(broken("F\0\0\0\4"s).reason, "Invalid message recevied, received 70");
    EXPECT_EQ(broken("C\0\0\x27\x12"s).reason, "Invalid message length, expected max 10002, actual: 10000");
    EXPECT_EQ(broken("S\0\0\0\3"s).reason, "Invalid message length");
    EXPECT_EQ(broken("B"s + packet("no terminator")).reason, "Invalid message body");
    EXPECT_EQ(broken("Q\0\0\x27\x12"s).reason, "more bytes are needed") << "a query may be large";
}

TEST(MessageTest, bytes_are_shown_as_rust_shows_them) {
    EXPECT_EQ(debug_bytes("a\"\\\n\t\r\0\x7f\xff"s), R"(b"a\"\\\n\t\r\0\x7f\xff")");
}

std::optional<SessionSettings> settings_of(const std::string& options) {
    return read_startup({{{"user", "u"}, {"options", options}}});
}

TEST(StartupOptionsTest, good_values_reach_the_session) {
    const auto settings = settings_of(
        "pico_query_metadata=true=x,pico_stmt_invalidation=true,sql_motion_row_max=7,sql_vdbe_opcode_max=0,"
        "read_preference=RePlica,nosuch=1");
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->user, "u");
    EXPECT_EQ(settings->metadata, MetadataNotice::on);
    EXPECT_EQ(settings->invalidation, StatementInvalidation::on);
    EXPECT_EQ(settings->sql_motion_row_max, 7);
    EXPECT_EQ(settings->sql_vdbe_opcode_max, 0);
    EXPECT_EQ(settings->read_preference, ReadPreference::replica);
}

TEST(StartupOptionsTest, unknown_keys_and_odd_items_are_ignored) {
    for (const auto* options :
         {"nosuch=1", "-c x=y", " pico_query_metadata=bad", "Pico_Query_Metadata=bad", "=x", "x=", "forward=off"}) {
        const auto settings = settings_of(options);
        ASSERT_TRUE(settings) << options;
        EXPECT_EQ(settings->metadata, MetadataNotice::off) << options;
    }
}

TEST(StartupOptionsTest, bad_items_close_the_connection) {
    for (const auto* options :
         {"", "abc", "--foo", "a=b,,c=d", "a=b,", "pico_query_metadata=TRUE", "pico_query_metadata=1",
          "pico_query_metadata=", "sql_motion_row_max=-1", "sql_motion_row_max=abc",
          "sql_motion_row_max=", "sql_motion_row_max=9223372036854775808", "read_preference=nope"})
        EXPECT_FALSE(settings_of(options)) << options;
    EXPECT_FALSE(read_startup({{{"database", "x"}}})) << "no user";
}

TEST(StartupOptionsTest, direct_keys_win_over_options) {
    EXPECT_EQ(read_startup({{{"user", "u"}, {"options", "pico_query_metadata=true"}, {"pico_query_metadata", "false"}}})
                  ->metadata,
              MetadataNotice::off);
    EXPECT_FALSE(read_startup({{{"user", "u"}, {"pico_stmt_invalidation", "yes"}}}));
    EXPECT_TRUE(read_startup({{{"user", "u"}, {"sql_motion_row_max", "bad"}}}));
}

TEST(LoginGuardTest, failures_in_a_row_lock_until_a_success_or_a_new_epoch) {
    LoginGuard guard;
    for (int i = 0; i < 3; ++i) guard.failed("u", 0);
    EXPECT_FALSE(guard.is_locked("u", 0, 4));
    guard.succeeded("u");
    for (int i = 0; i < 4; ++i) guard.failed("u", 0);
    EXPECT_TRUE(guard.is_locked("u", 0, 4));
    EXPECT_FALSE(guard.is_locked("u", 0, 0)) << "no limit";
    EXPECT_FALSE(guard.is_locked("other", 0, 4));
    EXPECT_FALSE(guard.is_locked("u", 1, 4)) << "ALTER USER ... WITH LOGIN";
}

TEST(ScramServerTest, the_exchange_of_rfc_7677_in_shape) {
    ScramServer server{ScramSecret::of("pencil")};
    const auto first = server.first("n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    ASSERT_TRUE(first);
    EXPECT_TRUE(first->starts_with("r=rOprNGfwEbeRWgbNEkqO"));
    EXPECT_NE(first->find(",i=4096"), std::string::npos);

    const auto nonce = first->substr(2, first->find(',') - 2);
    EXPECT_FALSE(server.last("c=biws,r=" + nonce + ",p=" + to_base64(std::string(32, 'x')))) << "wrong proof";
    EXPECT_FALSE(server.last("c=biws,r=other,p=" + to_base64(std::string(32, 'x')))) << "wrong nonce";
    EXPECT_FALSE(server.last("c=biws,r=" + nonce)) << "no proof";
}

TEST(ScramServerTest, channel_binding_and_nonsense_are_refused) {
    for (const auto* text : {"", "n", "n,", "n,,", "p=tls-server-end-point,,n=,r=abc", "x,,r=abc"})
        EXPECT_FALSE(ScramServer{ScramSecret::nobody()}.first(text)) << text;
    EXPECT_TRUE(ScramServer{ScramSecret::nobody()}.first("y,,n=,r=abc"));
}

Prepared some_statement() { return {}; }

TEST(StatementStoreTest, a_full_store_is_reported_before_a_duplicate_and_counts_all_sessions) {
    StoreUsage usage;
    StatementStore one{usage, 1};
    StatementStore two{usage, 2};
    ASSERT_FALSE(one.put_statement({"a", some_statement()}, {2, 0}));
    ASSERT_FALSE(two.put_statement({"a", some_statement()}, {2, 0}));

    const auto full = one.put_statement({"a", some_statement()}, {2, 0});
    ASSERT_TRUE(full);
    EXPECT_EQ(full->message,
              "Statement storage is full. Current size limit: 2. Please, increase storage limit using: "
              "ALTER SYSTEM SET \"pg_statement_max\" TO <new-limit>");
    const auto duplicate = one.put_statement({"a", some_statement()}, {3, 0});
    ASSERT_TRUE(duplicate);
    EXPECT_EQ(duplicate->sqlstate, "42P05");
    EXPECT_EQ(duplicate->message, "Statement 'a' for client 1 already exists");
}

TEST(StatementStoreTest, a_statement_takes_its_portals_with_it) {
    StoreUsage usage;
    StatementStore store{usage, 1};
    ASSERT_FALSE(store.put_statement({"", some_statement()}, {}));
    const auto statement = store.statement("");
    ASSERT_FALSE(store.put_portal("p", {*statement, {}, {}, {}, {}, 0}, {}));
    EXPECT_EQ(usage.portals, 1u);

    ASSERT_FALSE(store.put_statement({"", some_statement()}, {}));  // replaces

    EXPECT_EQ(usage.statements, 1u);
    EXPECT_EQ(usage.portals, 0u);
    EXPECT_EQ(store.portal("p").error().message, "Couldn't find portal 'p'.");
}

TEST(StatementStoreTest, an_ended_session_leaves_nothing_in_the_instance) {
    StoreUsage usage;
    {
        StatementStore store{usage, 1};
        ASSERT_FALSE(store.put_statement({"a", some_statement()}, {}));
        ASSERT_FALSE(store.put_portal("p", {*store.statement("a"), {}, {}, {}, {}, 0}, {}));
    }
    EXPECT_EQ(usage.statements, 0u);
    EXPECT_EQ(usage.portals, 0u);
}

}  // namespace
}  // namespace picoxx::devcluster
