#pragma once

#include <picoxx/port/time.hpp>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

namespace picoxx {

/// Bounds what a client logs of one topic: when a cluster is down, every call has something to say.
/// Thread safety: all functions.
class LogRate {
public:
    static constexpr std::uint32_t records_per_second = 20;

    /// @return how many records were left out before this one, mostly 0; nullopt: this one is left out, too
    [[nodiscard]] std::optional<std::uint64_t> admit(TimePoint now) {
        const std::lock_guard lock{mutex_};
        if (now - second_ >= std::chrono::seconds{1}) {
            second_ = now;
            admitted_ = 0;
        }
        if (admitted_ == records_per_second) {
            ++left_out_;
            return std::nullopt;
        }
        ++admitted_;
        return std::exchange(left_out_, 0);
    }

private:
    std::mutex mutex_;
    TimePoint second_{};  // when the current one began
    std::uint32_t admitted_ = 0;
    std::uint64_t left_out_ = 0;
};

}  // namespace picoxx
