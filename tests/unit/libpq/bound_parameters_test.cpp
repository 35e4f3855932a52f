#include "bound_parameters.hpp"

#include <gtest/gtest.h>

#include <cstdint>
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
    ASSERT_TRUE(bound.bind(parameters, 0).ok());
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
    ASSERT_TRUE(bound.bind(std::span{&empty, 1}, 0).ok());
    EXPECT_NE(bound.values()[0], nullptr);
    EXPECT_EQ(bound.lengths()[0], 0);
}

TEST(BoundParameters, a_text_with_a_nul_byte_goes_with_its_length) {
    const std::string value{"a\0b", 3};
    const Parameter parameter = text(value);
    BoundParameters bound;
    ASSERT_TRUE(bound.bind(std::span{&parameter, 1}, 0).ok());
    EXPECT_EQ(bound.formats()[0], 1);
    EXPECT_EQ(bound.lengths()[0], 3);
    for (const Oid type : {oid::int8, oid::inferred}) {
        const std::vector<Parameter> refused{text("fine"), text(value, type)};
        const Status status = bound.bind(refused, 0);
        ASSERT_FALSE(status.ok());
        EXPECT_EQ(status.error().code, Errc::invalid_argument);
        EXPECT_NE(status.error().text.find("parameter $2 holds a NUL byte"), std::string::npos);
    }
}

TEST(BoundParameters, what_does_not_fit_a_message_is_refused_unread) {
    // given values of which nobody can read a byte
    constexpr std::size_t half = BoundParameters::max_bytes / 2;
    const auto* const nowhere = reinterpret_cast<const std::byte*>(std::uintptr_t{4096});
    const Parameter large{oid::text, Format::binary, std::span{nowhere, half}};
    const Parameter larger{oid::text, Format::text, std::span{nowhere, 3 * half}};
    BoundParameters bound;

    const std::vector<Parameter> fits{large};
    EXPECT_TRUE(bound.bind(fits, 100).ok());
    const std::vector<Parameter> just_too_long{large, large};
    EXPECT_FALSE(bound.bind(just_too_long, 100).ok());
    EXPECT_FALSE(bound.bind(fits, half).ok()) << "the statement counts, too";
    EXPECT_FALSE(bound.bind({}, 3 * half).ok());
    EXPECT_FALSE(bound.bind_types({}, 3 * half).ok());
    const Status status = bound.bind(std::span{&larger, 1}, 7);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, Errc::invalid_argument);
    for (const std::size_t number : {3 * half + 7, BoundParameters::max_bytes}) {
        EXPECT_NE(status.error().text.find(std::to_string(number)), std::string::npos) << status.error().text;
    }
}

TEST(BoundParameters, a_prepare_needs_the_types_and_no_values) {
    const std::string value{"a\0b", 3};
    const std::vector<Parameter> parameters{text(value, oid::int8), {oid::text, Format::binary, std::nullopt}};
    BoundParameters bound;
    ASSERT_TRUE(bound.bind_types(parameters, 0).ok());
    ASSERT_EQ(bound.count(), 2);
    EXPECT_EQ(bound.types()[0], oid::int8);
    EXPECT_EQ(bound.types()[1], oid::text);
}

TEST(BoundParameters, keep_their_capacity) {
    const std::vector<Parameter> parameters(100);
    BoundParameters bound;
    ASSERT_TRUE(bound.bind(parameters, 0).ok());
    const auto* const before = bound.types();
    ASSERT_TRUE(bound.bind(std::span{parameters}.first(3), 0).ok());
    EXPECT_EQ(bound.count(), 3);
    ASSERT_TRUE(bound.bind(parameters, 0).ok());
    EXPECT_EQ(bound.types(), before);
}

}  // namespace
}  // namespace picoxx::libpq
