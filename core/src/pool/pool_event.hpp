#pragma once

#include "log/log_topic.hpp"

#include <picoxx/port/log_sink.hpp>

#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace picoxx {

/// Something about a node or a connection that an operator wants to read.
struct PoolEvent {
    LogTopic topic;
    LogLevel level;
    std::string node;  ///< `name (host:port)`.
    std::string text;  ///< What happened and why, in one line.
};

/// The events since the last look, kept by the engine until they can be written outside of the client's lock. Where
/// nobody reads them none is made. Never fails: an event that finds no memory is left out.
class PoolEvents {
public:
    /// Whether somebody reads them.
    void record(bool wanted) noexcept { wanted_ = wanted; }
    [[nodiscard]] bool empty() const noexcept { return events_.empty(); }

    /// `text` in pieces, so that nothing is put together in vain.
    void add(LogTopic topic, LogLevel level, std::string_view node, std::string_view text, std::string_view reason = {},
             std::string_view servers_words = {}) noexcept {
        if (!wanted_) return;
        try {
            std::string line{text};
            if (!reason.empty()) line.append(": ").append(reason);
            if (!servers_words.empty()) line.append(" (").append(servers_words) += ')';
            events_.push_back(PoolEvent{topic, level, std::string{node}, std::move(line)});
        } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): see above
        }
    }
    [[nodiscard]] std::vector<PoolEvent> take() noexcept { return std::exchange(events_, {}); }

private:
    std::vector<PoolEvent> events_;
    bool wanted_ = false;
};

}  // namespace picoxx
