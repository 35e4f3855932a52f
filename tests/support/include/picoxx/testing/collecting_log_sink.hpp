#pragma once

#include <picoxx/port/log_sink.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::testing {

/// Keeps all lines. Thread safety: any.
class CollectingLogSink final : public LogSink {
public:
    struct Line {
        LogLevel level = LogLevel::info;
        std::string component;
        std::string node;
        std::string message;
    };

    explicit CollectingLogSink(LogLevel level = LogLevel::debug) : level_{level} {}

    void set_level(LogLevel level) noexcept { level_ = level; }

    [[nodiscard]] std::vector<Line> lines() const {
        const std::lock_guard lock{mutex_};
        return lines_;
    }
    [[nodiscard]] std::size_t count(LogLevel level) const {
        const std::lock_guard lock{mutex_};
        return static_cast<std::size_t>(
            std::count_if(lines_.begin(), lines_.end(), [level](const Line& line) { return line.level == level; }));
    }
    /// Whether any part of any line holds `text`: secrets must not.
    [[nodiscard]] bool contains(std::string_view text) const {
        const std::lock_guard lock{mutex_};
        return std::any_of(lines_.begin(), lines_.end(), [text](const Line& line) {
            return line.message.find(text) != std::string::npos || line.node.find(text) != std::string::npos ||
                   line.component.find(text) != std::string::npos;
        });
    }

    [[nodiscard]] LogLevel level() const noexcept override { return level_; }
    void write(const LogRecord& record) noexcept override {
        const std::lock_guard lock{mutex_};
        lines_.push_back(
            {record.level, std::string{record.component}, std::string{record.node}, std::string{record.message}});
    }

private:
    std::atomic<LogLevel> level_;
    mutable std::mutex mutex_;
    std::vector<Line> lines_;
};

}  // namespace picoxx::testing
