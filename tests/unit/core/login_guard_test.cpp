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
    explicit LoginGuardTest(LoginGuard::Password password = LoginGuard::Password::fixed) : guard{password} {}
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

class ChangingPasswordTest : public LoginGuardTest {
protected:
    ChangingPasswordTest() : LoginGuardTest{LoginGuard::Password::changing} {}
};

TEST_F(LoginGuardTest, an_old_password_is_tried_three_times_within_a_day) {
    int tries = 0;
    for (TimePoint now = start; now < start + 24h; now += 1s) tries += is_refused("0ld", now) ? 1 : 0;
    EXPECT_EQ(tries, 3);
    EXPECT_TRUE(is_refused("0ld", start + 25h)) << "somebody may have mended it";
}

TEST_F(LoginGuardTest, a_refusal_at_another_address_of_its_name_bars_none_that_has_accepted_and_counts_all_the_same) {
    guard.may_be_one_server({"a:1", "b:1"});
    ASSERT_FALSE(begin("0ld", start, "a:1"));
    attempt.accepted(start);

    ASSERT_TRUE(is_refused("0ld", start + 1s, "b:1"));
    EXPECT_TRUE(is_refused("0ld", start + 2s, "a:1")) << "it is tried: they may be two servers";
    int further = 0;
    for (TimePoint now = start + 3s; now < start + 24h; now += 1s) {
        further += is_refused("0ld", now, "a:1") ? 1 : 0;
        further += is_refused("0ld", now, "b:1") ? 1 : 0;
    }
    EXPECT_EQ(further, 1) << "three in all, since they may be one";
}

TEST_F(ChangingPasswordTest, the_last_try_is_kept_for_a_new_password_at_an_address_that_had_accepted_too) {
    guard.may_be_one_server({"a:1", "b:1"});
    ASSERT_FALSE(begin("0ld", start, "a:1"));
    attempt.accepted(start);
    ASSERT_TRUE(is_refused("0ld", start + 1s, "b:1"));
    ASSERT_TRUE(is_refused("0ld", start + 40s, "b:1"));

    EXPECT_FALSE(is_refused("0ld", start + 41s, "a:1"));
    EXPECT_FALSE(begin("N3w", start + 42s, "a:1"));
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

TEST_F(ChangingPasswordTest, the_last_of_three_is_kept_for_another_one_which_is_tried_at_once) {
    int tries = 0;
    for (TimePoint now = start; now < start + 24h; now += 1s) tries += is_refused("0ld", now) ? 1 : 0;
    EXPECT_EQ(tries, 2);
    EXPECT_TRUE(guard.is_news("N3w", start + 23h));
    EXPECT_FALSE(guard.is_news("0ld", start + 23h));
    ASSERT_FALSE(begin("N3w", start + 23h));
    attempt.accepted(start + 23h);
    EXPECT_FALSE(guard.is_news("N3wer", start + 23h)) << "nothing is left alone";
    EXPECT_FALSE(begin("0ld", start + 23h)) << "all is forgotten";
}

TEST_F(ChangingPasswordTest, no_fourth_is_refused_however_many_there_are) {
    int tries = 0;
    for (int i = 0; i < 100; ++i) tries += is_refused("wrong " + std::to_string(i), start + i * 1s) ? 1 : 0;
    EXPECT_EQ(tries, 3);
    EXPECT_FALSE(guard.is_news("wrong again", start + 100s));
    EXPECT_FALSE(is_refused("wrong again", start + 23h));
    EXPECT_TRUE(is_refused("wrong again", start + 25h));
}

TEST_F(ChangingPasswordTest, where_one_was_refused_others_are_tried_one_at_a_time_wherever_they_were_accepted) {
    ASSERT_TRUE(is_refused("0ld", start));
    ASSERT_FALSE(begin("N3w", start, "10.0.0.2:4327"));
    attempt.accepted(start);
    LoginGuard::Attempt first, second;
    EXPECT_FALSE(guard.begin("10.0.0.1:4327", "N3w", start, first));
    EXPECT_TRUE(guard.begin("10.0.0.1:4327", "N3w", start, second));
}

TEST_F(LoginGuardTest, each_address_is_its_own) {
    ASSERT_TRUE(is_refused("0ld", start));
    EXPECT_TRUE(is_refused("0ld", start, "10.0.0.2:4327"));
}

TEST_F(LoginGuardTest, until_a_first_login_was_accepted_one_is_tried_at_a_time) {
    LoginGuard::Attempt first, second, third;
    ASSERT_FALSE(guard.begin("10.0.0.1:4327", "right", start, first));
    const Error error = guard.begin("10.0.0.1:4327", "right", start, second);
    EXPECT_EQ(error.code, Errc::cancelled) << "the node is not to blame";
    EXPECT_THAT(error.text, HasSubstr("another login at 10.0.0.1:4327 is under way"));

    first.accepted(start + 5ms);
    EXPECT_FALSE(guard.begin("10.0.0.1:4327", "right", start + 6ms, second));
    EXPECT_FALSE(guard.begin("10.0.0.1:4327", "right", start + 7ms, first)) << "and then two";
    EXPECT_TRUE(guard.begin("10.0.0.1:4327", "right", start + 7ms, third));
    first.failed();
    second.failed();
    EXPECT_FALSE(guard.begin("10.0.0.1:4327", "right", start + 1h, first));
    EXPECT_TRUE(guard.begin("10.0.0.1:4327", "right", start + 1h, second)) << "an hour later nobody knows";
}

TEST_F(LoginGuardTest, what_was_refused_together_is_one_round) {
    ASSERT_FALSE(begin("right", start));
    attempt.accepted(start);
    LoginGuard::Attempt first, second;
    ASSERT_FALSE(guard.begin("10.0.0.1:4327", "right", start, first));
    ASSERT_FALSE(guard.begin("10.0.0.1:4327", "right", start, second));
    first.refused(refusal, start);
    second.refused(refusal, start + 1ms);
    EXPECT_FALSE(is_refused("right", start + 29s));
    EXPECT_TRUE(is_refused("right", start + 31s)) << "the third";
    EXPECT_FALSE(is_refused("right", start + 23h));
}

TEST_F(LoginGuardTest, what_was_broken_off_tells_nothing_but_may_count_when_one_is_refused) {
    for (int i = 0; i < 2; ++i) {
        LoginGuard::Attempt broken;
        ASSERT_FALSE(guard.begin("10.0.0.1:4327", "0ld", start, broken));
    }
    EXPECT_FALSE(guard.refusal("10.0.0.1:4327", "0ld", start));
    ASSERT_TRUE(is_refused("0ld", start));
    EXPECT_FALSE(is_refused("0ld", start + 23h)) << "it could be the fourth";
}

TEST_F(LoginGuardTest, the_server_counts_anew_after_a_login_that_was_accepted) {
    { ASSERT_FALSE(begin("right", start)); }
    attempt.broken_off();
    ASSERT_FALSE(begin("right", start));
    attempt.accepted(start);
    ASSERT_TRUE(is_refused("0ld", start + 1s));
    EXPECT_TRUE(is_refused("0ld", start + 31s));
}

TEST_F(LoginGuardTest, what_is_broken_off_after_a_refusal_counts_from_then) {
    ASSERT_TRUE(is_refused("0ld", start));
    ASSERT_TRUE(is_refused("0ld", start + 30s));
    ASSERT_FALSE(begin("0ld", start + 11min));
    attempt.broken_off();
    EXPECT_FALSE(is_refused("0ld", start + 11min + 23h));
    EXPECT_TRUE(is_refused("0ld", start + 11min + 24h));
}

TEST_F(LoginGuardTest, refusals_are_not_forgotten_over_many_addresses) {
    ASSERT_TRUE(is_refused("0ld", start, "10.9.9.9:4327"));
    for (int i = 0; i < 5'000; ++i) {
        ASSERT_FALSE(begin("right", start, "10.0.0.1:" + std::to_string(i)));
        attempt.accepted(start);
    }
    EXPECT_FALSE(is_refused("0ld", start + 1s, "10.9.9.9:4327"));
}

}  // namespace
}  // namespace picoxx
