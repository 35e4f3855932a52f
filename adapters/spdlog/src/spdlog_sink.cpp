#include <picoxx/spdlog/spdlog_sink.hpp>

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <string>
#include <string_view>
#include <utility>

namespace picoxx {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) noexcept {
    switch (level) {
        case LogLevel::debug: return spdlog::level::debug;
        case LogLevel::info: return spdlog::level::info;
        case LogLevel::warning: return spdlog::level::warn;
        case LogLevel::error: return spdlog::level::err;
        case LogLevel::off: return spdlog::level::off;
    }
    return spdlog::level::off;
}

LogLevel from_spdlog(spdlog::level::level_enum level) noexcept {
    switch (level) {
        case spdlog::level::trace:
        case spdlog::level::debug: return LogLevel::debug;
        case spdlog::level::info: return LogLevel::info;
        case spdlog::level::warn: return LogLevel::warning;
        case spdlog::level::err:
        case spdlog::level::critical: return LogLevel::error;
        default: return LogLevel::off;
    }
}

}  // namespace

SpdlogSink::SpdlogSink(std::shared_ptr<spdlog::logger> logger) noexcept : logger_{std::move(logger)} {}

Result<std::unique_ptr<SpdlogSink>> SpdlogSink::create(const sdk::Config& config) {
    const std::string level{config.get("level", "info", {"debug", "info", "warning", "error", "off"})};
    const std::string file{config.get("file", "")};
    if (Status wrong = config.finish(); !wrong.ok()) return std::move(wrong).error();  // before a file is opened

    std::shared_ptr<spdlog::sinks::sink> sink;
    if (file.empty()) {
        sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
        sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file);
    }
    auto logger = std::make_shared<spdlog::logger>("picoxx", std::move(sink));
    logger->set_level(spdlog::level::from_str(level));
    logger->flush_on(spdlog::level::warn);
    return std::make_unique<SpdlogSink>(std::move(logger));
}

LogLevel SpdlogSink::level() const noexcept { return from_spdlog(logger_->level()); }

void SpdlogSink::write(const LogRecord& record) noexcept {
    try {
        if (record.node.empty()) {
            logger_->log(to_spdlog(record.level), "{}: {}", record.component, record.message);
        } else {
            logger_->log(to_spdlog(record.level), "{} [{}]: {}", record.component, record.node, record.message);
        }
    } catch (...) {
        // A log that cannot be written must not disturb the statement it tells of.
    }
}

std::shared_ptr<LogSink> spdlog_sink(std::shared_ptr<spdlog::logger> logger) {
    return std::make_shared<SpdlogSink>(std::move(logger));
}

}  // namespace picoxx
