#include "process_counts.hpp"

#include <atomic>
#include <cerrno>
#include <cstdint>

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace {

using picoxx::benchmark::ProcessCounts;

std::array<std::atomic<std::size_t>, ProcessCounts::names.size()> calls{};
std::atomic<std::size_t> allocations{0};

constexpr std::size_t place_of(std::string_view name) {
    std::size_t place = 0;
    while (ProcessCounts::names[place] != name) ++place;
    return place;
}

template <std::size_t Place>
void count_call() noexcept {
    calls[Place].fetch_add(1, std::memory_order_relaxed);
}

void count_allocation() noexcept { allocations.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

picoxx::benchmark::ProcessCounts picoxx::benchmark::process_counts() noexcept {
    ProcessCounts counts;
    for (std::size_t place = 0; place < calls.size(); ++place) {
        counts.calls[place] = calls[place].load(std::memory_order_relaxed);
    }
    counts.allocations = allocations.load(std::memory_order_relaxed);
    return counts;
}

#define PICOXX_VISIBLE __attribute__((visibility("default")))

// The program's own definitions come before the C library's, for libpq too.
extern "C" {

PICOXX_VISIBLE ssize_t send(int socket, const void* bytes, std::size_t size, int flags) {
    count_call<place_of("send")>();
    return ::syscall(SYS_sendto, socket, bytes, size, flags, nullptr, 0);
}

PICOXX_VISIBLE ssize_t recv(int socket, void* bytes, std::size_t size, int flags) {
    count_call<place_of("recv")>();
    return ::syscall(SYS_recvfrom, socket, bytes, size, flags, nullptr, nullptr);
}

PICOXX_VISIBLE ssize_t sendmsg(int socket, const msghdr* message, int flags) {
    count_call<place_of("sendmsg")>();
    return ::syscall(SYS_sendmsg, socket, message, flags);
}

PICOXX_VISIBLE ssize_t recvmsg(int socket, msghdr* message, int flags) {
    count_call<place_of("recvmsg")>();
    return ::syscall(SYS_recvmsg, socket, message, flags);
}

PICOXX_VISIBLE int poll(pollfd* entries, nfds_t count, int milliseconds) {
    count_call<place_of("poll")>();
    return static_cast<int>(::syscall(SYS_poll, entries, count, milliseconds));
}

PICOXX_VISIBLE int epoll_wait(int epoll, epoll_event* events, int count, int milliseconds) {
    count_call<place_of("epoll_wait")>();
    return static_cast<int>(::syscall(SYS_epoll_wait, epoll, events, count, milliseconds));
}

PICOXX_VISIBLE int epoll_ctl(int epoll, int operation, int descriptor, epoll_event* event) noexcept {
    count_call<place_of("epoll_ctl")>();
    return static_cast<int>(::syscall(SYS_epoll_ctl, epoll, operation, descriptor, event));
}

PICOXX_VISIBLE ssize_t read(int descriptor, void* bytes, std::size_t size) {
    count_call<place_of("read")>();
    return ::syscall(SYS_read, descriptor, bytes, size);
}

PICOXX_VISIBLE ssize_t write(int descriptor, const void* bytes, std::size_t size) {
    count_call<place_of("write")>();
    return ::syscall(SYS_write, descriptor, bytes, size);
}

PICOXX_VISIBLE int timerfd_settime(int timer, int flags, const itimerspec* next, itimerspec* previous) noexcept {
    count_call<place_of("timerfd_settime")>();
    return static_cast<int>(::syscall(SYS_timerfd_settime, timer, flags, next, previous));
}

// The C library's own, under the names it exports them by for programs that replace malloc.
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

PICOXX_VISIBLE void* malloc(std::size_t size) noexcept {
    count_allocation();
    return __libc_malloc(size);
}

PICOXX_VISIBLE void* calloc(std::size_t count, std::size_t size) noexcept {
    count_allocation();
    return __libc_calloc(count, size);
}

PICOXX_VISIBLE void* realloc(void* memory, std::size_t size) noexcept {
    count_allocation();
    return __libc_realloc(memory, size);
}

// Asio allocates by this one, past operator new.
PICOXX_VISIBLE void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    count_allocation();
    return __libc_memalign(alignment, size);
}

PICOXX_VISIBLE int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
    count_allocation();
    *memory = __libc_memalign(alignment, size);
    return *memory == nullptr ? ENOMEM : 0;
}
}
