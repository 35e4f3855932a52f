#include <picoxx/picodata/bucket_id.hpp>
#include <picoxx/picodata/picodata_router.hpp>
#include <picoxx/testing/fake_discovery_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace picoxx {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FakeAnswer;
using testing::FakeDiscoveryContext;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::rows_answer;
using testing::server_error;
using Route = StatementRouter::Route;

constexpr const char* by_id = "SELECT * FROM t WHERE id = $1";

class PicodataRouterTest : public ::testing::Test {
protected:
    PicodataRouterTest() {
        map_is({{1, 1500, "rs-1"}, {1501, 3000, "rs-2"}});
        server.answer("EXPLAIN", [this](std::string_view sql, std::span<const Parameter> parameters) {
            ++explained;
            if (!knows_facets && sql.starts_with("EXPLAIN (BUCKETS)"))
                return testing::error_answer(server_error("sbroad: rule parsing error"));
            return rows_answer(
                {{"EXPLAIN", oid::text}},
                {{"projection (*)"}, {"buckets = [" + std::to_string(bucket(integer(parameters[0]))) + ']'}});
        });
        router->on_topology(topology());
    }

    static Topology topology(NodeRole first = NodeRole::leader) {
        Topology topology;
        for (const char* name : {"1", "2"}) {
            Node node;
            node.id = std::string{"uuid-"} + name;
            node.tier = "default";
            node.replicaset = std::string{"rs-"} + name;
            node.role = first;
            topology.nodes.push_back(node);
        }
        return topology;
    }

    struct Range {
        int begin, end;
        std::string owner;
    };
    void map_is(const std::vector<Range>& ranges) {
        std::string json;
        for (const auto& [begin, end, owner] : ranges) {
            json += (json.empty() ? "[" : ",") + (R"({"bucket_id_start":)" + std::to_string(begin)) +
                    R"(,"bucket_id_end":)" + std::to_string(end) + R"(,"current_replicaset_uuid":")" + owner + "\"}";
        }
        server.answer("_pico_bucket('default')", rows_answer({{"col_1", oid::json}}, {{json + ']'}}));
    }

    std::uint32_t bucket(std::int64_t id) const {
        return is_decimal ? bucket_id(3000, *DecimalKey::parse(std::to_string(id))) : bucket_id(3000, id);
    }
    static std::int64_t integer(const Parameter& parameter) {
        std::uint64_t value = 0;
        for (const std::byte byte : *parameter.value) value = value << 8U | std::to_integer<std::uint64_t>(byte);
        return static_cast<std::int64_t>(value);
    }

    RouteHint ask(const char* sql, std::int64_t id) {
        std::string bytes;
        for (int bits = 56; bits >= 0; bits -= 8) bytes += static_cast<char>(id >> bits);
        const Parameter parameter{oid::int8, Format::binary, std::as_bytes(std::span{bytes.data(), bytes.size()})};
        RouteHint hint;
        last = router->route(sql, std::span{&parameter, 1}, hint);
        return hint;
    }
    void learn(const char* sql = by_id) {
        server.run(*router);
        for (const int id : {1, 2}) static_cast<void>(ask(sql, id));
        server.run(*router);
    }
    [[nodiscard]] ReplicasetKey owner_of(std::int64_t id) const {
        return replicaset_key(bucket(id) <= 1500 ? "rs-1" : "rs-2");
    }

    std::shared_ptr<StatementRouter> router = picodata_router();
    FakeDiscoveryContext server;
    bool is_decimal = false;  // the key, in another table of the name
    bool knows_facets = true;
    int explained = 0;
    Route last = Route::anywhere;
};

TEST_F(PicodataRouterTest, routes_from_the_third_execution_on) {
    server.run(*router);
    for (const int id : {1, 2}) {
        EXPECT_TRUE(ask(by_id, id).asks);
        EXPECT_EQ(last, Route::anywhere);
    }
    server.run(*router);
    EXPECT_EQ(explained, 2);

    for (int id = 3; id < 100; ++id) {
        const RouteHint hint = ask(by_id, id);
        ASSERT_EQ(last, Route::owner) << id;
        EXPECT_EQ(hint.owner, owner_of(id));
        EXPECT_EQ(hint.bucket, bucket(id));
        EXPECT_FALSE(hint.asks);
    }
}

TEST_F(PicodataRouterTest, asks_nothing_before_it_has_a_map) {
    server.answer("_pico_bucket",
                  testing::error_answer(server_error("sbroad: _pico_bucket: tier 'default' doesn't exist")));
    static_cast<void>(ask(by_id, 1));
    server.run(*router);
    EXPECT_EQ(explained, 0);
    EXPECT_EQ(server.ends(), 1U);
}

TEST_F(PicodataRouterTest, asks_older_servers_in_their_own_words) {
    knows_facets = false;
    learn();
    EXPECT_EQ(ask(by_id, 5).owner, owner_of(5));
    EXPECT_THAT(server.queries(), Contains(std::string{"EXPLAIN "} + by_id));
    EXPECT_EQ(explained, 3) << "the new words are tried once";
    router->on_topology(topology(NodeRole::replica));
    for (const char* sql : {"SELECT 1 FROM t WHERE id = $1", "SELECT 2 FROM t WHERE id = $1"})
        static_cast<void>(ask(sql, 1));
    server.run(*router);
    EXPECT_EQ(explained, 6) << "and once more where the nodes are others";
}

TEST_F(PicodataRouterTest, follows_the_map) {
    learn();
    map_is({{1, 3000, "rs-3"}});
    router->on_topology(topology(NodeRole::replica));
    server.run(*router);
    EXPECT_EQ(ask(by_id, 5).owner, replicaset_key("rs-3"));
}

TEST_F(PicodataRouterTest, keeps_the_last_good_map) {
    learn();
    map_is({{1, 1500, "rs-3"}, {1502, 3000, "rs-3"}});
    router->on_topology(topology(NodeRole::replica));
    server.run(*router);
    EXPECT_EQ(ask(by_id, 5).owner, owner_of(5));

    map_is({{1, 3000, "rs-3"}});
    server.run(*router);
    EXPECT_EQ(ask(by_id, 5).owner, replicaset_key("rs-3")) << "it asks again, unasked";
}

TEST_F(PicodataRouterTest, looks_again_where_a_plan_was_stale) {
    learn();
    router->on_invalidated(by_id);
    EXPECT_TRUE(ask(by_id, 5).asks);
    EXPECT_EQ(last, Route::owner) << "until it is known better";
    EXPECT_FALSE(ask(by_id, 6).asks) << "once for all connections that were told so";
}

// What goes through another client is found out now and then.
TEST_F(PicodataRouterTest, looks_again_after_a_change_of_tables_and_now_and_then) {
    learn();
    is_decimal = true;
    RouteHint hint;
    static_cast<void>(router->route("DROP TABLE t", {}, hint));
    EXPECT_FALSE(ask(by_id, 4).asks) << "it is not executed yet";
    router->on_invalidated("DROP TABLE t");
    EXPECT_TRUE(ask(by_id, 5).asks);
    EXPECT_EQ(last, Route::owner) << "until it is known better";
    server.run(*router);
    static_cast<void>(ask(by_id, 6));
    server.run(*router);
    EXPECT_EQ(ask(by_id, 7).owner, owner_of(7));

    is_decimal = false;
    int until_asked = 0;
    while (!ask(by_id, until_asked).asks && until_asked < 100'000) ++until_asked;
    EXPECT_GT(until_asked, 100);
    EXPECT_LT(until_asked, 10'000);
}

TEST_F(PicodataRouterTest, asks_nothing_of_what_has_no_rows) {
    server.run(*router);
    for (const char* sql : {"CREATE TABLE t (id INT PRIMARY KEY)", "GRANT READ ON TABLE t TO u", "BEGIN",
                            "EXPLAIN SELECT 1", "SET x = 1"}) {
        for (int i = 0; i < 3; ++i) EXPECT_FALSE(ask(sql, i).asks) << sql;
    }
    for (const char* sql : {"select 1 where 1 = $1", " /* a */ -- b\n ( SELECT $1", "WITH q AS (SELECT 1) SELECT $1",
                            "Update t SET v = 1 WHERE id = $1", "DELETE FROM t WHERE id = $1"}) {
        EXPECT_TRUE(ask(sql, 1).asks) << sql;
    }
}

TEST_F(PicodataRouterTest, gives_up_what_the_server_does_not_explain) {
    server.answer("EXPLAIN", [this](std::string_view, std::span<const Parameter>) {
        ++explained;
        return testing::error_answer(server_error("AccessDenied"));
    });
    learn();
    const int before = explained;
    for (int id = 3; id < 1'000; ++id) EXPECT_FALSE(ask(by_id, id).asks);
    EXPECT_EQ(last, Route::anywhere);
    EXPECT_EQ(explained, before);
}

TEST_F(PicodataRouterTest, keeps_what_it_knows_while_the_server_is_in_trouble) {
    learn();
    server.answer("EXPLAIN", [this](std::string_view, std::span<const Parameter>) {
        ++explained;
        return testing::error_answer(server_error("sbroad: storage schema version different from router"));
    });
    router->on_invalidated(by_id);
    for (int id = 3; id < 50; ++id) {
        static_cast<void>(ask(by_id, id));
        EXPECT_EQ(last, Route::owner);
        server.run(*router);
    }
    EXPECT_LE(explained, 2 + 2) << "and does not press it";
}

TEST_F(PicodataRouterTest, with_several_tiers_of_data_nothing_is_routed_and_nothing_asked_for_ever) {
    Topology two = topology();
    two.nodes[1].tier = "hot";
    router->on_topology(two);
    server.answer("_pico_bucket('hot')",
                  rows_answer({{"col_1", oid::json}},
                              {{R"([{"bucket_id_start":1,"bucket_id_end":100,"current_replicaset_uuid":"rs-2"}])"}}));
    learn();
    for (int id = 3; id < 1'000; ++id) {
        static_cast<void>(ask(by_id, id));
        EXPECT_EQ(last, Route::anywhere);
        server.run(*router);
    }
    EXPECT_LE(explained, 4);
}

TEST_F(PicodataRouterTest, a_second_tier_of_data_takes_nothing_from_what_was_learned) {
    learn();
    Topology two = topology();
    two.nodes.push_back(two.nodes[1]);
    two.nodes[2].id = "uuid-3";
    two.nodes[2].tier = "hot";
    router->on_topology(two);
    server.answer("_pico_bucket('hot')",
                  rows_answer({{"col_1", oid::json}},
                              {{R"([{"bucket_id_start":1,"bucket_id_end":100,"current_replicaset_uuid":"rs-2"}])"}}));
    router->on_invalidated(by_id);
    static_cast<void>(ask(by_id, 5));
    server.run(*router);
    EXPECT_EQ(ask(by_id, 6).owner, owner_of(6));
}

TEST_F(PicodataRouterTest, a_map_that_is_shorter_than_its_tier_is_not_taken) {
    learn();
    map_is({{1, 1500, "rs-3"}});
    Topology told = topology(NodeRole::replica);
    told.tiers.push_back({"default", 3000});
    router->on_topology(told);
    server.run(*router);
    EXPECT_EQ(ask(by_id, 5).owner, owner_of(5));
}

TEST_F(PicodataRouterTest, asks_for_the_map_again_while_buckets_move) {
    server.answer("_pico_bucket", testing::error_answer(server_error(
                                      "sbroad: _pico_bucket: Bucket 1 cannot be found. Is rebalancing in progress?")));
    server.run(*router);
    map_is({{1, 3000, "rs-1"}});
    learn();
    EXPECT_EQ(ask(by_id, 5).owner, replicaset_key("rs-1"));
}

TEST_F(PicodataRouterTest, learns_nothing_of_texts_or_values_that_are_very_long) {
    server.run(*router);
    const std::string text = "SELECT " + std::string(10'000, ' ') + "1 FROM t WHERE id = $1";
    EXPECT_FALSE(ask(text.c_str(), 1).asks);
    const std::string value(100'000, 'x');
    const Parameter parameter{oid::inferred, Format::text, std::as_bytes(std::span{value.data(), value.size()})};
    for (int i = 0; i < 3; ++i) {
        RouteHint hint;
        EXPECT_EQ(router->route("SELECT 1 FROM t WHERE s = $1", std::span{&parameter, 1}, hint), Route::anywhere);
        EXPECT_FALSE(hint.asks);
    }
}

TEST_F(PicodataRouterTest, asks_again_where_the_connection_was_lost) {
    server.run(*router);
    static_cast<void>(ask(by_id, 1));
    server.answer("EXPLAIN", [](std::string_view, std::span<const Parameter>) { return testing::lost_answer(); });
    server.run(*router);
    EXPECT_TRUE(server.error().has_value());
    int until_asked = 0;
    while (!ask(by_id, 1).asks && until_asked < 1'000) ++until_asked;
    EXPECT_LT(until_asked, 200) << "the same values, since nothing was told of them";
}

TEST_F(PicodataRouterTest, a_text_without_parameters_is_asked_about_when_it_comes_again) {
    server.answer("EXPLAIN", [](std::string_view, std::span<const Parameter>) {
        return rows_answer({{"EXPLAIN", oid::text}}, {{"buckets = [2426]"}});
    });
    server.run(*router);
    RouteHint first, second, third;
    static_cast<void>(router->route("SELECT * FROM t WHERE id = 42", {}, first));
    static_cast<void>(router->route("SELECT * FROM t WHERE id = 42", {}, second));
    EXPECT_FALSE(first.asks);
    EXPECT_TRUE(second.asks);
    server.run(*router);
    EXPECT_EQ(router->route("SELECT * FROM t WHERE id = 42", {}, third), Route::owner);
    EXPECT_EQ(third.owner, replicaset_key("rs-2"));
}

TEST_F(PicodataRouterTest, keeps_a_bounded_number_of_statements) {
    constexpr const char* seen_long_ago = "SELECT v FROM t WHERE id = $1";
    learn(seen_long_ago);
    static_cast<void>(ask(seen_long_ago, 3));
    ASSERT_EQ(last, Route::owner);
    learn();
    for (int i = 0; i < 100'000; ++i) {
        static_cast<void>(ask(("SELECT " + std::to_string(i) + " WHERE id = $1").c_str(), i));
        if (i % 50 == 0) {
            ASSERT_EQ(ask(by_id, i).owner, owner_of(i)) << "what is used stays";
        }
    }
    static_cast<void>(ask(seen_long_ago, 3));
    EXPECT_EQ(last, Route::anywhere) << "what is not is forgotten";
}

TEST_F(PicodataRouterTest, a_list_within_one_replicaset_is_routed) {
    server.answer("EXPLAIN", [](std::string_view, std::span<const Parameter> parameters) {
        std::vector<std::uint32_t> buckets;
        for (const Parameter& parameter : parameters) buckets.push_back(bucket_id(3000, integer(parameter)));
        std::sort(buckets.begin(), buckets.end());
        return rows_answer({{"EXPLAIN", oid::text}},
                           {{"buckets = [" + std::to_string(buckets[0]) + ',' + std::to_string(buckets[1]) + ']'}});
    });
    server.run(*router);
    const auto ask_two = [&](std::int64_t one, std::int64_t two) {
        std::deque<std::string> bytes;
        std::vector<Parameter> parameters;
        for (const std::int64_t id : {one, two}) {
            std::string& value = bytes.emplace_back();
            for (int bits = 56; bits >= 0; bits -= 8) value += static_cast<char>(id >> bits);
            parameters.push_back({oid::int8, Format::binary, std::as_bytes(std::span{value.data(), value.size()})});
        }
        RouteHint hint;
        last = router->route("SELECT * FROM t WHERE id IN ($1, $2)", parameters, hint);
        return hint;
    };
    for (const int id : {1, 2, 3}) static_cast<void>(ask_two(id, id + 10));
    server.run(*router);
    for (const int id : {4, 5}) static_cast<void>(ask_two(id, id + 10));
    server.run(*router);
    int routed = 0;
    for (int id = 100; id < 200; ++id) {
        const RouteHint hint = ask_two(id, id + 1);
        const bool is_one = owner_of(id) == owner_of(id + 1);
        EXPECT_EQ(last, is_one ? Route::owner : Route::anywhere) << id;
        if (!is_one) continue;
        EXPECT_EQ(hint.owner, owner_of(id));
        ++routed;
    }
    EXPECT_GT(routed, 20);
}

}  // namespace
}  // namespace picoxx
