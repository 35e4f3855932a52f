#pragma once

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace picoxx::benchmark {

inline constexpr int skipped = 77;  ///< The exit status that ctest knows.
/// What the gates are for.
#ifdef __OPTIMIZE__
inline constexpr bool optimised = true;
#else
inline constexpr bool optimised = false;
#endif

/// The body of a benchmark program's `main`: what `run` throws ends it with a line on the error output.
/// @return the exit status
inline int run_program(std::string_view name, int count, char** values, int (*run)(const std::vector<std::string>&)) {
    try {
        return run({values + 1, values + count});
    } catch (const std::exception& failure) {
        std::cerr << name << ": " << failure.what() << '\n';
        return EXIT_FAILURE;
    }
}

}  // namespace picoxx::benchmark
