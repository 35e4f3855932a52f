#include "session/statement_cache.hpp"

#include <gtest/gtest.h>

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
    for (int i = 0; i < 2; ++i) static_cast<void>(cache.use("A", {}));
    for (int i = 0; i < 2; ++i) static_cast<void>(cache.use("B", {}));
    const std::string a{cache.use("A", {}).entry->name};
    const std::string b{cache.use("B", {}).entry->name};

    const auto third = cache.use("C", {});

    ASSERT_TRUE(third.evicted.has_value());
    EXPECT_EQ(*third.evicted, a);
    EXPECT_EQ(cache.use("B", {}).entry->name, b);
    EXPECT_EQ(cache.prepared(), 1U);
}

TEST(StatementCache, what_was_never_prepared_needs_no_closing) {
    StatementCache cache{1};
    static_cast<void>(cache.use("A", {}));

    EXPECT_FALSE(cache.use("B", {}).evicted.has_value());
}

TEST(StatementCache, a_forgotten_statement_starts_anew_under_another_name) {
    StatementCache cache{10};
    for (int i = 0; i < 2; ++i) static_cast<void>(cache.use("A", {}));
    StatementCache::Entry& entry = *cache.use("A", {}).entry;
    const std::string old = entry.name;

    EXPECT_EQ(cache.forget(entry), old);
    EXPECT_EQ(cache.prepared(), 0U);
    EXPECT_EQ(cache.use("A", {}).kind, Kind::execute_text);
    EXPECT_NE(cache.use("A", {}).entry->name, old);
}

TEST(StatementCache, size_0_is_off) {
    StatementCache cache{0};
    for (int i = 0; i < 5; ++i) EXPECT_EQ(cache.use("A", {}).kind, Kind::execute_text);
    EXPECT_EQ(cache.prepared(), 0U);
}

}  // namespace
}  // namespace picoxx
