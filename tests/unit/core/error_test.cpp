// What an Error tells by itself, and the line made of it.
#include "sql/cut_statement.hpp"

#include <picoxx/exception.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace picoxx {
namespace {

Error server_error(Condition condition, std::string words = "no") {
    Error error = make_error(Errc::server_error, "the server reported an error", Effect::partial);
    error.server_condition = condition;
    error.sqlstate = "XX000";
    error.server_text = std::move(words);
    error.node = "i1 (h:1)";
    return error;
}

std::vector<Condition> all_conditions() {
    std::vector<Condition> all;
    for (std::uint8_t number = 0; number <= static_cast<std::uint8_t>(Condition::unreachable_peer); ++number) {
        all.push_back(static_cast<Condition>(number));
    }
    return all;
}

TEST(Condition, has_a_name_of_its_own) {
    std::set<std::string_view> names;
    for (const Condition condition : all_conditions()) names.insert(to_string(condition));

    EXPECT_EQ(names.size(), all_conditions().size());
    EXPECT_FALSE(names.contains("unknown"));
    EXPECT_EQ(to_string(static_cast<Condition>(200)), "unknown");
}

TEST(Condition, belongs_to_errors_of_the_server_only) {
    EXPECT_EQ(server_error(Condition::duplicate_key).condition(), Condition::duplicate_key);
    EXPECT_EQ(server_error(Condition::none).condition(), Condition::other);
    Error lost = server_error(Condition::duplicate_key);
    lost.code = Errc::connection_lost;
    EXPECT_EQ(lost.condition(), Condition::none);
    EXPECT_EQ(Exception{server_error(Condition::not_null)}.condition(), Condition::not_null);
}

TEST(Transient, are_the_conditions_that_pass_by_themselves) {
    const std::set<Condition> passing{Condition::cluster_changing, Condition::read_only,
                                      Condition::wrong_node,       Condition::stale_plan,
                                      Condition::timeout,          Condition::statement_store_full,
                                      Condition::unreachable_peer};
    for (const Condition condition : all_conditions()) {
        EXPECT_EQ(server_error(condition).transient(), passing.contains(condition)) << to_string(condition);
    }
    EXPECT_TRUE(Exception{server_error(Condition::read_only)}.transient());
}

TEST(Transient, are_the_codes_of_nodes_and_networks) {
    const std::set<Errc> passing{Errc::connect_failed, Errc::connection_lost,   Errc::deadline_exceeded,
                                 Errc::pool_exhausted, Errc::no_node_available, Errc::discovery_failed,
                                 Errc::out_of_memory};
    for (int number = 0; number < 200; ++number) {
        const auto code = static_cast<Errc>(number);
        if (code == Errc::server_error) continue;
        EXPECT_EQ(make_error(code, "").transient(), passing.contains(code)) << number;
    }
}

TEST(ErrorLine, is_one_line_whatever_the_server_says) {
    const std::string line = describe(server_error(
        Condition::syntax_error, "rule parsing error:  --> 1:1\n  |\r\n1 | SELEC\t1\x7f\n\x1b[31m  | ^---\n"));

    EXPECT_EQ(line,
              "server_error XX000 (effect partial) at i1 (h:1): the server reported an error: rule parsing error: --> "
              "1:1 | 1 "
              "| SELEC 1 [31m | ^--- ");
}

TEST(ErrorLine, ends_with_the_statement_unless_the_server_has_quoted_it) {
    Error error = server_error(Condition::timeout);
    error.statement = "SELECT\n  1";
    EXPECT_EQ(describe(error),
              "server_error XX000 (effect partial) at i1 (h:1): the server reported an error: no; "
              "statement: SELECT 1");
    EXPECT_EQ(Exception{error}.what(), describe(error));

    error.server_condition = Condition::syntax_error;
    EXPECT_EQ(describe(error), "server_error XX000 (effect partial) at i1 (h:1): the server reported an error: no");
}

TEST(ErrorLine, is_bounded_keeps_the_statement_and_tears_no_character) {
    for (std::size_t blanks = 0; blanks < 3; ++blanks) {
        std::string words(blanks, 'x');
        for (int i = 0; i < 2000; ++i) words += "ж";
        Error error = server_error(Condition::other, words);
        error.statement = "SELECT 1";
        const std::string line = describe(error);

        EXPECT_LE(line.size(), 2048U);
        EXPECT_GE(line.size(), 2046U);
        EXPECT_TRUE(line.ends_with("ж...; statement: SELECT 1")) << line.substr(line.size() - 40);

        error.statement = words;
        EXPECT_LE(describe(error).size(), 2048U);
    }
}

TEST(CutStatement, leaves_a_short_one_as_it_is_but_for_its_texts) {
    EXPECT_EQ(cut_statement("SELECT $1 FROM \"it's\" WHERE id = 42"), "SELECT $1 FROM \"it's\" WHERE id = 42");
    EXPECT_EQ(cut_statement("ALTER USER \"u\" WITH PASSWORD 'N3w''x' USING md5"),
              "ALTER USER \"u\" WITH PASSWORD '...' USING md5");
    EXPECT_EQ(cut_statement("SELECT 'a', 'b'"), "SELECT '...', '...'");
    EXPECT_EQ(cut_statement("SELECT 'not closed"), "SELECT '...'");
    EXPECT_EQ(cut_statement("SELECT ''"), "SELECT '...'");
    EXPECT_EQ(cut_statement("SELECT \"not closed 'x'"), "SELECT \"not closed 'x'");
    EXPECT_EQ(cut_statement(""), "");
}

TEST(CutStatement, ends_in_an_ellipsis_at_256_bytes_and_tears_no_character) {
    EXPECT_EQ(cut_statement(std::string(256, 'x')), std::string(256, 'x'));
    EXPECT_EQ(cut_statement(std::string(257, 'x')), std::string(256, 'x') + "...");
    EXPECT_EQ(cut_statement(std::string(255, 'x') + "ж"), std::string(255, 'x') + "...");
    EXPECT_EQ(cut_statement(std::string(254, 'x') + "жж"), std::string(254, 'x') + "ж...");
    EXPECT_EQ(cut_statement("'" + std::string(100'000, 'x') + "'"), "'...'");
}

}  // namespace
}  // namespace picoxx
