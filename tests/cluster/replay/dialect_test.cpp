// The parts of the development cluster's dialect that need no server: tokens, clauses, types, texts.
#include "commands.hpp"
#include "double_form.hpp"
#include "error_texts.hpp"
#include "query_rewriter.hpp"
#include "sql_types.hpp"
#include "tokenizer.hpp"
#include "value_codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::devcluster {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<Token> tokens_of(std::string_view sql) {
    auto tokens = tokenize(sql);
    EXPECT_TRUE(tokens.ok()) << sql;
    return tokens.ok() ? tokens.value() : std::vector<Token>{};
}

TableInfo warehouse() {
    TableInfo table;
    table.id = 1025;
    table.name = "warehouse";
    table.columns = {{"id", SqlType::integer, false}, {"item", SqlType::text, false}, {"price", SqlType::real, true}};
    table.primary_key = {"id"};
    table.sharding_key = {{"id"}};
    table.tier = "default";
    return table;
}

class Rewriting : public ::testing::Test {
protected:
    Rewriting() { registry_.put(warehouse()); }

    RewrittenQuery rewrite(std::string_view sql) { return rewrite_query(sql, tokens_of(sql), registry_); }
    std::string rewritten(std::string_view sql) {
        auto text = rewrite(sql).edited.text;
        while (text.ends_with(' ')) text.pop_back();
        return text;
    }
    std::string refusal(std::string_view sql) {
        try {
            rewrite(sql);
        } catch (const SqlError& error) {
            return error.message;
        } catch (const SyntaxFailure& failure) {
            return "syntax at " + std::to_string(failure.offset);
        }
        return "accepted";
    }

private:
    TableRegistry registry_;
};

TEST(Tokenizer, folds_words_and_keeps_quoted_names) {
    const auto tokens = tokens_of(R"(SELECT Id, "Id" FROM T)");
    ASSERT_EQ(tokens.size(), 7U);
    EXPECT_TRUE(tokens[0].is_word("select"));
    EXPECT_EQ(tokens[1].text, "id");
    EXPECT_EQ(tokens[3].kind, TokenKind::quoted_identifier);
    EXPECT_EQ(tokens[3].text, "Id");
    EXPECT_EQ(tokens[6].kind, TokenKind::end);
}

TEST(Tokenizer, a_backslash_is_an_ordinary_character_and_two_quotes_are_one) {
    EXPECT_EQ(tokens_of(R"('a\b''c')")[0].text, R"(a\b'c)");
}

TEST(Tokenizer, tells_integers_decimals_and_doubles_apart) {
    EXPECT_EQ(tokens_of("1")[0].kind, TokenKind::integer);
    EXPECT_EQ(tokens_of("1.50")[0].kind, TokenKind::decimal);
    EXPECT_EQ(tokens_of("1e3")[0].kind, TokenKind::floating);
}

TEST(Tokenizer, refuses_comments_where_the_grammar_does) {
    for (const auto& [sql, place] :
         {std::pair{"SELECT 1 -- c", "1:11"}, {"/* c */ SELECT 1", "1:1"}, {"-- c", "1:1"}}) {
        const auto refused = tokenize(sql);
        ASSERT_FALSE(refused.ok()) << sql;
        EXPECT_THAT(refused.error().message, HasSubstr(std::string{"--> "} + place + "\n")) << sql;
    }
}

TEST(Tokenizer, a_lone_carriage_return_is_no_blank) {
    EXPECT_FALSE(tokenize("SELECT\r1").ok());
    EXPECT_TRUE(tokenize("SELECT\r\n1").ok());
}

TEST(SyntaxError, shows_the_line_and_counts_characters) {
    EXPECT_EQ(syntax_error("SELECT 'é',\n  é!", 17, "EOI").message,
              "sbroad: rule parsing error:  --> 2:4\n  |\n2 |   é!\n  |    ^---\n  |\n  = expected EOI");
}

TEST(Commands, keep_what_the_tails_of_create_table_say) {
    const auto parsed = parse_command(
        tokens_of("CREATE TABLE t (a INT NOT NULL, b VARCHAR(3), PRIMARY KEY (a)) USING memtx DISTRIBUTED BY (b, a) IN "
                  "TIER \"Hot\" "
                  "WAIT APPLIED GLOBALLY OPTION (TIMEOUT = 2.5)"));
    ASSERT_TRUE(parsed);
    const auto& table = std::get<CreateTable>(parsed->command);
    EXPECT_EQ(parsed->tag, "CREATE TABLE");
    EXPECT_THAT(table.sharding_key.value(), ElementsAre("b", "a"));
    EXPECT_EQ(table.tier, "Hot");
    EXPECT_EQ(table.timeout->count(), 2.5);
    EXPECT_EQ(table.columns[1].type, SqlType::text);
    EXPECT_TRUE(table.columns[1].nullable);
}

TEST(Commands, shard_by_the_primary_key_unless_told_otherwise) {
    const auto sharded = parse_command(tokens_of("CREATE TABLE t (a INT PRIMARY KEY)"));
    EXPECT_THAT(std::get<CreateTable>(sharded->command).sharding_key.value(), ElementsAre("a"));
    const auto global = parse_command(tokens_of("CREATE TABLE t (a INT PRIMARY KEY) DISTRIBUTED GLOBALLY"));
    EXPECT_FALSE(std::get<CreateTable>(global->command).sharding_key.has_value());
}

TEST(Commands, refuse_clauses_out_of_order_and_bare_on) {
    const auto refused = [](std::string_view sql) {
        try {
            return !parse_command(tokens_of(sql)).has_value();
        } catch (const SyntaxFailure&) {
            return true;
        }
    };
    EXPECT_TRUE(refused("CREATE TABLE t (a INT PRIMARY KEY) OPTION (TIMEOUT = 3) WAIT APPLIED GLOBALLY"));
    EXPECT_TRUE(refused("CREATE TABLE t (a INT PRIMARY KEY, b INT DEFAULT 5)"));
    EXPECT_TRUE(refused("CREATE TABLE t (a REAL PRIMARY KEY)"));
    EXPECT_TRUE(refused("SET a = on"));
    EXPECT_TRUE(refused("BEGIN WORK"));
    EXPECT_FALSE(refused("SET a = off"));
}

TEST_F(Rewriting, names_expressions_by_their_turn) {
    EXPECT_EQ(rewritten("SELECT id, count(*), id AS n, max(id) FROM warehouse"),
              R"(SELECT id, count(*) AS "col_1", id AS n, max(id) AS "col_2" FROM public."warehouse")");
}

TEST_F(Rewriting, gives_casts_and_numbers_the_types_of_picodata) {
    EXPECT_EQ(rewritten("SELECT $1::int AS a, '5'::varchar(3) AS b, 1 + 1 AS c, 1e3 AS d"),
              "SELECT $1::bigint AS a, '5'::text AS b, 1::bigint + 1::bigint AS c, 1e3::double precision AS d");
}

TEST_F(Rewriting, takes_the_option_clause_off) {
    const auto query = rewrite("SELECT id FROM warehouse OPTION (sql_motion_row_max = 7, sql_vdbe_opcode_max = $1)");
    EXPECT_EQ(query.options.motion_row_max->literal, 7);
    EXPECT_EQ(query.options.vdbe_opcode_max->parameter, 1U);
    EXPECT_EQ(query.parameters.at(1).in_option, oid::int8);
    EXPECT_THAT(query.edited.text, Not(HasSubstr("OPTION")));
}

TEST_F(Rewriting, numbers_question_marks) {
    EXPECT_THAT(rewritten("SELECT ?::int AS a, ?::int AS b"), HasSubstr("$2::bigint"));
}

TEST_F(Rewriting, replaces_on_conflict) {
    EXPECT_THAT(rewritten("INSERT INTO warehouse VALUES (1, 'a', 1.5) ON CONFLICT DO REPLACE"),
                HasSubstr("ON CONFLICT (\"id\") DO UPDATE SET \"id\" = excluded.\"id\""));
}

TEST_F(Rewriting, refuses_what_picodata_refuses_in_its_words) {
    EXPECT_EQ(refusal("SELECT * FROM nosuch"), "sbroad: table with name \"nosuch\" not found");
    EXPECT_EQ(refusal("INSERT INTO nosuch VALUES (1)"), "sbroad: space nosuch not found");
    EXPECT_EQ(refusal("UPDATE warehouse SET nosuch = 1"), "sbroad: column nosuch not found");
    EXPECT_EQ(refusal("SELECT now()"), "sbroad: SQL function now not found");
    EXPECT_EQ(refusal("INSERT INTO warehouse (id) VALUES (1)"),
              "sbroad: invalid column: NonNull column \"item\" must be specified");
    EXPECT_EQ(refusal("INSERT INTO warehouse VALUES (1)"), "sbroad: invalid query: INSERT expects 3 columns, got 1");
    EXPECT_EQ(refusal("INSERT INTO warehouse VALUES (1, 2, 3)"),
              "sbroad: INSERT column at position 2 is of type text, but expression is of type int");
    EXPECT_EQ(refusal("SELECT item FROM warehouse ORDER BY id"), "sbroad: column with name \"id\" not found");
    EXPECT_EQ(refusal("SELECT 9223372036854775808"),
              "sbroad: invalid query: value doesn't fit into integer range: 9223372036854775808");
    EXPECT_EQ(refusal("SELECT $0"), "sbroad: invalid query: $n parameters are indexed from 1!");
}

TEST_F(Rewriting, refuses_syntax_only_postgresql_has) {
    EXPECT_EQ(refusal("SELECT 1; SELECT 2"), "syntax at 10");
    EXPECT_EQ(refusal("SELECT id FROM warehouse LIMIT 1 OFFSET 1"), "syntax at 33");
    EXPECT_EQ(refusal("DELETE FROM warehouse RETURNING id"), "syntax at 22");
    EXPECT_EQ(refusal("SELECT id FROM warehouse LIMIT $1"), "syntax at 31");
    EXPECT_EQ(refusal("SELECT E'a'"), "syntax at 8");
}

TEST_F(Rewriting, maps_postgresql_s_refusals_to_the_planner_s_words) {
    const auto query = rewrite("SELECT id FROM warehouse WHERE id = $1");
    PgFailure failure;
    failure.sqlstate = "42883";
    failure.message = "operator does not exist: bigint = text";
    EXPECT_EQ(planning_error(failure, query, {}).message,
              "sbroad: could not resolve operator overload for =(int, text)");
    failure.sqlstate = "42703";
    failure.message = "column warehouse.nosuch does not exist";
    EXPECT_EQ(planning_error(failure, query, {}).message, "sbroad: column with name \"nosuch\" not found");
}

TEST_F(Rewriting, wraps_a_storage_s_error_in_the_router_s_json) {
    const auto query = rewrite("INSERT INTO warehouse VALUES (1, 'a', 1.5)");
    PgFailure failure;
    failure.sqlstate = "23505";
    failure.constraint = "warehouse_pkey";
    const auto error = execution_error(failure, query,
                                       {"some-uuid", DuplicateTuples{"[1, 1934, \"z\"]", "[1, 1934, \"a\"]"}});
    EXPECT_EQ(error.sqlstate, "XX000");
    EXPECT_THAT(error.message,
                HasSubstr(R"("message":"Error on replicaset some-uuid: Failed to execute '.proc_sql_execute': )"));
    EXPECT_THAT(
        error.message,
        HasSubstr(
            R"(Duplicate key exists in unique index \"1025_pkey\" in space \"warehouse\" with old tuple - [1, 1934, \"z\"])"));
}

TEST(Doubles, are_altered_on_the_way_in_as_measured) {
    EXPECT_EQ(format_double(*altered_double("1e300")), "9.223372036854776e18");
    EXPECT_EQ(format_double(*altered_double("1e-16")), "0");
    EXPECT_EQ(format_double(*altered_double("-0")), "0");
    EXPECT_EQ(format_double(*altered_double("Infinity")), "inf");
    EXPECT_EQ(altered_double("NaN"), std::nullopt);
}

TEST(Doubles, are_shown_as_measured) {
    for (const auto& [postgres, shown] : {std::pair{"1", "1.0"},
                                          {"1e+16", "1e16"},
                                          {"9.007199254740992e+15", "9007199254740992.0"},
                                          {"1e-05", "0.00001"},
                                          {"1e-06", "1e-6"},
                                          {"0", "0"},
                                          {"5e-324", "5e-324"},
                                          {"123456789.125", "123456789.125"}}) {
        EXPECT_EQ(format_double(postgres), shown);
    }
}

TEST(Values, a_binary_numeric_is_rounded_to_its_scale) {
    using namespace std::string_view_literals;
    EXPECT_EQ(decode_parameter("\0\2\0\0\0\0\0\0\0\1\x13\x88"sv, oid::numeric, 1, 1).value(), "2");
    EXPECT_EQ(decode_parameter("\0\2\0\0\x40\0\0\2\0\1\x13\x88"sv, oid::numeric, 1, 1).value(), "-1.50");
    EXPECT_EQ(decode_parameter("\0\0\0\0\xc0\0\0\0"sv, oid::numeric, 1, 1).error().sqlstate, "22P03");
}

TEST(Values, a_numeric_that_does_not_fit_has_no_binary_form) {
    EXPECT_EQ(encode_value("1.5", oid::numeric, 1).value(), (std::string{"\0\2\0\0\0\0\0\1\0\1\x13\x88", 12}));
    EXPECT_EQ(encode_value("79228162514264337593543950336", oid::numeric, 1).error().message,
              "encoding error: Invalid decimal: overflow from too many digits");
}

}  // namespace
}  // namespace picoxx::devcluster
