#pragma once

#include <cstddef>

namespace picoxx::testing {

/// Calls of libpq and this program on sockets so far, by this thread, not counting TLS.
struct SystemCalls {
    std::size_t sends = 0;
    std::size_t receives = 0;
    std::size_t polls = 0;
};
[[nodiscard]] SystemCalls system_calls() noexcept;

/// While it lives, this thread's sockets connect from the port that they connect to.
class SamePort {
public:
    SamePort() noexcept;
    ~SamePort();
    SamePort(const SamePort&) = delete;
    SamePort& operator=(const SamePort&) = delete;
};

}  // namespace picoxx::testing
