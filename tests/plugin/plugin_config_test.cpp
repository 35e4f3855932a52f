// sdk::Config, by which a component reads its options.
#include <picoxx/detail/config_pairs.hpp>

#include <picoxx/port/plugin_config.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>

namespace picoxx::sdk {
namespace {

using namespace std::chrono_literals;

class PluginConfig : public ::testing::Test {
protected:
    /// What reading `value` as option `key` says, "" where it is good.
    template <class Read>
    std::string error_of(const std::string& value, Read read) {
        const std::map<std::string, std::string> options{{"key", value}};
        const std::vector<picoxx_kv> pairs = detail_pairs(options);
        const Config config{pairs};
        read(config);
        const Status status = config.finish();
        return status.ok() ? "" : status.error().text;
    }
    static std::vector<picoxx_kv> detail_pairs(const std::map<std::string, std::string>& options) {
        return picoxx::detail::config_pairs(options);
    }
};

TEST_F(PluginConfig, gives_what_was_set_and_else_the_default) {
    const std::map<std::string, std::string> options{{"text", "a b"},   {"number", "42"},   {"flag", "on"},
                                                     {"time", "250ms"}, {"word", "second"}, {"empty", ""}};
    const std::vector<picoxx_kv> pairs = detail_pairs(options);
    const Config config{pairs};

    EXPECT_EQ(config.get("text"), "a b");
    EXPECT_EQ(config.get("empty"), "");
    EXPECT_EQ(config.get("none"), std::nullopt);
    EXPECT_EQ(config.get("none", "otherwise"), "otherwise");
    EXPECT_EQ(config.get("word", "first", {"first", "second"}), "second");
    EXPECT_EQ(config.get_uint("number", 1), 42U);
    EXPECT_EQ(config.get_uint("none", 1), 1U);
    EXPECT_TRUE(config.get_bool("flag", false));
    EXPECT_TRUE(config.get_bool("none", true));
    EXPECT_EQ(config.get_duration("time", 1s), 250ms);
    EXPECT_EQ(config.get_duration("none", 1s), 1s);
    EXPECT_TRUE(config.finish().ok());
}

TEST_F(PluginConfig, refuses_what_nobody_asked_for_and_lists_what_is_known) {
    const auto asks = [](const Config& config) {
        (void)config.get("start");
        (void)config.get_uint("other", 0);
    };
    EXPECT_EQ(error_of("3", asks), "unknown option \"key\" (known: start, other)");
    EXPECT_EQ(error_of("3", [](const Config&) {}), "unknown option \"key\" (known: none)");
    EXPECT_EQ(error_of("3",
                       [](const Config& config) {
                           config.only({"a", "b"});
                       }),
              "unknown option \"key\" (known: a, b)");
    EXPECT_EQ(error_of("3", [](const Config& config) { config.only({"a", "key"}); }), "");
}

TEST_F(PluginConfig, refuses_values_that_make_no_sense) {
    const auto number = [](const Config& config) { EXPECT_EQ(config.get_uint("key", 7, 1, 9), 7U); };
    for (const char* value : {"", "x", "1x", "-1", "+1", " 1", "0", "10", "99999999999999999999"}) {
        EXPECT_EQ(error_of(value, number),
                  "option \"key\" must be a whole number from 1 to 9, it is \"" + std::string{value} + '"');
    }
    const auto flag = [](const Config& config) { EXPECT_TRUE(config.get_bool("key", true)); };
    for (const char* value : {"", "2", "TRUE", "maybe"}) {
        EXPECT_EQ(error_of(value, flag), "option \"key\" must be true or false, it is \"" + std::string{value} + '"');
    }
    const auto time = [](const Config& config) { EXPECT_EQ(config.get_duration("key", 2s), 2s); };
    for (const char* value : {"", "3", "ms", "3 s", "3d", "-3s", "1.5s", "9999999999h"}) {
        EXPECT_EQ(error_of(value, time),
                  "option \"key\" must be a duration such as 250ms or 3s, it is \"" + std::string{value} + '"');
    }
    const auto word = [](const Config& config) { EXPECT_EQ(config.get("key", "a", {"a", "b"}), "a"); };
    EXPECT_EQ(error_of("c", word), "option \"key\" must be one of a, b, it is \"c\"");
}

TEST_F(PluginConfig, knows_all_units_of_time) {
    for (const auto& [text, time] : std::map<std::string, std::chrono::nanoseconds>{
             {"0s", 0s}, {"7ns", 7ns}, {"7us", 7us}, {"7ms", 7ms}, {"7s", 7s}, {"7min", 7min}, {"7h", 7h}}) {
        EXPECT_EQ(error_of(text, [&, time = time](
                                     const Config& config) { EXPECT_EQ(config.get_duration("key", 1ns), time); }),
                  "");
    }
}

TEST_F(PluginConfig, tells_the_first_error_only) {
    const std::map<std::string, std::string> options{{"a", "x"}, {"b", "y"}, {"c", "z"}};
    const std::vector<picoxx_kv> pairs = detail_pairs(options);
    const Config config{pairs};
    config.refuse("a and b exclude each other");
    (void)config.get_uint("a", 0);
    const Status status = config.finish();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, Errc::plugin_bad_config);
    EXPECT_EQ(status.error().text, "a and b exclude each other");
}

}  // namespace
}  // namespace picoxx::sdk
