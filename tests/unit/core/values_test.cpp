// Parameters on their way out, values on their way in.
#include <picoxx/exception.hpp>
#include <picoxx/parameters.hpp>
#include <picoxx/rows.hpp>
#include <picoxx/testing/error_in.hpp>
#include <picoxx/testing/vector_row_block.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

namespace picoxx {
namespace {

using testing::Cell;
using testing::error_in;
using ::testing::HasSubstr;

std::string bytes_of(const Parameter& parameter) {
    return parameter.value
               ? std::string{reinterpret_cast<const char*>(parameter.value->data()), parameter.value->size()}
               : "NULL";
}

TEST(Parameters, travel_as_documented) {
    const Parameters parameters{true,
                                7,
                                std::int64_t{-1},
                                2.5,
                                "text",
                                std::string{"more"},
                                nullptr,
                                std::optional<int>{},
                                std::optional<int>{3}};

    ASSERT_EQ(parameters.size(), 9U);
    EXPECT_EQ(parameters[0].type, oid::boolean);
    EXPECT_EQ(bytes_of(parameters[1]), *testing::int8_cell(7));
    EXPECT_EQ(bytes_of(parameters[2]), *testing::int8_cell(-1));
    EXPECT_EQ(parameters[3].type, oid::float8);
    EXPECT_EQ(bytes_of(parameters[3]), *testing::float8_cell(2.5));
    EXPECT_EQ(parameters[4].type, oid::inferred);
    EXPECT_EQ(parameters[4].format, Format::text);
    EXPECT_EQ(bytes_of(parameters[5]), "more");
    EXPECT_FALSE(parameters[6].value.has_value());
    EXPECT_EQ(parameters[7].type, oid::int8) << "NULL of the type it would have had";
    EXPECT_EQ(bytes_of(parameters[8]), *testing::int8_cell(3)) << "more than fit without an allocation";
}

TEST(Parameters, every_text_value_is_followed_by_a_nul) {
    const Parameters parameters{"a", std::string(1'000, 'x'), "b"};

    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const auto value = *parameters[i].value;
        EXPECT_EQ(*(value.data() + value.size()), std::byte{0});
    }
    EXPECT_EQ(bytes_of(parameters[1]), std::string(1'000, 'x'));
}

TEST(Parameters, text_with_a_nul_inside_arrives_whole) {
    const Parameters parameters{std::string{"a\0b", 3}};

    EXPECT_EQ(parameters[0].type, oid::text);
    EXPECT_EQ(parameters[0].format, Format::binary);
    EXPECT_EQ(bytes_of(parameters[0]).size(), 3U);
}

TEST(Parameters, a_number_out_of_range_is_named) {
    const Parameters parameters{1, std::uint64_t{9'223'372'036'854'775'807U},
                                std::uint64_t{9'223'372'036'854'775'808U}};

    EXPECT_EQ(parameters.error()->code, Errc::invalid_argument);
    EXPECT_THAT(parameters.error()->text, HasSubstr("$3"));
    EXPECT_THAT(parameters.error()->text, HasSubstr("9223372036854775807"));
}

Rows one_row(Oid type, Cell cell, Format format = Format::binary) {
    return Rows{std::make_unique<testing::VectorRowBlock>(std::vector<testing::OwnedColumn>{{"c", type, format}},
                                                          std::vector<testing::Row>{{std::move(cell)}}),
                "SELECT 1"};
}

TEST(Values, are_read_in_both_formats) {
    EXPECT_EQ(one_row(oid::int8, testing::int8_cell(-5)).front().get<std::int64_t>(0), -5);
    EXPECT_EQ(one_row(oid::int8, "-5", Format::text).front().get<std::int64_t>(0), -5);
    EXPECT_EQ(one_row(oid::int4, Cell{std::string{"\xff\xff\xff\xfe", 4}}).front().get<std::int32_t>(0), -2);
    EXPECT_EQ(one_row(oid::int2, Cell{std::string{"\x01\x00", 2}}).front().get<std::int16_t>(0), 256);
    EXPECT_EQ(one_row(oid::int8, testing::int8_cell(7)).front().get<long long>(0), 7);
    EXPECT_EQ(one_row(oid::float8, testing::float8_cell(2.5)).front().get<double>(0), 2.5);
    EXPECT_EQ(one_row(oid::float8, "1e300", Format::text).front().get<double>(0), 1e300);
    EXPECT_TRUE(one_row(oid::boolean, testing::bool_cell(true)).front().get<bool>(0));
    EXPECT_FALSE(one_row(oid::boolean, "f", Format::text).front().get<bool>(0));
    EXPECT_EQ(one_row(oid::text, "text").front().get<std::string>(0), "text");
    EXPECT_EQ(one_row(oid::json, "[1]").front().get<std::string_view>(0), "[1]");
    EXPECT_EQ(one_row(oid::text, "").front().get<std::optional<std::string>>("c"), "");
    EXPECT_EQ(one_row(oid::text, testing::null_cell).front().get<std::optional<std::string>>("c"), std::nullopt);
}

TEST(Values, of_another_type_are_refused_naming_column_and_types) {
    const Error error = error_in([] { static_cast<void>(one_row(oid::text, "x").front().get<std::int64_t>(0)); });

    EXPECT_EQ(error.code, Errc::column_mismatch);
    for (const char* part : {"\"c\"", "text", "std::int64_t"}) EXPECT_THAT(error.text, HasSubstr(part));
    EXPECT_EQ(error_in([] { static_cast<void>(one_row(oid::int8, testing::int8_cell(1)).front().get<bool>(0)); }).code,
              Errc::column_mismatch);
    EXPECT_EQ(
        error_in([] { static_cast<void>(one_row(oid::int8, testing::int8_cell(1)).front().get<double>(0)); }).code,
        Errc::column_mismatch);
    EXPECT_EQ(error_in([] {
                  static_cast<void>(one_row(oid::int8, testing::int8_cell(1)).front().get<std::string_view>(0));
              }).code,
              Errc::column_mismatch);
}

TEST(Values, that_do_not_fit_are_refused) {
    EXPECT_THAT(error_in([] {
                    static_cast<void>(one_row(oid::int8, testing::int8_cell(40'000)).front().get<std::int16_t>(0));
                }).text,
                HasSubstr("out of range"));
    EXPECT_EQ(one_row(oid::int8, testing::int8_cell(-32'768)).front().get<std::int16_t>(0), -32'768);
}

TEST(Values, null_needs_a_type_that_can_hold_it) {
    const Error error = error_in(
        [] { static_cast<void>(one_row(oid::int8, testing::null_cell).front().get<std::int64_t>(0)); });

    EXPECT_EQ(error.code, Errc::null_value);
    EXPECT_THAT(error.text, HasSubstr("\"c\""));
}

TEST(Values, there_is_no_such_column) {
    EXPECT_EQ(error_in([] { static_cast<void>(one_row(oid::text, "x").front().get<std::string>(1)); }).code,
              Errc::column_mismatch);
    EXPECT_THAT(error_in([] { static_cast<void>(one_row(oid::text, "x").front().get<std::string>("d")); }).text,
                HasSubstr("\"d\""));
    EXPECT_THAT(error_in([] { static_cast<void>(one_row(oid::text, "x").front().as<std::string, int>()); }).text,
                HasSubstr("1 columns, not 2"));
}

std::string hex(std::string_view digits) {
    std::string bytes;
    for (std::size_t i = 0; i < digits.size(); i += 2)
        bytes += static_cast<char>(std::stoi(std::string{digits.substr(i, 2)}, nullptr, 16));
    return bytes;
}

TEST(Values, are_rendered_as_psql_would) {
    const auto rendered = [](Oid type, Cell cell) {
        return one_row(type, std::move(cell)).front().get<std::string>(0);
    };

    EXPECT_EQ(rendered(oid::int8, testing::int8_cell(-12)), "-12");
    EXPECT_EQ(rendered(oid::boolean, testing::bool_cell(true)), "t");
    EXPECT_EQ(rendered(oid::float8, testing::float8_cell(0.1)), "0.1");
    EXPECT_EQ(rendered(oid::uuid, hex("6f2ba4c40a4c4d7986ae43d4f84b70e1")), "6f2ba4c4-0a4c-4d79-86ae-43d4f84b70e1");
    EXPECT_EQ(rendered(oid::numeric, hex("00020000000000010001"
                                         "1388")),
              "1.5");
    EXPECT_EQ(rendered(oid::numeric, hex("0001000040000002"
                                         "0001")),
              "-1.00");
    EXPECT_EQ(rendered(oid::numeric, hex("0001ffff00000003"
                                         "0019")),
              "0.002");
    EXPECT_EQ(rendered(oid::numeric, hex("0002000100000000"
                                         "00010000")),
              "10000");
    EXPECT_EQ(rendered(oid::numeric, hex("00010000000000000000")), "0") << "as 25.6 sends it";
    EXPECT_EQ(rendered(oid::numeric, hex("0000000000000000")), "0") << "as 26.1 sends it";
    EXPECT_EQ(rendered(oid::timestamptz, testing::int8_cell(0)), "2000-01-01 00:00:00+00");
    EXPECT_EQ(rendered(oid::timestamptz, testing::int8_cell(-1)), "1999-12-31 23:59:59.999999+00");
    EXPECT_EQ(rendered(17, hex("00ff")), "\\x00ff") << "a type that is not known";
}

TEST(Rows, are_iterated_and_printed) {
    const Rows rows{std::make_unique<testing::VectorRowBlock>(
                        std::vector<testing::OwnedColumn>{{"id", oid::int8}, {"item", oid::text}},
                        std::vector<testing::Row>{{testing::int8_cell(1), Cell{"bolt"}},
                                                  {testing::int8_cell(2), testing::null_cell}}),
                    "SELECT 2"};
    std::ostringstream out;
    out << rows;

    EXPECT_EQ(out.str(), "1 | bolt\n2 | NULL\n");
    EXPECT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows.column(1).name, "item");
    EXPECT_TRUE(rows[1].is_null(1));
    EXPECT_EQ(rows.status(), "SELECT 2");
    const Rows none;
    EXPECT_TRUE(none.empty());
    EXPECT_EQ(none.begin(), none.end());
}

TEST(TypedRows, check_each_row_when_it_is_reached) {
    const TypedRows<std::int64_t, std::optional<std::string>> rows{Rows{
        std::make_unique<testing::VectorRowBlock>(
            std::vector<testing::OwnedColumn>{{"id", oid::int8}, {"item", oid::text}},
            std::vector<testing::Row>{{testing::int8_cell(1), Cell{"bolt"}}, {testing::null_cell, testing::null_cell}}),
        "SELECT 2"}};

    auto row = rows.begin();
    EXPECT_EQ(*row, (std::tuple{std::int64_t{1}, std::optional<std::string>{"bolt"}}));
    ++row;
    EXPECT_EQ(error_in([&] { static_cast<void>(*row); }).code, Errc::null_value);
}

TEST(ErrorText, is_one_line_of_its_parts) {
    Error error = make_error(Errc::server_error, "the server reported an error", Effect::partial);
    error.sqlstate = "XX000";
    error.server_text = "no";
    error.node = "i1 (h:1)";

    EXPECT_EQ(describe(error), "server_error XX000 (effect partial) at i1 (h:1): the server reported an error: no");
    EXPECT_EQ(error_of(nullptr).code, Errc::ok);
    EXPECT_EQ(error_of(std::make_exception_ptr(Exception{error})).sqlstate, "XX000");
    EXPECT_EQ(error_of(std::make_exception_ptr(std::runtime_error{"x"})).code, Errc::internal);
}

}  // namespace
}  // namespace picoxx
