#include "client/job_memory.hpp"

#include <picoxx/testing/allocation_counter.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <thread>

namespace picoxx {
namespace {

using Object = std::array<std::byte, 64>;

TEST(JobMemory, the_next_object_of_a_thread_gets_the_place_of_the_last_one) {
    JobMemory<Object> memory;
    memory.deallocate(memory.allocate(1), 1);
    const std::size_t before = testing::allocations_of_this_thread();

    Object* const again = memory.allocate(1);

    EXPECT_EQ(testing::allocations_of_this_thread(), before);
    memory.deallocate(again, 1);
}

// As a thread_local client or coroutine does, which so comes later than what the thread kept.
TEST(JobMemory, what_ends_later_in_an_ending_thread_gets_no_place_that_was_freed) {
    struct Late {
        std::size_t* allocations;
        ~Late() {
            JobMemory<Object> memory;
            const std::size_t before = testing::allocations_of_this_thread();
            for (int i = 0; i < 2; ++i) memory.deallocate(memory.allocate(1), 1);
            *allocations = testing::allocations_of_this_thread() - before;
        }
    };
    std::size_t allocations = 0;

    std::thread{[&] {
        thread_local Late late{&allocations};
        static_cast<void>(late);
        JobMemory<Object> memory;
        memory.deallocate(memory.allocate(1), 1);
    }}.join();

    EXPECT_EQ(allocations, 2U) << "each object has memory of its own";
}

}  // namespace
}  // namespace picoxx
