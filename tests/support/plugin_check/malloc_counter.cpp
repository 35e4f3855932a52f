// allocations_of_this_thread() for this program: all of the malloc family, and so `operator new`, of the plugin too,
// which gets the program's definitions before those of the C library.
#include <picoxx/testing/allocation_counter.hpp>

#include <cerrno>
#include <cstddef>

namespace {

// Of the program, so in the part of a thread's memory that needs no allocation itself.
thread_local std::size_t allocations = 0;

}  // namespace

std::size_t picoxx::testing::allocations_of_this_thread() noexcept { return allocations; }

#define PICOXX_VISIBLE __attribute__((visibility("default")))

extern "C" {

// The C library's own, under the names it exports them by for programs that replace malloc.
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

PICOXX_VISIBLE void* malloc(std::size_t size) noexcept {
    ++allocations;
    return __libc_malloc(size);
}

PICOXX_VISIBLE void* calloc(std::size_t count, std::size_t size) noexcept {
    ++allocations;
    return __libc_calloc(count, size);
}

PICOXX_VISIBLE void* realloc(void* memory, std::size_t size) noexcept {
    ++allocations;
    return __libc_realloc(memory, size);
}

PICOXX_VISIBLE void* memalign(std::size_t alignment, std::size_t size) noexcept {
    ++allocations;
    return __libc_memalign(alignment, size);
}

PICOXX_VISIBLE void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    ++allocations;
    return __libc_memalign(alignment, size);
}

PICOXX_VISIBLE int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
    ++allocations;
    void* const made = __libc_memalign(alignment, size);
    if (made == nullptr) return ENOMEM;
    *memory = made;
    return 0;
}
}
