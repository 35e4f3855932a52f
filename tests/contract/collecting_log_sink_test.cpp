#include <picoxx/testing/collecting_log_sink.hpp>

#include <gtest/gtest.h>

namespace picoxx::testing {
namespace {

TEST(CollectingLogSink, keeps_lines_that_outlive_the_record) {
    CollectingLogSink sink;
    {
        const std::string message = "opened a connection to i1";
        sink.write({LogLevel::info, "pool", "i1", message});
    }
    sink.write({LogLevel::warning, "pool", "i2", "slow"});

    ASSERT_EQ(sink.lines().size(), 2U);
    EXPECT_EQ(sink.lines()[0].message, "opened a connection to i1");
    EXPECT_EQ(sink.count(LogLevel::warning), 1U);
    EXPECT_TRUE(sink.contains("i2"));
    EXPECT_FALSE(sink.contains("secret"));
}

TEST(CollectingLogSink, has_the_level_it_was_given) {
    CollectingLogSink sink{LogLevel::warning};
    EXPECT_EQ(sink.level(), LogLevel::warning);
    sink.set_level(LogLevel::off);
    EXPECT_EQ(sink.level(), LogLevel::off);
}

}  // namespace
}  // namespace picoxx::testing
