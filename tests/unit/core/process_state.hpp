#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace picoxx {

/// The open descriptors of this process.
[[nodiscard]] inline std::vector<int> open_descriptors() {
    std::vector<int> descriptors;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
        const int descriptor = std::stoi(entry.path().filename().string());
        if (::fcntl(descriptor, F_GETFD) >= 0) descriptors.push_back(descriptor);
    }
    std::erase_if(descriptors, [](int descriptor) { return ::fcntl(descriptor, F_GETFD) < 0; });  // the iterator's own
    return descriptors;
}

/// Those that a child process would get.
[[nodiscard]] inline std::size_t inherited_descriptors() {
    std::size_t count = 0;
    for (const int descriptor : open_descriptors()) count += (::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) == 0 ? 1 : 0;
    return count;
}

[[nodiscard]] inline std::size_t threads_of_process() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator{"/proc/self/task"}) ++count;
    return count;
}

/// From here on the system gives this process no descriptor any more.
inline void allow_no_more_descriptors() {
    // Those below the limit that are free are used up.
    while (true) {
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        const int next = ::dup(STDERR_FILENO);
        if (next < 0) return;
        limit.rlim_cur = static_cast<rlim_t>(next) + 1;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/// Runs `work` in a child process. @return whether it answered true
[[nodiscard]] inline bool holds_in_child(const std::function<bool()>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(30);  // what hangs fails
        ::_exit(work() ? 0 : 1);
    }
    int status = 0;
    return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace picoxx
