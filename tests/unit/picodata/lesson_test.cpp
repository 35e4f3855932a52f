#include "../../../adapters/picodata/src/routing/lesson.hpp"

#include <picoxx/picodata/bucket_id.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace picoxx {
namespace {

using ::testing::ElementsAre;
using State = Lesson::State;

constexpr std::uint32_t bucket_count = 3000;

/// Parameters with what they point into.
class Values {
public:
    Values& integer(std::int64_t value) {
        std::string bytes;
        for (int shift = 56; shift >= 0; shift -= 8)
            bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> shift);
        return add(oid::int8, Format::binary, std::move(bytes));
    }
    Values& text(std::string value) { return add(oid::inferred, Format::text, std::move(value)); }
    Values& null() {
        parameters_.push_back({oid::inferred, Format::binary, std::nullopt});
        return *this;
    }
    operator std::span<const Parameter>() const { return parameters_; }  // NOLINT(google-explicit-constructor)

private:
    Values& add(Oid type, Format format, std::string bytes) {
        const std::string& kept = bytes_.emplace_back(std::move(bytes));
        parameters_.push_back({type, format, std::as_bytes(std::span{kept.data(), kept.size()})});
        return *this;
    }

    std::deque<std::string> bytes_;
    std::vector<Parameter> parameters_;
};

Values values(std::int64_t one) { return std::move(Values{}.integer(one)); }
Values values(std::int64_t one, std::int64_t two) { return std::move(Values{}.integer(one).integer(two)); }

BucketSet some(std::vector<std::uint32_t> buckets) {
    std::sort(buckets.begin(), buckets.end());
    buckets.erase(std::unique(buckets.begin(), buckets.end()), buckets.end());
    return {BucketSet::Kind::some, std::move(buckets)};
}
template <class... Keys>
BucketSet bucket(Keys... keys) {
    return some({bucket_id(bucket_count, keys...)});
}

// What a router would do with what was learned.
std::vector<std::uint32_t> told_by(const Lesson& lesson, std::span<const Parameter> parameters) {
    std::vector<std::uint32_t> buckets;
    for (const KeyGuess& guess : lesson.guesses()) buckets.push_back(guess.bucket(parameters, bucket_count));
    return buckets;
}

TEST(Lesson, is_learned_from_two_executions_with_different_keys) {
    Lesson lesson;
    lesson.observe(values(42, 1), bucket(42), bucket_count);
    EXPECT_EQ(lesson.state(), State::open);
    lesson.observe(values(7, 1), bucket(7), bucket_count);

    ASSERT_EQ(lesson.state(), State::learned);
    EXPECT_THAT(told_by(lesson, values(5, 9)), ElementsAre(bucket_id(bucket_count, 5)));
}

TEST(Lesson, the_same_key_again_teaches_nothing) {
    Lesson lesson;
    for (int i = 0; i < 3; ++i) lesson.observe(values(42, i), bucket(42), bucket_count);
    EXPECT_EQ(lesson.state(), State::open) << "it may be a constant";
}

TEST(Lesson, finds_a_composite_key_in_any_order) {
    Lesson lesson;
    for (const auto& [town, id] : std::vector<std::pair<std::string, int>>{{"Berlin", 1}, {"Rome", 2}, {"Oslo", 3}}) {
        lesson.observe(Values{}.integer(id).text("filler").text(town), bucket(town, id), bucket_count);
    }
    ASSERT_EQ(lesson.state(), State::learned);
    EXPECT_THAT(told_by(lesson, Values{}.integer(9).text("x").text("Bonn")),
                ElementsAre(bucket_id(bucket_count, "Bonn", 9)));
}

// The hash follows what is bound: the column may be a DECIMAL, the parameter an integer.
TEST(Lesson, finds_out_how_a_parameter_is_read) {
    Lesson as_decimal;
    for (const int id : {1, 2, 3})
        as_decimal.observe(values(id), bucket(*DecimalKey::parse(std::to_string(id))), bucket_count);
    EXPECT_THAT(told_by(as_decimal, values(42)), ElementsAre(2082));

    Lesson as_integer;
    for (const char* id : {"1", "2", "3"}) as_integer.observe(Values{}.text(id), bucket(std::stoi(id)), bucket_count);
    EXPECT_THAT(told_by(as_integer, Values{}.text("42")), ElementsAre(2426));

    Lesson as_uuid;
    for (const char last : {'1', '2', '3'}) {
        const std::string id = std::string{"e3069ee4-f145-4e49-a038-a6800e2aa1d"} + last;
        as_uuid.observe(Values{}.text(id), bucket(*UuidKey::parse(id)), bucket_count);
    }
    EXPECT_THAT(told_by(as_uuid, Values{}.text("e3069ee4-f145-4e49-a038-a6800e2aa1d9")), ElementsAre(790));
    EXPECT_THAT(told_by(as_uuid, Values{}.text("no uuid")), ElementsAre(0)) << "nothing is known of it";
}

TEST(Lesson, of_a_list_has_a_key_for_each_row) {
    Lesson lesson;
    for (int i = 0; i < 3; ++i) {
        lesson.observe(Values{}.integer(i).text("a").integer(100 + i).text("b"),
                       some({bucket_id(bucket_count, i), bucket_id(bucket_count, 100 + i)}), bucket_count);
    }
    ASSERT_EQ(lesson.state(), State::learned);
    EXPECT_THAT(told_by(lesson, Values{}.integer(42).text("a").integer(7).text("b")),
                ::testing::UnorderedElementsAre(2426, 1860));
}

TEST(Lesson, without_parameters_is_a_constant) {
    Lesson lesson;
    lesson.observe({}, bucket(42), bucket_count);
    ASSERT_EQ(lesson.state(), State::learned);
    EXPECT_THAT(told_by(lesson, {}), ElementsAre(2426));
}

TEST(Lesson, believes_a_constant_beside_parameters_after_several_executions) {
    Lesson lesson;
    int seen = 0;
    for (; lesson.state() == State::open && seen < 20; ++seen)
        lesson.observe(values(seen, seen * seen), bucket(42), bucket_count);
    EXPECT_EQ(lesson.state(), State::learned);
    EXPECT_GT(seen, 3);
    EXPECT_THAT(told_by(lesson, values(5, 9)), ElementsAre(2426));
}

TEST(Lesson, waits_where_two_parameters_were_equal_so_far) {
    Lesson lesson;
    lesson.observe(values(42, 42), bucket(42), bucket_count);
    lesson.observe(values(7, 7), bucket(7), bucket_count);
    EXPECT_EQ(lesson.state(), State::open);
    lesson.observe(values(8, 9), bucket(8), bucket_count);
    ASSERT_EQ(lesson.state(), State::learned);
    EXPECT_THAT(told_by(lesson, values(5, 6)), ElementsAre(bucket_id(bucket_count, 5)));
}

TEST(Lesson, gives_up_what_parameters_do_not_tell) {
    for (const BucketSet::Kind kind :
         {BucketSet::Kind::all, BucketSet::Kind::unknown, BucketSet::Kind::unclear, BucketSet::Kind::any}) {
        Lesson lesson;
        for (int i = 0; i < 2; ++i) lesson.observe(values(i), {kind, {}}, bucket_count);
        EXPECT_EQ(lesson.state(), State::unroutable);
    }
    Lesson other_key;  // such as `id = $1 + 1`
    for (int i = 0; i < 10 && other_key.state() == State::open; ++i)
        other_key.observe(values(i), bucket(i + 1), bucket_count);
    EXPECT_EQ(other_key.state(), State::unroutable);
}

TEST(Lesson, is_not_troubled_by_a_contradiction_in_the_statement) {
    Lesson lesson;
    lesson.observe(values(42, 1), bucket(42), bucket_count);
    for (int i = 0; i < 3; ++i) lesson.observe(values(3, 4), {BucketSet::Kind::none, {}}, bucket_count);
    lesson.observe(values(7, 1), bucket(7), bucket_count);
    EXPECT_EQ(lesson.state(), State::learned);
}

// The table was made anew, by another key.
TEST(Lesson, begins_anew_where_it_is_contradicted) {
    Lesson lesson;
    lesson.observe(values(42, 1), bucket(42), bucket_count);
    lesson.observe(values(7, 2), bucket(7), bucket_count);
    ASSERT_EQ(lesson.state(), State::learned);

    lesson.observe(values(8, 3), bucket(3), bucket_count);
    EXPECT_EQ(lesson.state(), State::open);
    lesson.observe(values(8, 4), bucket(4), bucket_count);
    ASSERT_EQ(lesson.state(), State::learned);
    EXPECT_THAT(told_by(lesson, values(1, 5)), ElementsAre(bucket_id(bucket_count, 5)));
}

// With few buckets chance would teach: there more has to be told.
TEST(Lesson, wants_more_where_chance_is_greater) {
    constexpr std::uint32_t few = 10;
    std::mt19937_64 random{5};
    int needed = 0;
    for (int run = 0; run < 200; ++run) {
        Lesson lesson;
        int told = 0;
        for (; lesson.state() == State::open && told < 100; ++told) {
            Values drawn;
            for (int i = 0; i < 4; ++i) drawn.integer(static_cast<std::int64_t>(random() % 1'000'000));
            const std::span<const Parameter> parameters = drawn;
            std::int64_t key = 0;
            std::memcpy(&key, parameters[2].value->data(), sizeof key);
            key = static_cast<std::int64_t>(__builtin_bswap64(static_cast<std::uint64_t>(key)));
            lesson.observe(parameters, some({bucket_id(few, key)}), few);
        }
        needed = std::max(needed, told);
        ASSERT_EQ(lesson.state(), State::learned);
        int right = 0;
        for (std::int64_t key = 0; key < 100; ++key) {
            const Values probe = std::move(Values{}.integer(1).integer(2).integer(key).integer(4));
            bool all_right = true;
            for (const KeyGuess& guess : lesson.guesses())
                all_right = all_right && guess.bucket(probe, few) == bucket_id(few, key);
            right += all_right ? 1 : 0;
        }
        EXPECT_EQ(right, 100) << "run " << run;
    }
    EXPECT_GT(needed, 3);
}

// The more keys there are to be tried the more chance could teach.
TEST(Lesson, of_one_column_is_learned_from_two_executions_however_many_parameters_there_are) {
    for (std::size_t count = 1; count <= 12; ++count) {
        Lesson lesson;
        for (const int id : {42, 7}) {
            Values drawn;
            for (std::size_t i = 0; i < count; ++i) drawn.integer(static_cast<int>(i) * 1'000 + id);
            lesson.observe(drawn, bucket(static_cast<int>(count - 1) * 1'000 + id), bucket_count);
        }
        EXPECT_EQ(lesson.state(), State::learned) << count;
    }
}

TEST(Lesson, of_a_composite_key_among_many_parameters_is_learned_too) {
    Lesson lesson;
    for (int id = 0; id < 5 && lesson.state() == State::open; ++id) {
        Values drawn;
        for (int i = 0; i < 40; ++i) drawn.integer(i * 1'000 + id * (i + 1));
        const auto value = [&](int i) { return i * 1'000 + id * (i + 1); };
        lesson.observe(drawn, bucket(value(2), value(1)), bucket_count);
    }
    ASSERT_EQ(lesson.state(), State::learned);
}

}  // namespace
}  // namespace picoxx
