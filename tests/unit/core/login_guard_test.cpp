#include "settings/login_guard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

namespace picoxx {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr TimePoint start = TimePoint{} + 1h;
const Error refusal = make_error(Errc::authentication_failed, "the password is wrong");

class LoginGuardTest : public ::testing::Test {
protected:
    Error begin(const std::string& password, TimePoint now, const std::string& address = "10.0.0.1:4327") {
        return guard.begin(address, password, now, attempt);
    }
    // @return whether it was tried at all
    bool is_refused(const std::string& password, TimePoint now, const std::string& address = "10.0.0.1:4327") {
        if (begin(password, now, address)) return false;
        attempt.refused(refusal, now);
        return true;
    }

    LoginGuard guard;
    LoginGuard::Attempt attempt;
};

TEST_F(LoginGuardTest, an_old_password_is_tried_three_times_within_a_day) {
    int tries = 0;
    for (TimePoint now = start; now < start + 24h; now += 1s) tries += is_refused("0ld", now) ? 1 : 0;
    EXPECT_EQ(tries, 3);
    EXPECT_TRUE(is_refused("0ld", start + 25h)) << "somebody may have mended it";
}

TEST_F(LoginGuardTest, the_pauses_are_half_a_minute_ten_minutes_and_a_day) {
    ASSERT_TRUE(is_refused("0ld", start));
    EXPECT_FALSE(is_refused("0ld", start + 30s - 1ms));
    ASSERT_TRUE(is_refused("0ld", start + 30s));
    EXPECT_FALSE(is_refused("0ld", start + 10min));
    ASSERT_TRUE(is_refused("0ld", start + 10min + 30s));
    EXPECT_FALSE(is_refused("0ld", start + 24h));
}

TEST_F(LoginGuardTest, what_it_says_names_the_address_and_the_pause_and_no_password) {
    ASSERT_TRUE(is_refused("T0psecret", start));
    const Error error = begin("T0psecret", start + 10s);
    EXPECT_EQ(error.code, Errc::authentication_failed);
    EXPECT_THAT(error.text, HasSubstr("the password is wrong; after 1 refused login at 10.0.0.1:4327"));
    EXPECT_THAT(error.text, HasSubstr("is tried in 20 s"));
    EXPECT_THAT(error.text, Not(HasSubstr("T0psecret")));
}

TEST_F(LoginGuardTest, another_password_is_tried_at_once) {
    for (const Duration time : {Duration{0s}, Duration{30s}, Duration{11min}}) {
        ASSERT_TRUE(is_refused("0ld", start + time));
    }
    ASSERT_FALSE(begin("N3w", start + 11min));
    attempt.accepted(start + 11min);
    EXPECT_FALSE(guard.was_refused("0ld")) << "all is forgotten";
}

TEST_F(LoginGuardTest, ever_new_passwords_have_their_pauses_too) {
    int tries = 0;
    for (int i = 0; i < 100; ++i) tries += is_refused("wrong " + std::to_string(i), start + i * 1s) ? 1 : 0;
    EXPECT_EQ(tries, 3);
}

TEST_F(LoginGuardTest, each_address_is_its_own) {
    ASSERT_TRUE(is_refused("0ld", start));
    EXPECT_TRUE(is_refused("0ld", start, "10.0.0.2:4327"));
    EXPECT_TRUE(guard.was_refused("0ld"));
    EXPECT_FALSE(guard.was_refused("N3w"));
}

TEST_F(LoginGuardTest, until_a_first_login_was_accepted_one_is_tried_at_a_time) {
    LoginGuard::Attempt first, second;
    ASSERT_FALSE(guard.begin("10.0.0.1:4327", "right", start, first));
    const Error error = guard.begin("10.0.0.1:4327", "right", start, second);
    EXPECT_EQ(error.code, Errc::connect_failed);
    EXPECT_THAT(error.text, HasSubstr("another login at 10.0.0.1:4327 is under way"));

    first.accepted(start + 5ms);
    EXPECT_FALSE(guard.begin("10.0.0.1:4327", "right", start + 6ms, second));
    LoginGuard::Attempt third, fourth;
    EXPECT_FALSE(guard.begin("10.0.0.1:4327", "right", start + 7ms, third));
    EXPECT_FALSE(guard.begin("10.0.0.1:4327", "right", start + 7ms, first)) << "and then three";
    EXPECT_TRUE(guard.begin("10.0.0.1:4327", "right", start + 7ms, fourth));
    for (LoginGuard::Attempt* one : {&first, &second, &third}) one->failed();
    EXPECT_FALSE(guard.begin("10.0.0.1:4327", "right", start + 1h, second));
    EXPECT_TRUE(guard.begin("10.0.0.1:4327", "right", start + 1h, third)) << "an hour later nobody knows";
}

TEST_F(LoginGuardTest, where_only_another_address_has_accepted_two_are_tried_at_a_time) {
    ASSERT_FALSE(begin("right", start, "10.0.0.2:4327"));
    attempt.accepted(start);
    LoginGuard::Attempt burst[3];
    EXPECT_FALSE(guard.begin("10.0.0.1:4327", "right", start, burst[0]));
    EXPECT_FALSE(guard.begin("10.0.0.1:4327", "right", start, burst[1]));
    EXPECT_TRUE(guard.begin("10.0.0.1:4327", "right", start, burst[2]));
}

TEST_F(LoginGuardTest, what_was_refused_together_is_one_round_unless_one_more_would_lock_the_account) {
    for (const std::size_t together : {2U, 3U}) {
        const std::string address = "10.0.1." + std::to_string(together) + ":4327";
        ASSERT_FALSE(begin("right", start, address));
        attempt.accepted(start);
        LoginGuard::Attempt burst[3];
        for (std::size_t i = 0; i < together; ++i) ASSERT_FALSE(guard.begin(address, "right", start, burst[i]));
        for (std::size_t i = 0; i < together; ++i) burst[i].refused(refusal, start + i * 1ms);
        EXPECT_FALSE(is_refused("right", start + 29s, address));
        EXPECT_EQ(is_refused("right", start + 31s, address), together == 2) << together;
        EXPECT_FALSE(is_refused("right", start + 23h, address));
    }
}

TEST_F(LoginGuardTest, what_was_broken_off_tells_nothing_but_may_count_when_one_is_refused) {
    for (int i = 0; i < 2; ++i) {
        LoginGuard::Attempt broken;
        ASSERT_FALSE(guard.begin("10.0.0.1:4327", "0ld", start, broken));
    }
    EXPECT_FALSE(guard.was_refused("0ld"));
    ASSERT_TRUE(is_refused("0ld", start));
    EXPECT_FALSE(is_refused("0ld", start + 23h)) << "it could be the fourth";

    ASSERT_FALSE(begin("N3w", start));
    attempt.accepted(start);
    ASSERT_TRUE(is_refused("0ld", start + 1s));
    EXPECT_TRUE(is_refused("0ld", start + 31s)) << "the server counts anew, too";
}

TEST_F(LoginGuardTest, what_is_broken_off_after_a_refusal_counts_as_well) {
    ASSERT_FALSE(begin("right", start));
    attempt.accepted(start);
    {
        LoginGuard::Attempt first, second, third;
        ASSERT_FALSE(guard.begin("10.0.0.1:4327", "0ld", start, first));
        ASSERT_FALSE(guard.begin("10.0.0.1:4327", "0ld", start, second));
        ASSERT_FALSE(guard.begin("10.0.0.1:4327", "0ld", start, third));
        first.refused(refusal, start);
    }
    EXPECT_FALSE(is_refused("0ld", start + 23h));
}

TEST_F(LoginGuardTest, addresses_without_news_are_forgotten) {
    ASSERT_TRUE(is_refused("0ld", start, "10.9.9.9:4327"));
    for (int i = 0; i < 5'000; ++i) {
        ASSERT_FALSE(begin("right", start, "10.0.0.1:" + std::to_string(i)));
        attempt.accepted(start);
    }
    EXPECT_FALSE(is_refused("0ld", start + 1s, "10.9.9.9:4327")) << "but not refusals";
}

}  // namespace
}  // namespace picoxx
