#pragma once

#include "log/log_rate.hpp"
#include "log/log_topic.hpp"

#include <picoxx/port/log_sink.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace picoxx {

/// Writes to the client's LogSink, if there is one; a record that is not wanted is not made. What a sink throws is
/// swallowed: a log that fails must not fail the call that had something to say. Thread safety: all functions.
class Logger {
public:
    explicit Logger(std::shared_ptr<LogSink> sink) noexcept : sink_{std::move(sink)} {}

    [[nodiscard]] bool wants(LogLevel level) const noexcept { return sink_ != nullptr && level >= sink_->level(); }

    /// `message()` makes the text, and is called only if it is wanted.
    template <class Message>
    void write(LogTopic topic, LogLevel level, std::string_view node, Message&& message) const noexcept {
        if (!wants(level)) return;
        try {
            const std::string_view component = component_of(topic);
            const std::optional<std::uint64_t> left_out = rates_[static_cast<std::size_t>(topic)].admit(Clock::now());
            if (!left_out) return;
            if (*left_out > 0) {
                const std::string text = std::to_string(*left_out) + " records about " + std::string{component} +
                                         " were left out: more than " + std::to_string(LogRate::records_per_second) +
                                         " in a second";
                sink_->write(LogRecord{LogLevel::warning, component, {}, text});
            }
            const auto text = std::forward<Message>(message)();
            sink_->write(LogRecord{level, component, node, text});
        } catch (...) {  // NOLINT(bugprone-empty-catch): see above
        }
    }

private:
    std::shared_ptr<LogSink> sink_;
    mutable std::array<LogRate, log_topics> rates_;
};

}  // namespace picoxx
