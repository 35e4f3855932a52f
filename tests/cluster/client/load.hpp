#pragma once

#include <picoxx/client.hpp>
#include <picoxx/testing/error_in.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace picoxx {

/// What callers met that did nothing but call for a while.
struct Met {
    std::size_t served = 0;
    std::map<Errc, std::size_t> failed;
    Duration longest{};

    [[nodiscard]] std::size_t failures() const {
        std::size_t sum = 0;
        for (const auto& [code, count] : failed) sum += count;
        return sum;
    }
};

/// Has so many threads call for so long.
inline Met load(BasicClient& client, std::size_t threads, Duration time, CallOptions options = {}) {
    Met met;
    std::mutex mutex;
    std::vector<std::thread> callers;
    const TimePoint until = Clock::now() + time;
    for (std::size_t i = 0; i < threads; ++i) {
        callers.emplace_back([&] {
            while (Clock::now() < until) {
                const TimePoint start = Clock::now();
                const Error error = testing::error_in([&] { client.fetch(Statement{"SELECT 1"}.with(options)); });
                const std::lock_guard lock{mutex};
                met.longest = std::max(met.longest, Clock::now() - start);
                error ? ++met.failed[error.code] : ++met.served;
            }
        });
    }
    for (std::thread& caller : callers) caller.join();
    return met;
}

}  // namespace picoxx
