#include "session/statement_cache.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace picoxx {
namespace {

using Kind = StatementCache::Plan::Kind;

std::vector<Parameter> typed(std::initializer_list<Oid> types) {
    std::vector<Parameter> parameters;
    for (const Oid type : types) parameters.push_back(Parameter{type, Format::binary, std::nullopt});
    return parameters;
}

// Uses `sql` twice, after which it is prepared, and answers its name.
std::string prepare(StatementCache& cache, const std::string& sql) {
    static_cast<void>(cache.use(sql, {}));
    const StatementCache::Plan plan = cache.use(sql, {});
    EXPECT_EQ(plan.kind, Kind::prepare) << sql.substr(0, 20);
    return plan.entry != nullptr ? plan.entry->name : std::string{};
}

std::vector<std::string> all_to_close(StatementCache& cache) {
    std::vector<std::string> names;
    while (std::optional<std::string> name = cache.next_to_close()) names.push_back(*std::move(name));
    std::sort(names.begin(), names.end());
    return names;
}

TEST(StatementCache, prepares_at_the_second_use_and_names_it_from_then_on) {
    StatementCache cache{10};

    EXPECT_EQ(cache.use("SELECT 1", {}).kind, Kind::execute_text);
    const auto second = cache.use("SELECT 1", {});
    EXPECT_EQ(second.kind, Kind::prepare);
    const std::string name{second.entry->name};
    EXPECT_FALSE(name.empty());
    const auto third = cache.use("SELECT 1", {});
    EXPECT_EQ(third.kind, Kind::execute_name);
    EXPECT_EQ(third.entry->name, name);
    EXPECT_EQ(cache.prepared(), 1U);
}

TEST(StatementCache, tells_statements_apart_by_text_and_parameter_types) {
    StatementCache cache{10};
    for (int i = 0; i < 2; ++i) {
        static_cast<void>(cache.use("SELECT $1", typed({oid::int8})));
        static_cast<void>(cache.use("SELECT $1", typed({oid::inferred})));
    }
    const std::string first{cache.use("SELECT $1", typed({oid::int8})).entry->name};
    const std::string second{cache.use("SELECT $1", typed({oid::inferred})).entry->name};

    EXPECT_NE(first, second);
    EXPECT_EQ(cache.use("SELECT  $1", typed({oid::int8})).kind, Kind::execute_text);
}

TEST(StatementCache, the_least_recently_used_one_goes_first_and_is_to_be_closed) {
    StatementCache cache{2};
    const std::string a = prepare(cache, "A");
    const std::string b = prepare(cache, "B");
    static_cast<void>(cache.use("A", {}));

    prepare(cache, "C");

    EXPECT_EQ(all_to_close(cache), std::vector{b});
    EXPECT_EQ(cache.use("A", {}).entry->name, a);
    EXPECT_EQ(cache.prepared(), 2U);
}

TEST(StatementCache, what_runs_once_takes_no_place_and_keeps_no_text) {
    StatementCache cache{2};
    const std::string a = prepare(cache, "A");
    const std::size_t bytes = cache.bytes();

    for (int i = 0; i < 1000; ++i) EXPECT_EQ(cache.use("SELECT " + std::to_string(i), {}).kind, Kind::execute_text);

    EXPECT_EQ(cache.bytes(), bytes);
    EXPECT_EQ(cache.use("A", {}).entry->name, a);
    EXPECT_TRUE(all_to_close(cache).empty());
}

TEST(StatementCache, remembers_as_many_that_ran_once_as_it_may_keep) {
    StatementCache cache{3};
    for (const char* sql : {"A", "B", "C"}) static_cast<void>(cache.use(sql, {}));
    EXPECT_EQ(cache.use("A", {}).kind, Kind::prepare);

    for (const char* sql : {"D", "E", "F"}) static_cast<void>(cache.use(sql, {}));
    EXPECT_EQ(cache.use("B", {}).kind, Kind::execute_text);
}

TEST(StatementCache, texts_are_bounded_together_and_several_may_go_for_one) {
    StatementCache cache{100, 1000};
    const std::string a = prepare(cache, std::string(400, 'a'));
    const std::string b = prepare(cache, std::string(400, 'b'));
    const std::string c = prepare(cache, std::string(100, 'c'));
    EXPECT_EQ(cache.bytes(), 900U);

    prepare(cache, std::string(700, 'd'));

    EXPECT_EQ(all_to_close(cache), (std::vector{a, b}));
    EXPECT_EQ(cache.bytes(), 800U);
    EXPECT_EQ(cache.use(std::string(100, 'c'), {}).entry->name, c);
}

TEST(StatementCache, parameter_types_count_as_bytes) {
    StatementCache cache{100};
    const auto parameters = typed({oid::int8, oid::text});
    for (int i = 0; i < 2; ++i) static_cast<void>(cache.use("0123456789", parameters));

    EXPECT_EQ(cache.bytes(), 10 + 2 * sizeof(Oid));
}

TEST(StatementCache, a_text_that_is_too_large_is_never_kept) {
    StatementCache cache{100};
    const std::string fits(StatementCache::largest_statement, 'x');
    const std::string too_large = fits + 'x';
    prepare(cache, fits);

    for (int i = 0; i < 3; ++i) EXPECT_EQ(cache.use(too_large, {}).kind, Kind::execute_text);
    EXPECT_EQ(cache.bytes(), fits.size());
}

// libpq takes the description of a prepared statement with more parameters for a broken stream.
TEST(StatementCache, a_statement_with_more_than_7498_parameters_is_never_prepared) {
    StatementCache cache{100};
    std::string sql;
    for (int i = 1; i <= 7499; ++i) sql += "$" + std::to_string(i) + ",";
    const std::vector<Parameter> parameters(7499, Parameter{oid::int8, Format::binary, std::nullopt});

    for (int i = 0; i < 3; ++i) EXPECT_EQ(cache.use(sql, parameters).kind, Kind::execute_text);
}

TEST(StatementCache, stays_within_its_bounds_by_default) {
    StatementCache cache{100};
    for (char c = 'a'; c <= 'z'; ++c) prepare(cache, std::string(60'000, c));

    EXPECT_LE(cache.bytes(), StatementCache::default_bytes);
    EXPECT_EQ(cache.prepared(), StatementCache::default_bytes / 60'000);
    EXPECT_EQ(all_to_close(cache).size(), 26 - cache.prepared());
}

TEST(StatementCache, a_forgotten_statement_starts_anew_under_another_name) {
    StatementCache cache{10};
    const std::string old = prepare(cache, "A");
    StatementCache::Entry& entry = *cache.use("A", {}).entry;

    EXPECT_EQ(cache.forget(entry), old);
    EXPECT_EQ(cache.prepared(), 0U);
    EXPECT_EQ(cache.bytes(), 0U);
    EXPECT_EQ(cache.use("A", {}).kind, Kind::execute_text);
    EXPECT_NE(cache.use("A", {}).entry->name, old);
}

TEST(StatementCache, gives_up_its_oldest_where_the_server_has_no_room) {
    StatementCache cache{10};
    const std::string a = prepare(cache, "A");
    const std::string b = prepare(cache, "B");

    EXPECT_EQ(cache.take_oldest(), a);
    EXPECT_EQ(cache.use("A", {}).kind, Kind::execute_text);
    EXPECT_EQ(cache.take_oldest(), b);
    EXPECT_EQ(cache.take_oldest(), std::nullopt);
    EXPECT_TRUE(all_to_close(cache).empty()) << "they were handed over";
}

TEST(StatementCache, names_what_is_to_be_closed_once) {
    StatementCache cache{10};
    cache.close_later("x");

    EXPECT_EQ(cache.next_to_close(), "x");
    EXPECT_EQ(cache.next_to_close(), std::nullopt);
}

TEST(StatementCache, size_0_is_off) {
    StatementCache cache{0};
    for (int i = 0; i < 5; ++i) EXPECT_EQ(cache.use("A", {}).kind, Kind::execute_text);
    EXPECT_EQ(cache.prepared(), 0U);
}

}  // namespace
}  // namespace picoxx
