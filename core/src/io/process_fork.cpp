#include "io/process_fork.hpp"

#include <atomic>

#include <pthread.h>

namespace picoxx {
namespace {

std::atomic<std::uint32_t> forks{0};

// Asking for the process's id instead would be a system call for each statement.
const int registered = ::pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });

}  // namespace

std::uint32_t forks_so_far() noexcept {
    static_cast<void>(registered);
    return forks.load(std::memory_order_relaxed);
}

}  // namespace picoxx
