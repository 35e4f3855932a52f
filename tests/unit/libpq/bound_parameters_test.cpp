#include "bound_parameters.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace picoxx::libpq {
namespace {

Parameter text(std::string_view value, Oid type = oid::text) {
    return {type, Format::text, std::as_bytes(std::span{value.data(), value.size()})};
}

TEST(BoundParameters, point_at_the_values_themselves) {
    const std::string word = "word";
    const std::vector<Parameter> parameters{text(word), {oid::int8, Format::binary, std::nullopt}};
    BoundParameters bound;
    bound.bind(parameters);
    ASSERT_EQ(bound.count(), 2);
    EXPECT_EQ(bound.values()[0], word.data());
    EXPECT_EQ(bound.lengths()[0], 4);
    EXPECT_EQ(bound.formats()[0], 0);
    EXPECT_EQ(bound.types()[1], oid::int8);
    EXPECT_EQ(bound.values()[1], nullptr);
    EXPECT_EQ(bound.formats()[1], 1);
}

TEST(BoundParameters, an_empty_value_without_an_address_is_not_null) {
    Parameter empty = text("");
    empty.value = std::span<const std::byte>{};
    BoundParameters bound;
    bound.bind(std::span{&empty, 1});
    EXPECT_NE(bound.values()[0], nullptr);
    EXPECT_EQ(bound.lengths()[0], 0);
}

TEST(BoundParameters, a_text_with_a_nul_byte_goes_with_its_length) {
    const std::string value{"a\0b", 3};
    const Parameter parameter = text(value);
    EXPECT_EQ(why_refused(parameter), nullptr);
    BoundParameters bound;
    bound.bind(std::span{&parameter, 1});
    EXPECT_EQ(bound.formats()[0], 1);
    EXPECT_EQ(bound.lengths()[0], 3);
    EXPECT_NE(why_refused(text(value, oid::int8)), nullptr);
    EXPECT_NE(why_refused(text(value, oid::inferred)), nullptr);
}

TEST(BoundParameters, keep_their_capacity) {
    const std::vector<Parameter> parameters(100);
    BoundParameters bound;
    bound.bind(parameters);
    const auto* const before = bound.types();
    bound.bind(std::span{parameters}.first(3));
    EXPECT_EQ(bound.count(), 3);
    bound.bind(parameters);
    EXPECT_EQ(bound.types(), before);
}

}  // namespace
}  // namespace picoxx::libpq
