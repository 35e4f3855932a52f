#include <picoxx/spdlog/spdlog_sink.hpp>

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/ostream_sink.h>

#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>

namespace picoxx {
namespace {

class SpdlogSinkTest : public ::testing::Test {
protected:
    SpdlogSinkTest() { logger->set_pattern("%l %v"); }

    std::ostringstream text;
    std::shared_ptr<spdlog::logger> logger = std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text));
    std::shared_ptr<LogSink> sink = spdlog_sink(logger);
};

TEST_F(SpdlogSinkTest, writes_component_node_and_message_at_their_level) {
    sink->write({LogLevel::warning, "pool", "i1 (h:1)", "connection lost"});
    sink->write({LogLevel::error, "discovery", {}, "no answer"});

    EXPECT_EQ(text.str(), "warning pool [i1 (h:1)]: connection lost\nerror discovery: no answer\n");
}

TEST_F(SpdlogSinkTest, a_message_is_no_format_string) {
    sink->write({LogLevel::info, "pool", {}, "{} %s {0}"});

    EXPECT_EQ(text.str(), "info pool: {} %s {0}\n");
}

TEST_F(SpdlogSinkTest, the_loggers_level_decides_even_when_it_changes) {
    logger->set_level(spdlog::level::warn);
    EXPECT_EQ(sink->level(), LogLevel::warning);
    sink->write({LogLevel::info, "pool", {}, "unwanted"});
    EXPECT_EQ(text.str(), "");

    logger->set_level(spdlog::level::trace);
    EXPECT_EQ(sink->level(), LogLevel::debug);
    logger->set_level(spdlog::level::off);
    EXPECT_EQ(sink->level(), LogLevel::off);
}

TEST_F(SpdlogSinkTest, a_logger_that_throws_is_borne) {
    class Throwing final : public spdlog::sinks::base_sink<std::mutex> {
        void sink_it_(const spdlog::details::log_msg&) override { throw std::runtime_error{"disk full"}; }
        void flush_() override {}
    };
    auto throwing = std::make_shared<spdlog::logger>("throwing", std::make_shared<Throwing>());
    throwing->set_error_handler([](const std::string& message) { throw std::runtime_error{message}; });

    spdlog_sink(throwing)->write({LogLevel::error, "pool", {}, "lost"});
}

}  // namespace
}  // namespace picoxx
