#pragma once

#include <string>
#include <vector>

namespace picoxx::benchmark {

/// Instructions outside the kernel, of all threads, from start to end of this program with these arguments. Runs it
/// under callgrind: the machine needs no counters, and the user no rights. The difference of two such numbers is free
/// of start and end.
/// @throws std::runtime_error with what that program said
[[nodiscard]] double instructions_of_this_program(const std::vector<std::string>& arguments);

}  // namespace picoxx::benchmark
