#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace picoxx::benchmark {

/// How often what is counted is repeated, and how many requests each time.
struct Repetition {
    std::size_t chunks = 0;
    std::size_t requests = 0;
};

/// Instructions per request outside the kernel, of all threads: the median of the chunks. Starts this program anew under
/// callgrind, by `run_counted_requests`. The machine need not have counters, and nobody's leave is needed.
/// @throws std::runtime_error with what that program said
[[nodiscard]] double instructions_per_request(std::string_view face, const std::string& dsn, Repetition repetition);

/// The argument by which this program is told to call `run_counted_requests`; face, DSN, chunks and requests follow.
inline constexpr std::string_view counted_requests_argument = "--counted-requests";
void run_counted_requests(std::string_view face, const std::string& dsn, Repetition repetition);

}  // namespace picoxx::benchmark
