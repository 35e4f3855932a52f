#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace picoxx::benchmark {

/// What all threads of this process have done so far.
struct ProcessCounts {
    static constexpr std::array<std::string_view, 10> names{
        "send", "recv", "poll", "epoll_wait", "epoll_ctl", "read", "write", "sendmsg", "recvmsg", "timerfd_settime"};
    std::array<std::size_t, names.size()> calls{};  ///< of the system, by `names`
    std::size_t allocations = 0;                    ///< malloc, its relatives, and so operator new

    [[nodiscard]] std::size_t system_calls() const noexcept {
        std::size_t sum = 0;
        for (const std::size_t count : calls) sum += count;
        return sum;
    }
};

/// Counted are the calls that a program, libpq and Asio make through the C library's functions of those names. Not
/// counted is what the C library does inside, such as futex(2) below a mutex or a condition.
[[nodiscard]] ProcessCounts process_counts() noexcept;

}  // namespace picoxx::benchmark
