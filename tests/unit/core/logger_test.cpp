#include "log/logger.hpp"

#include <picoxx/testing/collecting_log_sink.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>

namespace picoxx {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(LogRate, admits_so_many_a_second_and_then_says_how_many_were_left_out) {
    LogRate rate;
    const TimePoint start = TimePoint{} + 1h;
    for (std::uint32_t i = 0; i < LogRate::records_per_second; ++i) EXPECT_EQ(rate.admit(start), 0U);

    EXPECT_EQ(rate.admit(start + 1ms), std::nullopt);
    EXPECT_EQ(rate.admit(start + 999ms), std::nullopt);

    EXPECT_EQ(rate.admit(start + 1s), 2U);
    EXPECT_EQ(rate.admit(start + 1s), 0U);
}

TEST(Logger, makes_no_text_that_nobody_wants) {
    const auto sink = std::make_shared<testing::CollectingLogSink>(LogLevel::warning);
    const Logger logger{sink};
    int made = 0;
    const auto text = [&] {
        ++made;
        return "something happened";
    };

    logger.write(LogTopic::nodes, LogLevel::debug, "i1", text);
    Logger{nullptr}.write(LogTopic::nodes, LogLevel::error, "i1", text);
    EXPECT_EQ(made, 0);

    logger.write(LogTopic::nodes, LogLevel::warning, "i1", text);
    ASSERT_EQ(sink->lines().size(), 1U);
    EXPECT_EQ(sink->lines().front().message, "something happened");
}

TEST(Logger, a_flood_is_bounded) {
    const auto sink = std::make_shared<testing::CollectingLogSink>();
    const Logger logger{sink};

    for (int i = 0; i < 200; ++i) logger.write(LogTopic::connections, LogLevel::info, {}, [] { return "again"; });

    // A machine that takes more than a second for that hears, as each second begins, how many were left out.
    const auto lines = sink->lines();
    if (lines.size() > LogRate::records_per_second) {
        EXPECT_THAT(lines[LogRate::records_per_second].message, HasSubstr("records were left out"));
    } else {
        EXPECT_EQ(lines.size(), LogRate::records_per_second);
    }
}

TEST(Logger, a_flood_about_one_thing_leaves_room_for_the_others) {
    const auto sink = std::make_shared<testing::CollectingLogSink>();
    const Logger logger{sink};

    for (int i = 0; i < 1000; ++i) logger.write(LogTopic::connections, LogLevel::info, {}, [] { return "refused"; });
    logger.write(LogTopic::nodes, LogLevel::info, "i1", [] { return "back"; });

    EXPECT_EQ(sink->lines().back().component, "nodes");
    EXPECT_EQ(sink->lines().back().message, "back");
}

TEST(Logger, what_a_sink_throws_harms_nobody) {
    class ThrowingSink final : public LogSink {
    public:
        [[nodiscard]] LogLevel level() const noexcept override { return LogLevel::debug; }
        void write(const LogRecord&) override { throw std::runtime_error{"disk full"}; }
    };
    const Logger logger{std::make_shared<ThrowingSink>()};

    EXPECT_NO_THROW(logger.write(LogTopic::nodes, LogLevel::error, {}, [] { return "lost"; }));
}

}  // namespace
}  // namespace picoxx
