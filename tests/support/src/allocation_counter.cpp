#include <picoxx/testing/allocation_counter.hpp>

#include <cstdlib>
#include <new>

namespace {

constexpr std::size_t none = static_cast<std::size_t>(-1);

thread_local std::size_t allocations = 0;
thread_local std::size_t until_failure = none;
thread_local bool happened_once = false;
thread_local std::size_t paused = 0;

void* counted(std::size_t size, std::size_t alignment) {
    ++allocations;
    if (until_failure != none && paused == 0 && until_failure-- == 0) {
        until_failure = none;
        happened_once = true;
        throw std::bad_alloc{};
    }
    if (size == 0) size = 1;
    void* memory = nullptr;
    if (alignment <= alignof(std::max_align_t)) {
        memory = std::malloc(size);
    } else {
        memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    }
    if (memory == nullptr) throw std::bad_alloc{};
    return memory;
}

}  // namespace

namespace picoxx::testing {

std::size_t allocations_of_this_thread() noexcept { return allocations; }

FailingAllocation::FailingAllocation(std::size_t nth) noexcept {
    happened_once = false;
    until_failure = nth;
}
FailingAllocation::~FailingAllocation() { until_failure = none; }
// NOLINTNEXTLINE(readability-convert-member-functions-to-static): asked of the one that lives
bool FailingAllocation::happened() const noexcept { return happened_once; }

AllocationsOfTheTest::AllocationsOfTheTest() noexcept { ++paused; }
AllocationsOfTheTest::~AllocationsOfTheTest() { --paused; }

}  // namespace picoxx::testing

// The array forms of the standard library call these, and so do its nothrow forms, but not those of AddressSanitizer.
void* operator new(std::size_t size) { return counted(size, 0); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return counted(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    try {
        return counted(size, 0);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
