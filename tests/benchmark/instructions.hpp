#pragma once

#include <string>
#include <string_view>

namespace picoxx::benchmark {

/// The argument by which this program makes requests and nothing else: `--only FACE DSN REQUESTS`.
inline constexpr std::string_view only_argument = "--only";

/// Instructions per request: the difference of two runs of this program under callgrind, with two numbers of requests.
/// @throws std::runtime_error with what that program said
[[nodiscard]] double instructions_per_request(std::string_view face, const std::string& dsn);

}  // namespace picoxx::benchmark
