#include "../../../adapters/picodata/src/keys/key_reading.hpp"
#include "measured_buckets.hpp"
#include "naive_bucket.hpp"

#include <picoxx/picodata/bucket_id.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace picoxx {
namespace {

using ::testing::HasSubstr;

constexpr BucketRule old_rule{3000, DoubleKeys::as_doubles};

// ---------------------------------------------------------------------------------------------------- as users call it

std::int64_t integer(std::string_view text) {
    std::int64_t value = 0;
    EXPECT_EQ(std::from_chars(text.data(), text.data() + text.size(), value).ec, std::errc{}) << text;
    return value;
}

double number(std::string_view text) { return std::stod(std::string{text}); }

std::uint32_t bucket_of(const MeasuredBucket& measured) {
    const std::string_view text = measured.parameter;
    if (measured.column == "int") return bucket_id(3000, integer(text));
    if (measured.column == "text") return bucket_id(3000, text);
    if (measured.column == "bool") return bucket_id(3000, text == "t");
    if (measured.column == "uuid") return bucket_id(3000, *UuidKey::parse(text));
    if (measured.column == "decimal") return bucket_id(3000, *DecimalKey::parse(text));
    if (measured.column == "datetime" && measured.is_binary)
        return bucket_id(3000, DatetimeKey::of_microseconds(integer(text.substr(7))));
    if (measured.column == "datetime") return bucket_id(3000, *DatetimeKey::parse(text));
    // Bound without a cast an integral one is an integer before it is hashed; a cast makes a double of it again.
    if (!measured.is_cast) return bucket_id(old_rule, number(text));
    KeyHash hash;
    const double value = number(text);
    const bool is_integral = std::isfinite(value) && std::abs(value - std::trunc(value)) < 2.2e-16;
    const double bound = is_integral
                             ? std::clamp(std::trunc(value), -9223372036854775808.0, 9223372036854775808.0) + 0.0
                             : value;
    hash.add_double(bound, DoubleKeys::as_doubles);
    return hash.bucket(3000);
}

TEST(BucketId, is_that_of_the_real_server) {
    for (const MeasuredBucket& measured : measured_buckets) {
        EXPECT_EQ(bucket_of(measured), measured.bucket) << measured.column << ' ' << measured.parameter;
    }
}

TEST(BucketId, of_several_columns_is_that_of_the_real_server) {
    EXPECT_EQ(bucket_id(3000, 1, "x"), 1441U);
    EXPECT_EQ(bucket_id(3000, 1, nullptr), 2541U);
    EXPECT_EQ(bucket_id(3000, -5, ""), 1092U);
    EXPECT_EQ(bucket_id(3000, 1, 2), 2610U);
    EXPECT_EQ(bucket_id(3000, "2", 1), 2997U);
    EXPECT_EQ(bucket_id(3000, "4", 3), 2520U);
    EXPECT_EQ(bucket_id(3000, "kek", 1), 2036U);
    EXPECT_EQ(bucket_id(3000, "2", 2), 2356U);
    EXPECT_EQ(bucket_id(3000, "3", 3), 1787U);
}

// Measured on 26.1 and 26.3, 3000 buckets.
TEST(BucketId, follows_the_value_that_is_bound) {
    EXPECT_EQ(bucket_id(3000, 42), 2426U);
    EXPECT_EQ(bucket_id(3000, 7), 1860U);
    EXPECT_EQ(bucket_id(3000, nullptr), 1638U);
    EXPECT_EQ(bucket_id(3000, *DecimalKey::parse("42")), 2082U);
    EXPECT_EQ(bucket_id(3000, *DecimalKey::parse("42.0")), 839U);
    EXPECT_EQ(bucket_id(3000, 42.0), 2426U) << "as a number";
    EXPECT_EQ(bucket_id(old_rule, 42.5), 2586U);
    EXPECT_EQ(bucket_id(3000, 1.0), 1934U);
    EXPECT_EQ(bucket_id(3000, 400), 590U) << "an integer keeps its header";
}

TEST(BucketId, takes_what_keys_may_hold) {
    EXPECT_EQ(bucket_id(3000, std::optional<int>{42}), bucket_id(3000, 42));
    EXPECT_EQ(bucket_id(3000, std::optional<int>{}), bucket_id(3000, nullptr));
    EXPECT_EQ(bucket_id(3000, std::string{"x"}), bucket_id(3000, "x"));
    EXPECT_EQ(bucket_id(3000, std::uint64_t{42}), bucket_id(3000, 42));
    EXPECT_EQ(bucket_id(3000, std::numeric_limits<double>::quiet_NaN()), bucket_id(3000, nullptr));
    EXPECT_EQ(bucket_id(1, 42), 1U);
}

TEST(BucketId, refuses_texts_that_are_no_keys_of_their_type) {
    for (const char* text : {"", "-", ".", "1e", "1e1000", "x", "1 ", "1.2.3", "NaN", "Infinity",
                             "123456789012345678901234567890123456789"}) {
        const auto key = DecimalKey::parse(text);
        EXPECT_FALSE(key.ok()) << text;
        EXPECT_EQ(key.error().code, Errc::invalid_argument);
        EXPECT_THAT(key.error().text, HasSubstr("38 digits"));
    }
    for (const char* text : {"", "2026", "2026-13-01", "2026-02-30", "2026-01-01 10:00:00", "2026-01-01 10:00",
                             "2026-01-01 24:00:00Z", "2026-01-01 10:00:00Zx", "2026-01-01 10:00:00.Z", "now"}) {
        EXPECT_FALSE(DatetimeKey::parse(text).ok()) << text;
    }
    for (const char* text : {"", "e3069ee4-f145-4e49-a038-a6800e2aa1d", "e3069ee4+f145-4e49-a038-a6800e2aa1d9",
                             "g3069ee4-f145-4e49-a038-a6800e2aa1d9", "-3069ee4-f145-4e49-a038-a6800e2aa1d9"}) {
        EXPECT_FALSE(UuidKey::parse(text).ok()) << text;
    }
}

TEST(BucketId, of_a_datetime_depends_on_the_offset_that_is_written) {
    const auto bucket = [](const char* text) { return bucket_id(3000, *DatetimeKey::parse(text)); };
    EXPECT_EQ(bucket("2026-11-26T10:00:00Z"), bucket("2026-11-26 10:00:00+00:00"));
    EXPECT_EQ(bucket("2026-11-26T00:00:00Z"), bucket("2026-11-26"));
    EXPECT_EQ(bucket("2026-11-26 10:00:00.5+0300"), bucket("2026-11-26 10:00:00.500+03:00"));
    EXPECT_NE(bucket("2026-11-26 10:00:00Z"), bucket("2026-11-26 13:00:00+03"));
}

// ------------------------------------------------------------------------------------------- against a second opinion

TEST(BucketId, is_that_of_a_naive_implementation) {
    std::mt19937_64 random{42};
    for (int i = 0; i < 20'000; ++i) {
        const auto integer = static_cast<std::int64_t>(random()) >> random() % 64;
        std::string text(random() % 40, '\0');
        for (char& letter : text) letter = static_cast<char>(random());
        const bool flag = random() % 2 == 0;
        const double real = std::ldexp(static_cast<double>(static_cast<std::int64_t>(random())),
                                       static_cast<int>(random() % 120) - 90);
        const auto count = static_cast<std::uint32_t>(1 + random() % 10'000);

        EXPECT_EQ(bucket_id(count, integer), naive::bucket({naive::integer(integer)}, count)) << integer;
        EXPECT_EQ(bucket_id(count, text), naive::bucket({naive::text(text)}, count));
        EXPECT_EQ(bucket_id(count, integer, text, flag, text, nullptr),
                  naive::bucket({naive::integer(integer), naive::text(text), naive::boolean(flag), naive::text(text),
                                 naive::null()},
                                count));
        KeyHash hash;
        hash.add_double(real, DoubleKeys::as_numbers);
        EXPECT_EQ(hash.bucket(count), naive::bucket({naive::number(real)}, count)) << real;
        KeyHash old;
        old.add_double(real, DoubleKeys::as_doubles);
        EXPECT_EQ(old.bucket(count), naive::bucket({naive::tagged_double(real)}, count)) << real;
    }
}

TEST(BucketId, of_decimals_is_that_of_a_naive_implementation) {
    std::mt19937_64 random{7};
    for (int i = 0; i < 20'000; ++i) {
        std::string digits;
        for (std::size_t left = 1 + random() % 38; left > 0; --left) digits += static_cast<char>('0' + random() % 10);
        const std::size_t scale = random() % (digits.size() + 1);
        const bool is_negative = random() % 2 == 0;
        std::string written = (is_negative ? "-" : "") + digits.substr(0, digits.size() - scale);
        if (scale > 0) written += '.' + digits.substr(digits.size() - scale);
        const auto key = DecimalKey::parse(written);
        ASSERT_TRUE(key.ok()) << written;
        EXPECT_EQ(bucket_id(3000, *key),
                  naive::bucket({naive::decimal(digits, static_cast<int>(scale), is_negative)}, 3000))
            << written;
    }
}

// ------------------------------------------------------------------------------------------------- of bound parameters

struct Bound {
    Bound(Oid type, Format format, std::string bytes) : text{std::move(bytes)} {
        parameter = {type, format, std::as_bytes(std::span{text.data(), text.size()})};
    }
    std::string text;
    Parameter parameter;
};

std::optional<std::uint32_t> bucket_of(const Parameter& parameter, KeyReading reading) {
    KeyHash hash;
    if (!add_parameter(hash, parameter, reading)) return std::nullopt;
    return hash.bucket(3000);
}

std::vector<std::uint32_t> all_buckets_of(const Parameter& parameter) {
    std::vector<std::uint32_t> buckets;
    for (const KeyReading reading : readings_of(parameter)) {
        if (const auto bucket = bucket_of(parameter, reading)) buckets.push_back(*bucket);
    }
    return buckets;
}

TEST(KeyReading, one_of_them_is_right_for_each_parameter_that_was_measured) {
    for (const MeasuredBucket& measured : measured_buckets) {
        if (measured.is_binary || measured.is_cast) continue;
        const Bound bound{oid::inferred, Format::text, std::string{measured.parameter}};
        EXPECT_THAT(all_buckets_of(bound.parameter), ::testing::Contains(measured.bucket))
            << measured.column << ' ' << measured.parameter;
    }
}

TEST(KeyReading, reads_binary_parameters) {
    const auto big_endian = [](std::uint64_t value) {
        std::string bytes;
        for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
        return bytes;
    };
    const Bound integer{oid::int8, Format::binary, big_endian(static_cast<std::uint64_t>(-32768))};
    EXPECT_EQ(bucket_of(integer.parameter, KeyReading::integer), 105U);
    const Bound narrow{oid::int2, Format::binary, big_endian(static_cast<std::uint64_t>(-32768)).substr(6)};
    EXPECT_EQ(bucket_of(narrow.parameter, KeyReading::integer), 105U);
    const Bound as_decimal{oid::int8, Format::binary, big_endian(42)};
    EXPECT_EQ(bucket_of(as_decimal.parameter, KeyReading::decimal), 2082U);
    const Bound real{oid::float8, Format::binary, big_endian(std::bit_cast<std::uint64_t>(0.1))};
    EXPECT_EQ(bucket_of(real.parameter, KeyReading::bound_as_double), 2673U);
    const Bound flag{oid::boolean, Format::binary, std::string{"\1"}};
    EXPECT_EQ(bucket_of(flag.parameter, KeyReading::boolean), 2131U);
    const Bound moment{oid::timestamptz, Format::binary, big_endian(1)};
    EXPECT_EQ(bucket_of(moment.parameter, KeyReading::datetime), 320U);
    const Bound text{oid::text, Format::binary, "metalware"};
    EXPECT_EQ(bucket_of(text.parameter, KeyReading::text), 1269U);
}

TEST(KeyReading, does_not_guess_where_the_arithmetic_is_not_certain) {
    const Bound numeric{oid::numeric, Format::binary, std::string(10, '\0')};
    EXPECT_TRUE(readings_of(numeric.parameter).empty());
    const Bound json{oid::json, Format::text, "{}"};
    EXPECT_TRUE(readings_of(json.parameter).empty());
    const Bound word{oid::inferred, Format::text, "word"};
    EXPECT_EQ(bucket_of(word.parameter, KeyReading::integer), std::nullopt);
    EXPECT_EQ(bucket_of(word.parameter, KeyReading::uuid), std::nullopt);
}

TEST(KeyReading, null_is_null_in_each) {
    const Parameter null{oid::inferred, Format::binary, std::nullopt};
    for (const std::uint32_t bucket : all_buckets_of(null)) EXPECT_EQ(bucket, 1638U);
}

}  // namespace
}  // namespace picoxx
