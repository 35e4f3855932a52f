#pragma once

#include <picoxx/port/log_sink.hpp>

#include <memory>
#include <string_view>
#include <utility>

namespace picoxx {

/// Writes to the client's LogSink, if there is one; a record that is not wanted is not made.
class Logger {
public:
    explicit Logger(std::shared_ptr<LogSink> sink) noexcept : sink_{std::move(sink)} {}

    [[nodiscard]] bool wants(LogLevel level) const noexcept { return sink_ != nullptr && level >= sink_->level(); }

    /// `message()` makes the text, and is called only if it is wanted.
    template <class Message>
    void write(LogLevel level, std::string_view component, std::string_view node, Message&& message) const {
        if (!wants(level)) return;
        const auto text = std::forward<Message>(message)();
        sink_->write(LogRecord{level, component, node, text});
    }

private:
    std::shared_ptr<LogSink> sink_;
};

}  // namespace picoxx
