#pragma once

#include <picoxx/port/log_sink.hpp>
#include <picoxx/port/plugin_config.hpp>
#include <picoxx/port/result.hpp>

#include <memory>

namespace spdlog {
class logger;
}

namespace picoxx {

/// Writes the client's log to an spdlog logger, as `component: message` or `component [node]: message`. The logger's
/// own level decides what is wanted, also when it changes while the client runs. What the logger throws is dropped.
/// Thread safety: as the logger's (those with an `_mt` sink are safe). Lifetime: shares the logger.
/// @pre logger != nullptr
class SpdlogSink final : public LogSink {
public:
    explicit SpdlogSink(std::shared_ptr<spdlog::logger> logger) noexcept;

    /// A sink with a logger of its own. Options: `level`, one of debug, info (the default), warning, error, off;
    /// `file`, which is appended to, default is standard error. It throws what spdlog throws for a file that cannot be
    /// written.
    [[nodiscard]] static Result<std::unique_ptr<SpdlogSink>> create(const sdk::Config& config);

    [[nodiscard]] LogLevel level() const noexcept override;
    void write(const LogRecord& record) noexcept override;

private:
    std::shared_ptr<spdlog::logger> logger_;
};

/// Never null.
/// @pre logger != nullptr
[[nodiscard]] std::shared_ptr<LogSink> spdlog_sink(std::shared_ptr<spdlog::logger> logger);

}  // namespace picoxx
